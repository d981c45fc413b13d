//! otahub.v1.EventService.

use super::{Answer, Watched, answer, watched};
use crate::auth::adapter;
use crate::hub::Hub;
use crate::translate::event as translate;
use crate::usecase::{SIGN_OF_LIFE, Tail, WorkFeed, feed};
use otahub_domain::permission::Permission;
use otahub_domain::{Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use proto::event_service_server::EventService;
use tokio::time::interval;
use tonic::{Request, Response, Status};

/// Streams of what happens.
pub(crate) struct Events(pub(crate) Hub);

/// The longest name of a consumer, and the longest cause of a failure, in characters.
const CONSUMER_MAX: usize = 64;
const CAUSE_MAX: usize = 512;

#[tonic::async_trait]
impl EventService for Events {
    type WatchEventsStream = Watched<proto::WatchEventsResponse>;
    type WatchDeviceWorkStream = Watched<proto::WatchDeviceWorkResponse>;

    async fn watch_events(
        &self,
        request: Request<proto::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let (metadata, _, message) = request.into_parts();
        let begun = async {
            let operator = self.0.operator(&metadata, Permission::ReadTarget).await?;
            let filter = translate::EventFilter::new(&operator, &message)?;
            let tail = self.0.tail(translate::position(&message.resume_token)?).await?;
            Ok(feed(&self.0, false, move |out| watch(tail, filter, out)))
        };
        answer(begun.await.map(|events| watched(events, |event| event)))
    }

    async fn watch_device_work(
        &self,
        request: Request<proto::WatchDeviceWorkRequest>,
    ) -> Result<Response<Self::WatchDeviceWorkStream>, Status> {
        let (metadata, _, message) = request.into_parts();
        let begun = async {
            adapter(&metadata)?;
            check_consumer(&message.consumer)?;
            let after = translate::position(&message.resume_token)?;
            if after.is_some() && !message.consumer.is_empty() {
                return Err(Error::invalid("resume_token", "is the consumer's to know"));
            }
            Ok(self.0.work(WorkFeed {
                consumer: crate::translate::given(message.consumer),
                after,
                tenants: message.tenants,
                address_prefix: message.address_prefix,
            }))
        };
        answer(begun.await.map(|work| watched(work, translate::work)))
    }

    async fn acknowledge_device_work(
        &self,
        request: Request<proto::AcknowledgeDeviceWorkRequest>,
    ) -> Answer<proto::AcknowledgeDeviceWorkResponse> {
        let (metadata, _, message) = request.into_parts();
        let acknowledged = async {
            adapter(&metadata)?;
            check_consumer(&message.consumer)?;
            let seq = translate::position(&message.resume_token)?;
            let undelivered = message
                .undelivered
                .into_iter()
                .map(|one| translate::undelivered(one, CAUSE_MAX))
                .collect::<Decided<_>>()?;
            self.0.acknowledge(message.consumer, seq, undelivered, message.held_done).await
        };
        answer(acknowledged.await.map(|()| proto::AcknowledgeDeviceWorkResponse {}))
    }
}

fn check_consumer(consumer: &str) -> Decided<()> {
    if consumer.chars().count() > CONSUMER_MAX {
        return Err(Error::invalid("consumer", format!("has more than {CONSUMER_MAX} characters")));
    }
    Ok(())
}

async fn watch(
    mut tail: Tail,
    filter: translate::EventFilter,
    out: crate::usecase::Outlet<proto::WatchEventsResponse>,
) -> Decided<()> {
    let mut beat = interval(SIGN_OF_LIFE);
    loop {
        tokio::select! {
            events = tail.next() => {
                for event in events? {
                    let resume_token = event.seq.to_string();
                    if let Some(event) = filter.pass(&event) {
                        let event = Some(event);
                        out.send(proto::WatchEventsResponse { event, resume_token }).await?;
                    }
                }
            }
            _ = beat.tick() => {
                let resume_token = tail.seen().to_string();
                out.send(proto::WatchEventsResponse { event: None, resume_token }).await?;
            }
        }
    }
}
