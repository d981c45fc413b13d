//! The demo over AMQP: a thing behind a service, as DMF has it.

use super::operator::Operator;
use super::{DEVICE, IMAGE_BYTES, PATIENCE, PAUSE, image, say, until};
use crate::node::Node;
use anyhow::Context;
use otahub_sim::{Behaviour, Things, ThingsOptions};
use tokio::time::{sleep, timeout};

/// The exchange of the demo's service, and the beginning of its queue's name.
const REPLY: &str = "otahub-demo";

/// Shows an update over the broker at `url`.
pub(super) async fn tell(node: &Node, url: &str) -> anyhow::Result<()> {
    let operator = Operator::connect(node.grpc).await?;
    say(&format!("1. A hub is up: HTTP on http://{}, gRPC on {}.", node.http, node.grpc))?;
    operator.allow_target_tokens().await?;
    let things = connect(url).await?;
    say("2. A service is connected with the same message broker, and registers a thing.")?;
    let is_there = async || operator.update_status(DEVICE).await.is_ok();
    timeout(PATIENCE, until(is_there)).await.context("the thing was not registered in time")?;
    say(&format!("3. The thing {DEVICE} is registered."))?;
    let module = operator.upload("demo-os", "1.0.0", "image.bin", &image()).await?;
    say(&format!("4. The operator uploaded image.bin ({} MiB).", IMAGE_BYTES >> 20))?;
    let set = operator.distribution_set("demo-release", "1.0.0", module).await?;
    let action = operator.assign(set, DEVICE).await?;
    say(&format!("5. demo-release:1.0.0 is assigned to {DEVICE}: action {action}."))?;
    let stats = timeout(PATIENCE, things.run(std::future::pending()))
        .await
        .context("the thing did not finish in time")?
        .context("the service ended")?;
    anyhow::ensure!(stats.finished == 1, "the update ended otherwise: {stats:?}");
    say(&format!(
        "6. The service got the order, downloaded with the thing's token, and sent {} statuses.",
        stats.statuses
    ))?;
    let is_done = async || operator.update_status(DEVICE).await.is_ok_and(|s| s == "IN_SYNC");
    timeout(PATIENCE, until(is_done)).await.context("the last status did not come in time")?;
    say("What the hub has written down about it:")?;
    for line in operator.history(action).await? {
        say(&format!("   {line}"))?;
    }
    say(&format!("7. {DEVICE} is IN_SYNC: the update is installed."))
}

/// The service with its thing, as soon as the hub has made its exchange.
async fn connect(url: &str) -> anyhow::Result<Things> {
    let options = ThingsOptions {
        amqp_url: url.to_owned(),
        tenant: "DEFAULT".into(),
        things: vec![DEVICE.into()],
        reply_to: REPLY.into(),
        attributes: [("board".into(), "demo".into()), ("serial".into(), "0001".into())].into(),
        behaviour: Behaviour { download: true, ..Behaviour::default() },
        updates: Some(1),
        http: otahub_sim::reqwest::Client::new(),
    };
    let mut last = None;
    let connected = timeout(PATIENCE, async {
        loop {
            match Things::connect(options.clone()).await {
                Ok(things) => return things,
                Err(error) => last = Some(error),
            }
            sleep(PAUSE).await;
        }
    })
    .await;
    connected.map_err(|_| {
        let why = last.map_or_else(|| "it does not answer".to_owned(), |error| error.to_string());
        anyhow::anyhow!("no message broker that a hub serves: {why}")
    })
}
