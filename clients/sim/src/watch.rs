//! What `otahub-sim` shows: lines of one device, sums of many.

use otahub_sim::{FleetGauge, FleetStats, Observer, OrderGauge, OrderStats, SimEvent};
use std::io::Write;
use std::time::Duration;

/// Writes a line for every event of a device.
pub(crate) struct Lines {
    /// Silent otherwise.
    pub(crate) on: bool,
}

impl Observer for Lines {
    fn observe(&self, controller_id: &str, event: &SimEvent) {
        if let (true, Some(text)) = (self.on, text(event)) {
            line(&format!("{controller_id}: {text}"));
        }
    }
}

/// Writes the sums every second, unless lines are written anyway.
pub(crate) async fn tick(gauge: FleetGauge, silent: bool) {
    if silent {
        return;
    }
    let mut before = FleetStats::default();
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = gauge.read();
        line(&format!("{} polls/s, {}", now.polls - before.polls, sums(&now)));
        before = now;
    }
}

/// Writes the sums of devices that are sent their orders every second, unless lines are written
/// anyway.
pub(crate) async fn tick_orders(gauge: OrderGauge, silent: bool) {
    if silent {
        return;
    }
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        orders(&gauge.read());
    }
}

/// Writes the sums of devices that are sent their orders.
pub(crate) fn orders(stats: &OrderStats) {
    line(&format!(
        "{} connected, {} orders, {} statuses, {} finished, {} failed, {} cancelled, {} silent, \
         {} repeats, {} bytes, {} errors",
        stats.connected,
        stats.orders,
        stats.statuses,
        stats.finished,
        stats.failed,
        stats.canceled,
        stats.vanished,
        stats.repeats,
        stats.bytes,
        stats.errors,
    ));
    if let Some(error) = &stats.last_error {
        line(&format!("last error: {error}"));
    }
}

/// Writes the sums at the end.
pub(crate) fn summary(stats: &FleetStats) {
    line(&format!("{} polls ({} unchanged), {}", stats.polls, stats.polls_unchanged, sums(stats)));
    if let Some(error) = &stats.last_error {
        line(&format!("last error: {error}"));
    }
}

fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn sums(stats: &FleetStats) -> String {
    format!(
        "{} finished, {} failed, {} cancelled, {} silent, {} bytes, {} errors, longest step {:?}",
        stats.finished,
        stats.failed,
        stats.canceled,
        stats.vanished,
        stats.bytes,
        stats.errors,
        stats.step_max,
    )
}

fn text(event: &SimEvent) -> Option<String> {
    Some(match event {
        SimEvent::Polled { sleep, .. } => format!("polled, next in {sleep:?}"),
        SimEvent::AttributesSent { count } => format!("sent {count} attributes"),
        SimEvent::Confirmed { action } => format!("confirmed action {action}"),
        SimEvent::Denied { action } => format!("denied action {action}"),
        SimEvent::DeploymentFetched { action, modules } => {
            let names: Vec<_> =
                modules.iter().map(|m| format!("{} {}", m.name, m.version)).collect();
            format!("action {action} is to install {}", names.join(", "))
        }
        SimEvent::DownloadProgress { .. } => return None,
        SimEvent::DownloadResumed { file, at, why } => {
            format!("{file} goes on at byte {at} ({why})")
        }
        SimEvent::Verified { file, size, .. } => format!("{file} is whole, {size} bytes"),
        SimEvent::Feedback { execution, finished, message, .. } => {
            format!("reported {execution}/{finished}: {message}")
        }
        SimEvent::Downloaded { action } => format!("action {action} is downloaded"),
        SimEvent::Finished { action } => format!("action {action} is finished"),
        SimEvent::Canceled { action } => format!("action {action} is cancelled"),
        SimEvent::CancelRejected { action } => format!("action {action} goes on"),
        SimEvent::Connected => "connected with the broker".to_owned(),
        SimEvent::Requested { operation, request } => format!("{operation} of request {request}"),
        SimEvent::Reported { status, progress, .. } => format!("reported {status} {progress}"),
        SimEvent::Failed { action, why } => format!("action {action} failed: {why}"),
        SimEvent::Vanished { .. } => "falls silent".to_owned(),
        SimEvent::Troubled { why } => format!("trouble: {why}"),
        _ => return None,
    })
}
