//! A device: it greets, does what it is told, and says how that goes.

use super::astarte::{self, Astarte};
use super::json::Json;
use super::line::{self, Address, Client, Connection, Gone, Heard, Keeper};
use super::pairing::Pairing;
use super::words::{Dialect, Message, Report, Word, code};
use super::{MqttVersion, tls};
use crate::download::{Note, Wanted};
use crate::error::SimError;
use crate::event::{Observer, SimEvent};
use crate::http::Http;
use crate::options::{Behaviour, Outcome};
use crate::orders::OrderGauge;
use crate::update::{End, Stage, Teller, Update};
use futures::future::BoxFuture;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use rumqttc::tokio_rustls::rustls::{ClientConfig, RootCertStore};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

/// How many messages may wait for a device.
const INBOX: usize = 32;
/// How long to wait before pairing is tried again.
const PAIR_AGAIN: Duration = Duration::from_secs(2);
/// How long a device waits for the broker to have its last words.
const FAREWELL: Duration = Duration::from_secs(20);
/// How often it looks whether the broker has them.
const LOOK: Duration = Duration::from_millis(10);

/// What all devices have in common.
pub(crate) struct Crew {
    pub(crate) hello: Hello,
    pub(crate) tenant: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) behaviour: Behaviour,
    pub(crate) updates: Option<u64>,
    pub(crate) http: Http,
    /// Whoever connects has one of these.
    pub(crate) connecting: Arc<Semaphore>,
    /// Whoever carries out an order has one of these.
    pub(crate) working: Arc<Semaphore>,
    pub(crate) gauge: OrderGauge,
    pub(crate) observer: Arc<dyn Observer>,
}

/// How devices come to their broker.
pub(crate) enum Hello {
    Json { broker: Url, prefix: String, version: MqttVersion, tls: Option<Arc<ClientConfig>> },
    Astarte { pairing: Pairing, roots: Arc<RootCertStore> },
}

/// A device that has not spoken yet.
pub(crate) struct Device {
    id: String,
    crew: Arc<Crew>,
}

impl Device {
    pub(crate) fn new(name: &str, crew: Arc<Crew>) -> Self {
        let id = match &crew.hello {
            Hello::Json { .. } => name.to_owned(),
            Hello::Astarte { .. } => astarte::id(name),
        };
        Self { id, crew }
    }

    /// Connects after `first`, and does what it is told. `die` is between 0 and 1.
    pub(crate) async fn run(self, first: Duration, die: f64) {
        sleep(first).await;
        let (dialect, client, connection) = loop {
            match self.open().await {
                Ok(opened) => break opened,
                Err(error) => self.crew.gauge.trouble(error.to_string()),
            }
            sleep(PAIR_AGAIN.mul_f64(0.5 + die)).await;
        };
        let (heard, inbox) = mpsc::channel(INBOX);
        let unacknowledged = Arc::new(AtomicU64::new(0));
        let keeper = Keeper {
            connection,
            connecting: Arc::clone(&self.crew.connecting),
            heard,
            unacknowledged: Arc::clone(&unacknowledged),
            gauge: self.crew.gauge.clone(),
        };
        let voice = Voice { id: self.id, dialect, client, unacknowledged, crew: self.crew };
        let life =
            Life { voice: Arc::new(voice), inbox, last: None, work: None, denied: None, ended: 0 };
        // whichever ends first, the connection or the device, ends the other
        tokio::select! {
            () = keeper.run() => {}
            () = life.live() => {}
        }
    }

    /// The way to the broker.
    async fn open(&self) -> Result<(Dialect, Client, Connection), SimError> {
        match &self.crew.hello {
            Hello::Json { broker, prefix, version, tls } => {
                let json = Json::new(prefix, &self.crew.tenant, &self.id);
                let mut address = self.address(broker, tls.clone())?;
                address.will = Some(json.presence(false));
                let (client, connection) = match version {
                    MqttVersion::V3 => line::open_v3(address),
                    MqttVersion::V5 => line::open_v5(address),
                };
                Ok((Dialect::Json(json), client, connection))
            }
            Hello::Astarte { pairing, roots } => {
                let permit = self.crew.connecting.acquire().await;
                let paired = pairing.pair(&self.id).await?;
                drop(permit);
                let tls = tls::mutual(roots, &paired.certificate, &paired.key)?;
                let mut address = self.address(&paired.broker, Some(tls))?;
                address.client_id = format!("{}/{}", pairing.realm(), self.id);
                address.clean = true;
                let (client, connection) = line::open_v3(address);
                let astarte = Astarte::new(pairing.realm(), &self.id);
                Ok((Dialect::Astarte(astarte), client, connection))
            }
        }
    }

