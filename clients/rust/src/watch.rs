//! What happens, as it happens.

use crate::repeat::Backoff;
use crate::{Hub, HubError, proto};
use futures::{Stream, TryStreamExt, stream};
use proto::{Action, ActionState, GetActionRequest, WatchEventsRequest, WatchEventsResponse};
use tonic::{Status, Streaming};

struct Following {
    hub: Hub,
    request: WatchEventsRequest,
    stream: Option<Streaming<WatchEventsResponse>>,
    backoff: Backoff,
}

impl Following {
    async fn next(mut self) -> Result<Option<(WatchEventsResponse, Self)>, HubError> {
        loop {
            match self.read().await {
                Ok(message) => {
                    self.backoff.progress();
                    self.request.resume_token.clone_from(&message.resume_token);
                    return Ok(Some((message, self)));
                }
                Err(status) => {
                    self.stream = None;
                    self.backoff.wait(status.into()).await?;
                }
            }
        }
    }

    async fn read(&mut self) -> Result<WatchEventsResponse, Status> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.hub.events().watch_events(self.request.clone()).await?.into_inner(),
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
        let backoff = Backoff::of_streams();
        let following = Following { hub: self.clone(), request, stream: None, backoff };
        stream::try_unfold(following, Following::next)
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
