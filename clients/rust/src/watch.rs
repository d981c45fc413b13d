//! What happens, as it happens.

use crate::repeat::Backoff;
use crate::{Hub, HubError, proto};
use futures::{Stream, TryStreamExt, stream};
use proto::{
    Action, ActionState, GetActionRequest, WatchActionsRequest, WatchActionsResponse,
    WatchEventsRequest, WatchEventsResponse,
};
use std::future::Future;
use tonic::{Response, Status, Streaming};

/// A request for a stream that can be taken up again.
trait Watch: Clone + Send + Sync + 'static {
    type Message: Send + 'static;

    fn open(&self, hub: &Hub) -> impl Future<Output = Opened<Self::Message>> + Send;

    /// Where the stream goes on once a message has come.
    fn go_on_after(&mut self, message: &Self::Message);
}

type Opened<T> = Result<Response<Streaming<T>>, Status>;

impl Watch for WatchEventsRequest {
    type Message = WatchEventsResponse;

    async fn open(&self, hub: &Hub) -> Opened<Self::Message> {
        hub.events().watch_events(self.clone()).await
    }

    fn go_on_after(&mut self, message: &Self::Message) {
        self.resume_token.clone_from(&message.resume_token);
    }
}

impl Watch for WatchActionsRequest {
    type Message = WatchActionsResponse;

    async fn open(&self, hub: &Hub) -> Opened<Self::Message> {
        hub.actions().watch_actions(self.clone()).await
    }

    fn go_on_after(&mut self, message: &Self::Message) {
        // none while the snapshot is told: it begins anew
        if !message.resume_token.is_empty() {
            self.resume_token.clone_from(&message.resume_token);
        }
    }
}

struct Following<W: Watch> {
    hub: Hub,
    request: W,
    stream: Option<Streaming<W::Message>>,
    backoff: Backoff,
}

impl<W: Watch> Following<W> {
    fn new(hub: &Hub, request: W) -> Self {
        Self { hub: hub.clone(), request, stream: None, backoff: Backoff::of_streams() }
    }

    async fn next(mut self) -> Result<Option<(W::Message, Self)>, HubError> {
        loop {
            match self.read().await {
                Ok(message) => {
                    self.backoff.progress();
                    self.request.go_on_after(&message);
                    return Ok(Some((message, self)));
                }
                Err(status) => {
                    self.stream = None;
                    self.backoff.wait(status.into()).await?;
                }
            }
        }
    }

    async fn read(&mut self) -> Result<W::Message, Status> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.request.open(&self.hub).await?.into_inner(),
        };
        let message = stream.message().await?;
        self.stream = Some(stream);
        message.ok_or_else(|| Status::unavailable("the watch ended"))
    }
}

impl Hub {
    /// Events as they happen, without gaps and repeats even if the connection breaks. Each comes
    /// with the token to resume after it, also in another process. A message without an event is
    /// a sign of life: the first one, at once, says that the hub is listened to.
    pub fn watch(
        &self,
        request: WatchEventsRequest,
    ) -> impl Stream<Item = Result<WatchEventsResponse, HubError>> + use<> {
        stream::try_unfold(Following::new(self, request), Following::next)
    }

    /// Actions as they are and then as they change, without gaps and repeats even if the connection
    /// breaks. Until a message says that the snapshot is complete, a connection that breaks makes
    /// the snapshot begin anew.
    pub fn watch_actions(
        &self,
        request: WatchActionsRequest,
    ) -> impl Stream<Item = Result<WatchActionsResponse, HubError>> + use<> {
        stream::try_unfold(Following::new(self, request), Following::next)
    }

    /// An action `actions/{id}` as it is, and then each time it changed, until it is over.
    pub fn watch_action(&self, name: &str) -> impl Stream<Item = Result<Action, HubError>> + use<> {
        let events =
            self.watch(WatchEventsRequest { action: name.to_owned(), ..Default::default() });
        let request = GetActionRequest { name: name.to_owned(), ..Default::default() };
        let state = (Box::pin(events), self.clone(), request, Action::default());
        stream::try_unfold(state, |(mut events, hub, request, last)| async move {
            if is_over(&last) {
                return Ok(None);
            }
            while events.try_next().await?.is_some() {
                let get =
                    |hub: Hub, request| async move { hub.actions().get_action(request).await };
                let action = hub.repeat(request.clone(), get).await?;
                if action.etag != last.etag {
                    return Ok(Some((action.clone(), (events, hub, request, action))));
                }
            }
            Ok(None)
        })
    }
}

fn is_over(action: &Action) -> bool {
    match action.state() {
        ActionState::Canceled
        | ActionState::Finished
        | ActionState::Failed
        | ActionState::Downloaded => true,
        ActionState::Unspecified
        | ActionState::Scheduled
        | ActionState::WaitingForConfirmation
        | ActionState::Running
        | ActionState::Retrieved
        | ActionState::Canceling => false,
    }
}