    fn address(&self, broker: &Url, tls: Option<Arc<ClientConfig>>) -> Result<Address, SimError> {
        let host = broker.host_str().ok_or_else(|| super::bad(broker, "it names no host"))?;
        let own = format!("{}/{}", self.crew.tenant, self.id);
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = match (broker.username(), broker.password()) {
            ("", None) => None,
            ("", Some(password)) => Some((own.clone(), decoded(password))),
            (name, password) => Some((decoded(name), decoded(password.unwrap_or_default()))),
        };
        Ok(Address {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: broker.port().unwrap_or(if tls.is_some() { 8883 } else { 1883 }),
            tls,
            login,
            client_id: own,
            will: None,
            clean: false,
        })
    }
}

/// What a device speaks with.
struct Voice {
    id: String,
    dialect: Dialect,
    client: Client,
    unacknowledged: Arc<AtomicU64>,
    crew: Arc<Crew>,
}

impl Voice {
    async fn say(&self, message: Message) -> Result<(), Gone> {
        self.unacknowledged.fetch_add(1, Relaxed);
        self.client.publish(message).await
    }

    async fn report(&self, report: Report<'_>) -> Result<(), Gone> {
        self.say(self.dialect.report(&report)).await?;
        self.crew.gauge.count(|c| &c.statuses);
        let request = report.request.to_owned();
        let (status, progress) = (report.status, report.progress);
        self.tell(SimEvent::Reported { request, status, progress });
        Ok(())
    }

    fn tell(&self, event: SimEvent) {
        self.crew.observer.observe(&self.id, &event);
    }
}

/// The request that a device heard of last.
struct Last {
    request: String,
    /// All is downloaded and not installed.
    prepared: bool,
}

/// An update under way.
struct Work {
    request: String,
    /// It cannot be stopped any more.
    installs: Arc<AtomicBool>,
    task: BoxFuture<'static, Result<End, Gone>>,
}

/// A device that is connected.
struct Life {
    voice: Arc<Voice>,
    inbox: mpsc::Receiver<Heard>,
    last: Option<Last>,
    work: Option<Work>,
    /// The request that its user said no to.
    denied: Option<String>,
    /// How many updates came to their end.
    ended: u64,
}

impl Life {
    /// Does what it is told until it has had its updates. That the connection is gone for good is
    /// seen by whoever keeps it.
    async fn live(mut self) {
        let crew = Arc::clone(&self.voice.crew);
        while crew.updates.is_none_or(|updates| self.ended < updates) {
            let done = tokio::select! {
                heard = self.inbox.recv() => match heard {
                    Some(heard) => self.hear(heard).await,
                    None => Err(Gone),
                },
                ended = ended(&mut self.work) => ended.map(|end| self.conclude(end)),
            };
            if done.is_err() {
                return;
            }
        }
        let _ = timeout(FAREWELL, self.leave()).await;
    }

    /// Takes leave of the broker, once it has everything.
    async fn leave(&mut self) -> Result<(), Gone> {
        if let Some(message) = self.voice.dialect.farewell() {
            self.voice.say(message).await?;
        }
        while self.voice.unacknowledged.load(Relaxed) > 0 {
            sleep(LOOK).await;
        }
        self.voice.client.disconnect().await?;
        // the connection ends the device
        std::future::pending().await
    }

