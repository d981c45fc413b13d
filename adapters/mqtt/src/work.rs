//! What the hub wants done for devices: because something happened, or because time has passed.

use crate::handler::caller;
use crate::intake::Intake;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use otahub_client::HubClient;
use otahub_client::device::{DeviceRef, ListDueDevicesRequest, OrderCause};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked for devices whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many of them at once.
const DUE_MAX: i32 = 200;

/// Follows what happens, until `stop`.
pub(crate) async fn follow(_hub: HubClient, _intake: Intake, _stop: CancellationToken) {}

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
