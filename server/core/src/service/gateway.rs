//! otahub.device.v1.GatewayService: one stream for many devices.
//!
//! What a stream has to do for a device (its requests, and looks at its work) goes through one of
//! some lanes, each after the other, so that all of a device stays in order. The event log says
//! when a device is to be looked at, through the reader that all streams of the node share.

use super::device::DeviceApi;
use super::gateway_devices::{Attached, Devices, Shown};
use super::{Answer, Watched, answer, required, watched};
use crate::hub::Hub;
use crate::status::from_error;
use crate::translate::device as translate;
use crate::usecase::{Outlet, SIGN_OF_LIFE, Tail, feed};
use otahub_domain::{Error, Result as Decided};
use otahub_proto::metadata::AUTHORIZATION;
use otahub_proto::otahub::{device::v1 as proto, v1};
use proto::DeviceRef;
use proto::attend_devices_request::Request as Wish;
use proto::attend_devices_response::Response as Word;
use proto::device_service_server::DeviceService;
use proto::gateway_service_server::GatewayService;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::interval;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::{Request, Status, Streaming};
use tonic_types::StatusExt;

/// Gateways.
pub(crate) struct Gateways(pub(crate) Hub);

/// How many requests of a stream may wait for their answers.
const WAITING_MAX: usize = 1024;
/// In how many lanes a stream works.
const LANES: usize = 32;
/// The longest correlation id, in characters.
const ID_MAX: usize = 64;

#[tonic::async_trait]
impl GatewayService for Gateways {
    type AttendDevicesStream = Watched<proto::AttendDevicesResponse>;

    async fn attend_devices(
        &self,
        request: Request<Streaming<proto::AttendDevicesRequest>>,
    ) -> Answer<Self::AttendDevicesStream> {
        let (metadata, _, requests) = request.into_parts();
        let hub = self.0.clone();
        let opened = self.0.tail(None).await.map(|tail| {
            let words = feed(&self.0, false, move |out| async move {
                let link = Arc::new(Link {
                    hub,
                    metadata,
                    devices: Mutex::default(),
                    is_used: AtomicBool::new(false),
                    waiting: AtomicUsize::new(0),
                    answered: Notify::new(),
                    out,
                });
                link.run(tail, requests).await
            });
            watched(words, |word| proto::AttendDevicesResponse { response: word })
        });
        answer(opened)
    }
}

/// What is to be done for a device.
enum Job {
    /// A request.
    Wish(String, Wish),
    /// What there is to do for it is to be told.
    Look(DeviceRef),
}

type Lane = mpsc::UnboundedSender<Job>;

/// One stream.
struct Link {
    hub: Hub,
    metadata: MetadataMap,
    devices: Mutex<Devices>,
    /// A device was attached.
    is_used: AtomicBool,
    /// How many requests wait for their answers.
    waiting: AtomicUsize,
    answered: Notify,
    out: Outlet<Option<Word>>,
}

/// Does a request of a device as the device's own service does it.
macro_rules! as_device {
    ($self:ident, $rpc:ident, $message:ident) => {{
        let request = $self.signed($message.device.clone(), $message);
        let request = request.map_err(|error| from_error(&error))?;
        DeviceApi($self.hub.clone()).$rpc(request).await?.into_inner()
    }};
}

impl Link {
    async fn run(
        self: Arc<Self>,
        tail: Tail,
        requests: Streaming<proto::AttendDevicesRequest>,
    ) -> Decided<()> {
        let mut working = JoinSet::new();
        let lanes: Vec<Lane> = (0..LANES)
            .map(|_| {
                let (sender, jobs) = mpsc::unbounded_channel();
                working.spawn(self.clone().work(jobs));
                sender
            })
            .collect();
        tokio::select! {
            ended = self.take_in(requests, &lanes) => ended,
            ended = self.follow(tail, &lanes) => ended,
            ended = self.show_life() => ended,
            // a lane ends early only if nobody reads, or the database is gone
            _ = working.join_next() => Err(Error::Unavailable),
        }
    }

    /// Takes requests in until there are no more, and all are answered.
    async fn take_in(
        &self,
        mut requests: Streaming<proto::AttendDevicesRequest>,
        lanes: &[Lane],
    ) -> Decided<()> {
        while let Some(asked) = requests.message().await.map_err(|_| Error::Unavailable)? {
            let id = asked.correlation_id;
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let accepted = self.accept(&id, asked.request);
            match accepted {
                Ok(Wish::Presence(presence)) => {
                    let noted = self.note(&presence).map(|()| false);
                    self.answer(id, noted.map_err(|error| from_error(&error))).await?;
                }
                Ok(wish) => give(lane(lanes, device_of(&wish))?, Job::Wish(id, wish))?,
                Err(error) => self.answer(id, Err(from_error(&error))).await?,
            }
        }
        while self.waiting.load(Ordering::SeqCst) > 0 {
            self.answered.notified().await;
        }
        Ok(())
    }