    async fn hear(&mut self, heard: Heard) -> Result<(), Gone> {
        let voice = Arc::clone(&self.voice);
        let (topic, payload) = match heard {
            Heard::Connected => return self.greet().await,
            Heard::Message(topic, payload) => (topic, payload),
        };
        match voice.dialect.read(&topic, &payload) {
            Ok(Some(word)) => self.obey(word).await,
            Ok(None) => Ok(()),
            Err(why) => {
                voice.crew.gauge.trouble(why);
                Ok(())
            }
        }
    }

    async fn greet(&mut self) -> Result<(), Gone> {
        let voice = &self.voice;
        voice.tell(SimEvent::Connected);
        voice.client.subscribe(voice.dialect.filters()).await?;
        let last = self.last.as_ref().map(|last| last.request.as_str());
        for message in voice.dialect.greeting(&voice.crew.attributes, last) {
            voice.say(message).await?;
        }
        Ok(())
    }

    async fn obey(&mut self, word: Word) -> Result<(), Gone> {
        let (voice, gauge) = (Arc::clone(&self.voice), &self.voice.crew.gauge);
        let (operation, request) = match &word {
            Word::Update { request, .. } => ("Update", request),
            Word::Cancel { request } => ("Cancel", request),
            Word::Confirm { request } => ("Confirm", request),
            Word::AttributesWanted => {
                for message in voice.dialect.attributes(&voice.crew.attributes) {
                    voice.say(message).await?;
                }
                return Ok(());
            }
            Word::Complaint(why) => {
                gauge.trouble(why.clone());
                return Ok(());
            }
        };
        gauge.count(|c| &c.orders);
        voice.tell(SimEvent::Requested { operation, request: request.clone() });
        match word {
            Word::Update { request, files, install } => self.update(request, files, install).await,
            Word::Cancel { request } => self.cancel(&request).await,
            Word::Confirm { request } => self.answer(request).await,
            Word::AttributesWanted | Word::Complaint(_) => Ok(()),
        }
    }

    async fn update(
        &mut self,
        request: String,
        files: Vec<Wanted>,
        install: bool,
    ) -> Result<(), Gone> {
        let known = self.last.as_ref().filter(|last| last.request == request);
        let prepared = known.is_some_and(|last| last.prepared);
        if known.is_some() && !(prepared && install) {
            self.voice.crew.gauge.count(|c| &c.repeats);
            return Ok(());
        }
        if self.work.is_some() {
            let why = "another update is under way";
            return self
                .voice
                .report(Report::failure(&request, "UpdateAlreadyInProgress", why))
                .await;
        }
        self.last = Some(Last { request: request.clone(), prepared: false });
        if self.voice.crew.behaviour.outcome == Outcome::Vanish {
            self.voice.crew.gauge.count(|c| &c.vanished);
            self.voice.tell(SimEvent::Vanished { action: request });
            self.ended += 1;
            return Ok(());
        }
        let installs = Arc::new(AtomicBool::new(false));
        let teller = Telling {
            voice: Arc::clone(&self.voice),
            request: request.clone(),
            install,
            installs: Arc::clone(&installs),
        };
        let task = Box::pin(async move {
            let crew = &teller.voice.crew;
            let permit = crew.working.acquire().await;
            let (http, behaviour) = (&crew.http, &crew.behaviour);
            let update = Update { http, behaviour, files: &files, install, prepared };
            let end = update.run(&teller).await;
            drop(permit);
            end
        });
        self.work = Some(Work { request, installs, task });
        Ok(())
    }

    /// What an update came to.
    fn conclude(&mut self, end: End) {
        let Some(work) = self.work.take() else { return };
        let gauge = &self.voice.crew.gauge;
        let action = work.request;
        match end {
            End::Finished => {
                gauge.count(|c| &c.finished);
                self.voice.tell(SimEvent::Finished { action });
            }
            End::Failed => gauge.count(|c| &c.failed),
            End::Downloaded => {
                self.last = Some(Last { request: action.clone(), prepared: true });
                self.voice.tell(SimEvent::Downloaded { action });
                return;
            }
        }
        self.ended += 1;
    }

