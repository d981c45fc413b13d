//! `otahub demo`: one update from upload to installed, told step by step.
//!
//! The demo is a user of the hub like any other: it prepares the update over gRPC as an operator
//! would, and its device speaks DDI over HTTP, or is behind a message broker or an MQTT broker.

mod mqtt;
mod operator;
mod things;

use crate::node::Node;
use crate::settings::Settings;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use operator::Operator;
use otahub_sim::{Behaviour, Credential, Deed, Device, DeviceOptions, SimEvent};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// The device of the demo.
const DEVICE: &str = "demo-device";
/// The secret with which devices may register.
const GATEWAY_KEY: &str = "demo-gateway-key";
/// How long the device may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How large the image is, in bytes.
const IMAGE_BYTES: usize = 8 << 20;
/// How fast it is downloaded, in bytes a second, so that the bar can be seen.
const DOWNLOAD_RATE: u64 = 6 << 20;

/// How long to wait before something is looked at again.
const PAUSE: Duration = Duration::from_millis(200);

/// What the device of the demo speaks.
pub(crate) enum Speech {
    /// DDI.
    Ddi,
    /// DMF, with the message broker at this URL.
    Dmf(String),
    /// MQTT, with the broker of the settings or, without one, one that the demo starts.
    Mqtt,
}

/// Shows an update, then keeps the hub up unless it is to end.
pub(crate) async fn demo(mut settings: Settings, speech: Speech, exit: bool) -> anyhow::Result<()> {
    crate::logging::start(settings.log_format, "otahub=error,error");
    // nothing to do if another provider is there already
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().context("no folder for the demo's data")?;
    if settings.data_dir == Settings::default().data_dir {
        settings.data_dir = folder.path().to_owned();
    }
    let mut broker = None;
    match &speech {
        Speech::Ddi => {}
        Speech::Dmf(url) => settings.amqp_url = Some(url.clone()),
        Speech::Mqtt if settings.mqtt_url.is_some() => {}
        Speech::Mqtt => {
            let own = broker.insert(mqtt::Mosquitto::start().await?);
            settings.mqtt_url = Some(own.url()?);
            say(&format!("0. Mosquitto runs on 127.0.0.1:{}.", own.port()))?;
        }
    }
    let (url, prefix) = (settings.mqtt_url.clone(), settings.mqtt_prefix.clone());
    let node = start(settings).await?;
    let (told, hints) = match (&speech, &url) {
        (Speech::Dmf(url), _) => (things::tell(&node, url).await, Vec::new()),
        (Speech::Mqtt, Some(url)) => {
            (mqtt::tell(&node, url, &prefix).await, mqtt::hints(url, &prefix))
        }
        (Speech::Ddi | Speech::Mqtt, _) => (tell(&node).await, vec![poll_hint(node.http)]),
    };
    if told.is_ok() && !exit {
        stay(&node, &hints).await?;
    }
    node.stop().await;
    told
}

/// Starts the hub; on free ports if the usual ones are taken.
async fn start(settings: Settings) -> anyhow::Result<Node> {
    match Node::start(&settings).await {
        Ok(node) => Ok(node),
        Err(error) if is_default(&settings) => {
            say(&format!("({error:#}: taking free ports instead)"))?;
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            Node::start(&Settings { http: any, grpc: any, ..settings }).await
        }
        Err(error) => Err(error),
    }
}

fn is_default(settings: &Settings) -> bool {
    let default = Settings::default();
    settings.http == default.http && settings.grpc == default.grpc
}

