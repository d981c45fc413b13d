//! The demo over MQTT: a device behind a broker, in otahub's JSON.

mod mosquitto;

pub(super) use mosquitto::Mosquitto;

use super::operator::Operator;
use super::{DEVICE, DOWNLOAD_RATE, IMAGE_BYTES, PATIENCE, draw, image, say, until};
use crate::node::Node;
use anyhow::Context;
use indicatif::ProgressBar;
use otahub_sim::{Behaviour, MqttDevices, MqttOptions, MqttSpeech, MqttVersion, SimEvent};
use tokio::time::timeout;
use url::Url;

/// Shows an update over the broker at `url`.
pub(super) async fn tell(node: &Node, url: &Url, prefix: &str) -> anyhow::Result<()> {
    let operator = Operator::connect(node.grpc).await?;
    say(&format!("1. A hub is up: HTTP on http://{}, gRPC on {}.", node.http, node.grpc))?;
    let devices = device(url, prefix)?;
    let gauge = devices.gauge();
    let device = tokio::spawn(devices.run(std::future::pending()));
    let is_there = async || operator.update_status(DEVICE).await.is_ok();
    if timeout(PATIENCE, until(is_there)).await.is_err() {
        let why = gauge.read().last_error.unwrap_or_else(|| "the hub does not hear it".to_owned());
        anyhow::bail!("the device was not registered in time: {why}");
    }
    say(&format!("3. The hub heard of {DEVICE} and registered it."))?;
    let module = operator.upload("demo-os", "1.0.0", "image.bin", &image()).await?;
    say(&format!("4. The operator uploaded image.bin ({} MiB).", IMAGE_BYTES >> 20))?;
    let set = operator.distribution_set("demo-release", "1.0.0", module).await?;
    let action = operator.assign(set, DEVICE).await?;
    say(&format!("5. demo-release:1.0.0 is assigned to {DEVICE}: action {action}."))?;
    let stats = timeout(PATIENCE, device)
        .await
        .context("the device did not finish in time")?
        .context("the device ended")?;
    anyhow::ensure!(stats.finished == 1, "the update ended otherwise: {stats:?}");
    let is_done = async || operator.update_status(DEVICE).await.is_ok_and(|s| s == "IN_SYNC");
    timeout(PATIENCE, until(is_done)).await.context("the last word did not come in time")?;
    say("What the hub has written down about it:")?;
    for line in operator.history(action).await? {
        say(&format!("   {line}"))?;
    }
    say(&format!("8. {DEVICE} is IN_SYNC: the update is installed."))
}

/// What else can be looked at while the hub stays up.
pub(super) fn hints(url: &Url, prefix: &str) -> Vec<String> {
    let (host, port) = (url.host_str().unwrap_or_default(), url.port().unwrap_or(1883));
    vec![
        format!("mosquitto_sub -h {host} -p {port} -t '{prefix}/DEFAULT/#' -v"),
        format!("otahub-sim --mqtt mqtt://{host}:{port} --mqtt-prefix {prefix} --devices 100"),
    ]
}

fn device(url: &Url, prefix: &str) -> anyhow::Result<MqttDevices> {
    let speech = MqttSpeech::Json {
        broker: url.to_string(),
        prefix: prefix.to_owned(),
        version: MqttVersion::V5,
    };
    let client = otahub_sim::reqwest::Client::new();
    let options = MqttOptions {
        attributes: [("board".into(), "demo".into()), ("serial".into(), "0001".into())].into(),
        behaviour: Behaviour { download_rate: Some(DOWNLOAD_RATE), ..Behaviour::default() },
        updates: Some(1),
        ..MqttOptions::new(speech, vec![DEVICE.into()], client)
    };
    let bar = ProgressBar::hidden();
    let devices = MqttDevices::new(options).context("no device")?;
    Ok(devices.observed_by(move |_: &str, event: &SimEvent| show(&bar, event)))
}

fn show(bar: &ProgressBar, event: &SimEvent) {
    let line = match event {
        SimEvent::Connected => {
            format!("2. The device {DEVICE} is connected with the broker and says hello.")
        }
        SimEvent::Requested { operation, request } => {
            format!("6. The device was sent the request {request} ({operation}) and downloads:")
        }
        SimEvent::DownloadProgress { done, total, .. } => return draw(bar, *done, *total),
        SimEvent::Verified { file, .. } => {
            bar.finish();
            format!("7. The device checked {file} against its hash and installs it.")
        }
        SimEvent::Reported { status, progress: 0, .. } => format!("   device: {status}"),
        SimEvent::Reported { status, progress, .. } => format!("   device: {status} {progress} %"),
        _ => return,
    };
    // the demo goes on when nobody reads
    let _ = say(&line);
}