    fn accept(&self, id: &str, wish: Option<Wish>) -> Decided<Wish> {
        if id.chars().count() > ID_MAX {
            return Err(Error::invalid("correlation_id", "is too long"));
        }
        if self.waiting.load(Ordering::SeqCst) > WAITING_MAX {
            let limit = u64::try_from(WAITING_MAX).unwrap_or(u64::MAX);
            return Err(Error::QuotaExceeded { what: "requests that wait", limit });
        }
        required("request", wish)
    }

    /// Looks at devices whenever the log says that there may be work for them.
    async fn follow(&self, mut tail: Tail, lanes: &[Lane]) -> Decided<()> {
        loop {
            for event in tail.next().await? {
                let device = self.devices().pick_device(&event);
                if let Some(device) = device {
                    give(lane(lanes, Some(&device))?, Job::Look(device))?;
                }
            }
        }
    }

    /// Shows that the stream lives, and ends one of which nobody knows whose it is.
    async fn show_life(&self) -> Decided<()> {
        let mut beat = interval(SIGN_OF_LIFE);
        for beats in 0_u32.. {
            beat.tick().await;
            if beats >= 2 && !self.is_used.load(Ordering::SeqCst) {
                return Err(Error::Unauthenticated);
            }
            self.out.send(None).await?;
        }
        Ok(())
    }