    /// Stops, if it has not begun to install; then it says nothing, as Edgehog's devices do.
    async fn cancel(&mut self, request: &str) -> Result<(), Gone> {
        let crew = &self.voice.crew;
        if crew.behaviour.outcome == Outcome::Vanish {
            return Ok(());
        }
        let of_it = |work: &Work| (work.request == request).then(|| work.installs.load(Relaxed));
        let installs = self.work.as_ref().and_then(of_it);
        let is_open = installs.is_some()
            || self.last.as_ref().is_some_and(|last| last.request == request && last.prepared);
        if crew.behaviour.rejects_cancel || !is_open {
            let why = "Unable to cancel OTA request";
            self.voice.report(Report::failure(request, "InternalError", why)).await?;
            self.voice.tell(SimEvent::CancelRejected { action: request.to_owned() });
            return Ok(());
        }
        if installs == Some(true) {
            return Ok(());
        }
        self.work = None;
        self.last = Some(Last { request: request.to_owned(), prepared: false });
        self.voice.report(Report::failure(request, "Canceled", "")).await?;
        self.voice.crew.gauge.count(|c| &c.canceled);
        self.voice.tell(SimEvent::Canceled { action: request.to_owned() });
        self.ended += 1;
        Ok(())
    }

    /// Its user says yes or, once, no.
    async fn answer(&mut self, request: String) -> Result<(), Gone> {
        let behaviour = &self.voice.crew.behaviour;
        if behaviour.outcome == Outcome::Vanish {
            return Ok(());
        }
        if behaviour.confirm {
            self.voice.report(Report::new(&request, "Confirmed", 0)).await?;
            self.voice.tell(SimEvent::Confirmed { action: request });
            return Ok(());
        }
        if self.denied.as_ref() != Some(&request) {
            let message = "the device's user does not agree";
            let report = Report { message, ..Report::new(&request, "Denied", 0) };
            self.voice.report(report).await?;
            self.voice.tell(SimEvent::Denied { action: request.clone() });
            self.denied = Some(request);
        }
        Ok(())
    }
}

/// How the work under way ends; never without one.
async fn ended(work: &mut Option<Work>) -> Result<End, Gone> {
    match work {
        Some(work) => (&mut work.task).await,
        None => std::future::pending().await,
    }
}

/// Tells how one request goes.
struct Telling {
    voice: Arc<Voice>,
    request: String,
    install: bool,
    installs: Arc<AtomicBool>,
}

impl Teller for Telling {
    type Error = Gone;

    async fn tell(&self, stage: Stage<'_>) -> Result<(), Gone> {
        let report = |status, progress| Report::new(&self.request, status, progress);
        let said = match stage {
            Stage::Begun => report("Acknowledged", 0),
            Stage::Downloading(percent) => report("Downloading", percent),
            Stage::Downloaded => {
                self.voice.report(report("Downloading", 100)).await?;
                if self.install || !self.voice.dialect.says_downloaded() {
                    return Ok(());
                }
                report("Downloaded", 0)
            }
            Stage::Installing(percent) => {
                self.installs.store(true, Relaxed);
                report("Deploying", percent)
            }
            Stage::Installed => report("Deployed", 0),
            Stage::Restarting => report("Rebooting", 0),
            Stage::Done => report("Success", 0),
            Stage::Failed(error) => {
                let (action, why) = (self.request.clone(), error.to_string());
                self.voice.report(Report::failure(&action, code(error), &why)).await?;
                self.voice.tell(SimEvent::Failed { action, why });
                return Ok(());
            }
        };
        self.voice.report(said).await
    }

    fn note(&self, wanted: &Wanted, note: &Note) {
        let file = wanted.filename.clone();
        self.voice.tell(match note {
            Note::Progress { done, total } => {
                SimEvent::DownloadProgress { file, done: *done, total: *total }
            }
            Note::Resumed { at, why } => {
                SimEvent::DownloadResumed { file, at: *at, why: why.clone() }
            }
        });
    }

    fn verified(&self, file: &Wanted, size: u64) {
        self.voice.crew.gauge.add(|c| &c.bytes, size);
        let sha256 = file.sha256.clone().unwrap_or_default();
        self.voice.tell(SimEvent::Verified { file: file.filename.clone(), size, sha256 });
    }
}
