//! What the hub wants done for devices: because something happened, or because time has passed.

use crate::intake::Intake;
use crate::speaker::caller;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use otahub_client::HubClient;
use otahub_client::device::{DeviceRef, ListDueDevicesRequest, OrderCause};
use otahub_client::proto::{
    AcknowledgeDeviceWorkRequest, DeviceWork, DeviceWorkKind, WatchDeviceWorkRequest,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// How often it is looked for devices whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many of them at once.
const DUE_MAX: i32 = 200;

/// How much work is done at the same time.
const WORK_MAX: usize = 256;
/// How long to wait before the work is asked for again.
const AGAIN: Duration = Duration::from_secs(1);

/// Follows what happens, until `stop`. The hub remembers under the name of `consumer` how far it
/// is.
pub(crate) async fn follow(
    hub: HubClient,
    consumer: String,
    intake: Intake,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let followed = follow_once(&hub, &consumer, &intake);
        if let Some(Err(error)) = stop.run_until_cancelled(followed).await {
            tracing::debug!(%error, "the work for devices broke off; asking again");
        }
        stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
    }
}

async fn follow_once(hub: &HubClient, consumer: &str, intake: &Intake) -> Result<(), Status> {
    let request = WatchDeviceWorkRequest { consumer: consumer.to_owned(), ..Default::default() };
    let work = hub.events(&caller()).watch_device_work(request).await?.into_inner();
    let done = work
        .map(|message| async move {
            let message = message?;
            if let Some(work) = message.work {
                do_work(intake, work).await?;
            }
            Ok::<_, Status>(message.resume_token)
        })
        .buffered(WORK_MAX)
        .ready_chunks(WORK_MAX);
    let mut done = std::pin::pin!(done);
    while let Some(chunk) = done.next().await {
        let tokens = chunk.into_iter().collect::<Result<Vec<_>, _>>()?;
        let Some(resume_token) = tokens.into_iter().rfind(|token| !token.is_empty()) else {
            continue;
        };
        let request = AcknowledgeDeviceWorkRequest {
            consumer: consumer.to_owned(),
            resume_token,
            ..Default::default()
        };
        hub.events(&caller()).acknowledge_device_work(request).await?;
    }
    Ok(())
}

/// Does a piece of work. What was deleted needs no word: its requests are unknown from then on.
async fn do_work(intake: &Intake, work: DeviceWork) -> Result<(), Status> {
    let kind = work.kind();
    let device = DeviceRef { tenant: work.tenant, controller_id: work.controller_id };
    let is_done = match kind {
        DeviceWorkKind::OfferChanged | DeviceWorkKind::Cancel => {
            intake.wish(device, OrderCause::Work, false).await
        }
        DeviceWorkKind::AttributesRequested => intake.wish(device, OrderCause::Work, true).await,
        DeviceWorkKind::TargetDeleted
        | DeviceWorkKind::Registered
        | DeviceWorkKind::Unspecified => true,
    };
    if is_done { Ok(()) } else { Err(Status::unavailable("the bridge ends")) }
}

/// Looks for devices whose time has come, until `stop`.
pub(crate) async fn watch_the_clock(hub: HubClient, intake: Intake, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let request = ListDueDevicesRequest { page_size: DUE_MAX, ..Default::default() };
        let due = match hub.push(&caller()).list_due_devices(request).await {
            Ok(listed) => listed.into_inner().devices,
            Err(error) => {
                tracing::debug!(%error, "it cannot be seen whose time has come");
                continue;
            }
        };
        let wishes: FuturesUnordered<_> =
            due.into_iter().map(|device| told(&intake, device)).collect();
        stop.run_until_cancelled(wishes.for_each(|()| async {})).await;
    }
}

async fn told(intake: &Intake, device: DeviceRef) {
    intake.wish(device, OrderCause::Timer, false).await;
}