async fn tell(node: &Node) -> anyhow::Result<()> {
    let operator = Operator::connect(node.grpc).await?;
    say(&format!("1. A hub is up: HTTP on http://{}, gRPC on {}.", node.http, node.grpc))?;
    operator.allow_gateway_token(GATEWAY_KEY).await?;
    say("2. The tenant lets devices in that know the gateway token.")?;
    let mut device = device(node.http)?;
    device.step().await.context("the device's first poll")?;
    say(&format!("3. The device {DEVICE} polled for the first time and registered itself."))?;
    let image = image();
    let module = operator.upload("demo-os", "1.0.0", "image.bin", &image).await?;
    say(&format!("4. The operator uploaded image.bin ({} MiB).", IMAGE_BYTES >> 20))?;
    let set = operator.distribution_set("demo-release", "1.0.0", module).await?;
    let action = operator.assign(set, DEVICE).await?;
    say(&format!("5. demo-release:1.0.0 is assigned to {DEVICE}: action {action}."))?;
    let end = tokio::time::timeout(PATIENCE, device.run_until(|s| s.deed.ends_action()))
        .await
        .context("the device did not finish in time")??;
    anyhow::ensure!(end.deed == Deed::Finished, "the update ended otherwise: {:?}", end.deed);
    say("What the hub has written down about it:")?;
    for line in operator.history(action).await? {
        say(&format!("   {line}"))?;
    }
    let status = operator.update_status(DEVICE).await?;
    anyhow::ensure!(status == "IN_SYNC", "the target is {status}");
    say(&format!("8. {DEVICE} is IN_SYNC: the update is installed."))
}

/// How to poll as the device does.
fn poll_hint(http: SocketAddr) -> String {
    format!(
        "curl -H 'Authorization: GatewayToken {GATEWAY_KEY}' \
         http://{http}/DEFAULT/controller/v1/{DEVICE}"
    )
}

async fn stay(node: &Node, hints: &[String]) -> anyhow::Result<()> {
    let http = node.http;
    say("")?;
    say("The hub stays up; end it with Ctrl-C. To look at:")?;
    say(&format!("   curl -u admin:admin http://{http}/rest/v1/targets/{DEVICE}"))?;
    for hint in hints {
        say(&format!("   {hint}"))?;
    }
    say(&format!("   otactl --hub http://{} targets list", node.grpc))?;
    say(&format!("   curl http://{http}/metrics"))?;
    crate::serve::told_to_end().await
}

fn device(http: SocketAddr) -> anyhow::Result<Device> {
    let client = otahub_sim::reqwest::Client::new();
    let options = DeviceOptions {
        credential: Credential::Gateway(GATEWAY_KEY.into()),
        attributes: [("board".into(), "demo".into()), ("serial".into(), "0001".into())].into(),
        behaviour: Behaviour { download_rate: Some(DOWNLOAD_RATE), ..Behaviour::default() },
        poll_interval: Some(Duration::from_millis(200)),
        ..DeviceOptions::new(&format!("http://{http}"), DEVICE, client)
    };
    let bar = ProgressBar::hidden();
    Ok(Device::new(options)?.observed_by(move |_: &str, event: &SimEvent| show(&bar, event)))
}

fn show(bar: &ProgressBar, event: &SimEvent) {
    let line = match event {
        SimEvent::AttributesSent { .. } => "   device: sent its attributes".to_owned(),
        SimEvent::DeploymentFetched { .. } => {
            "6. The device fetched its deployment and downloads:".to_owned()
        }
        SimEvent::DownloadProgress { done, total, .. } => return draw(bar, *done, *total),
        SimEvent::Verified { file, .. } => {
            bar.finish();
            format!("7. The device checked {file} against its hashes and installs it.")
        }
        SimEvent::Feedback { execution, finished, .. } => {
            format!("   device: {execution}, finished: {finished}")
        }
        _ => return,
    };
    // the demo goes on when nobody reads
    let _ = say(&line);
}

fn draw(bar: &ProgressBar, done: u64, total: u64) {
    if bar.length() != Some(total) {
        bar.set_length(total);
        let template = "   [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    }
    bar.set_position(done);
}

/// Bytes that compress badly and are the same in every demo.
fn image() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..IMAGE_BYTES).map(next).collect()
}

/// Waits until something is so.
async fn until(is_so: impl AsyncFn() -> bool) {
    while !is_so().await {
        tokio::time::sleep(PAUSE).await;
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
