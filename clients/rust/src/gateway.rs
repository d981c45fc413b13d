//! One stream for many devices.

use crate::device::attend_devices_request::Request;
use crate::device::attend_devices_response::Response;
use crate::device::{
    AttendDevicesRequest, AttendDevicesResponse, DeviceDetached, DeviceOrder, Refusal,
    RequestAnswer,
};
use crate::{Hub, HubError};
use futures::channel::{mpsc, oneshot};
use futures::{Stream, TryStreamExt, future};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tonic::{Code, Status};

/// What a gateway is told beside the answers to its requests.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayNews {
    /// What there is to do for a device now.
    Order(Box<DeviceOrder>),
    /// A device is attached no more.
    Detached(DeviceDetached),
}

type Answers = Arc<Mutex<Waiting>>;

#[derive(Default)]
struct Waiting {
    last: u64,
    has_ended: bool,
    /// Who waits for the answer with this correlation id.
    open: HashMap<String, oneshot::Sender<RequestAnswer>>,
}

/// The sending side of a gateway's stream. Cheap to clone; clones may be used at the same time.
#[derive(Clone)]
pub struct Gateway {
    requests: mpsc::UnboundedSender<AttendDevicesRequest>,
    answers: Answers,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

impl Gateway {
    /// Sends a request and waits until the hub has done it, for which the stream of news has to be
    /// read. Gives whether the action that was reported on is still active.
    ///
    /// # Errors
    /// What the hub refused with; `UNAVAILABLE` if the stream ended before the answer.
    pub async fn request(&self, request: Request) -> Result<bool, HubError> {
        let ended = || HubError::from(Status::unavailable("the stream ended"));
        let (sender, answer) = oneshot::channel();
        let correlation_id = {
            let mut waiting = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.has_ended {
                return Err(ended());
            }
            waiting.last += 1;
            let id = waiting.last.to_string();
            waiting.open.insert(id.clone(), sender);
            id
        };
        let request = AttendDevicesRequest { correlation_id, request: Some(request) };
        self.requests.unbounded_send(request).map_err(|_| ended())?;
        let answer = answer.await.map_err(|_| ended())?;
        answer.refusal.map_or(Ok(answer.active), |refusal| Err(refusal.into()))
    }
}

impl From<Refusal> for HubError {
    fn from(refusal: Refusal) -> Self {
        Self {
            reason: refusal.reason(),
            code: Code::from(refusal.code),
            message: refusal.message,
            metadata: refusal.metadata,
            details: Box::default(),
        }
    }
}

/// Lets nobody wait for answers of a stream that is gone.
struct Ended(Answers);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.has_ended = true;
        waiting.open.clear();
    }
}

impl Ended {
    /// Gives an answer to whoever waits for it; the news, if it is none.
    fn sort(&self, message: AttendDevicesResponse) -> Option<GatewayNews> {
        match message.response? {
            Response::Answer(answer) => {
                let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(sender) = waiting.open.remove(&answer.correlation_id) {
                    // whoever asked may have gone
                    let _ = sender.send(answer);
                }
                None
            }
            Response::Order(order) => Some(GatewayNews::Order(Box::new(order))),
            Response::Detached(detached) => Some(GatewayNews::Detached(detached)),
        }
    }
}

impl Hub {
    /// Opens a stream for many devices: what to send requests with, and what it tells. When it
    /// breaks, open another one and attach the devices again: they are told their present work.
    ///
    /// # Errors
    /// If the stream cannot be opened.
    pub async fn attend_devices(
        &self,
    ) -> Result<(Gateway, impl Stream<Item = Result<GatewayNews, HubError>> + use<>), HubError>
    {
        let (requests, coming) = mpsc::unbounded();
        let messages = self.gateway().attend_devices(coming).await?.into_inner();
        let gateway = Gateway { requests, answers: Answers::default() };
        let sorting = Ended(gateway.answers.clone());
        let news = messages
            .map_err(HubError::from)
            .try_filter_map(move |message| future::ready(Ok(sorting.sort(message))));
        Ok((gateway, news))
    }
}