    async fn work(self: Arc<Self>, mut jobs: mpsc::UnboundedReceiver<Job>) -> Decided<()> {
        while let Some(job) = jobs.recv().await {
            match job {
                Job::Look(device) => self.look(&device).await?,
                Job::Wish(id, wish) => {
                    let attached = match &wish {
                        Wish::Attach(attach) => attach.device.clone(),
                        _ => None,
                    };
                    let done = self.done(wish).await;
                    let attached = attached.filter(|_| done.is_ok());
                    self.answer(id, done).await?;
                    if let Some(device) = attached {
                        self.look(&device).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Does what a request asks for; whether the action that it is about is active then.
    async fn done(&self, wish: Wish) -> Result<bool, Status> {
        match wish {
            Wish::Attach(attach) => {
                self.attach(attach).await.map_err(|error| from_error(&error))?;
            }
            Wish::Detach(detach) => {
                let detached = required("device", detach.device)
                    .and_then(|device| self.devices().detach(&device));
                detached.map_err(|error| from_error(&error))?;
            }
            Wish::Feedback(told) => return Ok(as_device!(self, report_feedback, told).active),
            Wish::Cancellation(told) => {
                return Ok(as_device!(self, report_cancellation, told).active);
            }
            Wish::Confirmation(told) => {
                as_device!(self, report_confirmation, told);
            }
            Wish::Installed(told) => {
                as_device!(self, report_installed, told);
            }
            Wish::Attributes(told) => as_device!(self, update_attributes, told),
            Wish::Presence(presence) => {
                self.note(&presence).map_err(|error| from_error(&error))?;
            }
        }
        Ok(false)
    }

    async fn attach(&self, attach: proto::AttachDevice) -> Decided<()> {
        let named = required("device", attach.device)?;
        self.devices().check_room(&named)?;
        let metadata = self.credential(&attach.target_token)?;
        let caller = self.hub.device_caller(&metadata, Some(named.clone())).await?;
        let device = self.hub.heard_of(&caller).await?;
        self.is_used.store(true, Ordering::SeqCst);
        let mut devices = self.devices();
        devices.check_room(&named)?;
        // what happens from now on makes it be looked at; what happened before is seen by the look
        // that follows
        devices.attach(Attached {
            named,
            tenant: caller.tenant.id,
            id: device.id,
            token: attach.target_token,
            shown: None,
            is_queued: false,
        });
        Ok(())
    }

    /// Tells what there is to do for a device, if that is news. A device that is gone, or whose
    /// credential counts no more, is detached.
    async fn look(&self, named: &DeviceRef) -> Decided<()> {
        let Some(metadata) = self.look_begins(named)? else {
            return Ok(());
        };
        let found = async {
            let caller = self.hub.device_caller(&metadata, Some(named.clone())).await?;
            self.hub.order(&caller).await
        };
        let order = match found.await {
            Ok(order) => order,
            Err(error @ (Error::Unavailable | Error::Internal | Error::Conflict)) => {
                return Err(error);
            }
            Err(error) => {
                let device = self.devices().detach(named).ok().map(|device| device.named);
                let refusal = Some(refusal(&from_error(&error)));
                return self.say(Word::Detached(proto::DeviceDetached { device, refusal })).await;
            }
        };
        let shown = Shown { offer: order.offer, attributes_requested: order.attributes_requested };
        let is_news = self
            .devices()
            .get(named)
            .is_ok_and(|device| device.shown.replace(shown) != Some(shown));
        if is_news {
            let order = translate::device_order(named.clone(), order);
            self.say(Word::Order(order)).await?;
        }
        Ok(())
    }

    /// The credential of a device that is looked at; none if it is not attached any more.
    fn look_begins(&self, named: &DeviceRef) -> Decided<Option<MetadataMap>> {
        let mut devices = self.devices();
        let Ok(device) = devices.get(named) else {
            return Ok(None);
        };
        // what happens from now on needs another look
        device.is_queued = false;
        self.credential(&device.token).map(Some)
    }

    /// Notes that devices were heard of.
    fn note(&self, presence: &proto::ReportPresence) -> Decided<()> {
        let now = self.hub.now();
        for row in self.devices().rows(&presence.devices)? {
            self.hub.last_seen.note(row, now, None);
        }
        Ok(())
    }

    /// A device's own request with its credential.
    fn signed<T>(&self, named: Option<DeviceRef>, message: T) -> Decided<Request<T>> {
        let named = required("device", named)?;
        let token = self.devices().get(&named)?.token.clone();
        let mut request = Request::new(message);
        *request.metadata_mut() = self.credential(&token)?;
        Ok(request)
    }

    /// What came with the stream, or with a device's own token.
    fn credential(&self, token: &str) -> Decided<MetadataMap> {
        let mut metadata = self.metadata.clone();
        if !token.is_empty() {
            let value = format!("TargetToken {token}").parse::<MetadataValue<Ascii>>();
            let value = value.map_err(|_| Error::invalid("target_token", "is no token"))?;
            metadata.insert(AUTHORIZATION, value);
        }
        Ok(metadata)
    }

    async fn answer(&self, correlation_id: String, done: Result<bool, Status>) -> Decided<()> {
        let (active, refusal) = match done {
            Ok(active) => (active, None),
            Err(status) => (false, Some(refusal(&status))),
        };
        let answer = proto::RequestAnswer { correlation_id, refusal, active };
        self.say(Word::Answer(answer)).await?;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.answered.notify_one();
        Ok(())
    }

    async fn say(&self, word: Word) -> Decided<()> {
        self.out.send(Some(word)).await
    }

    fn devices(&self) -> MutexGuard<'_, Devices> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lane of a device.
fn lane<'l>(lanes: &'l [Lane], device: Option<&DeviceRef>) -> Decided<&'l Lane> {
    let mut hasher = DefaultHasher::new();
    if let Some(device) = device {
        (device.tenant.to_ascii_uppercase(), &device.controller_id).hash(&mut hasher);
    }
    let at = usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0);
    lanes.get(at).ok_or(Error::Internal)
}

fn give(lane: &Lane, job: Job) -> Decided<()> {
    lane.send(job).map_err(|_| Error::Unavailable)
}

/// The device that a request is about.
fn device_of(wish: &Wish) -> Option<&DeviceRef> {
    match wish {
        Wish::Attach(told) => told.device.as_ref(),
        Wish::Detach(told) => told.device.as_ref(),
        Wish::Feedback(told) => told.device.as_ref(),
        Wish::Cancellation(told) => told.device.as_ref(),
        Wish::Confirmation(told) => told.device.as_ref(),
        Wish::Installed(told) => told.device.as_ref(),
        Wish::Attributes(told) => told.device.as_ref(),
        Wish::Presence(_) => None,
    }
}

/// A refusal as a message.
fn refusal(status: &Status) -> proto::Refusal {
    let info = status.get_details_error_info();
    let (name, metadata) = info.map(|info| (info.reason, info.metadata)).unwrap_or_default();
    let reason = v1::Reason::from_str_name(&format!("REASON_{name}")).unwrap_or_default();
    proto::Refusal {
        reason: reason.into(),
        code: status.code().into(),
        message: status.message().to_owned(),
        metadata,
    }
}
