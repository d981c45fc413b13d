//! Adapters of brokers in processes of their own, each on a machine without data.

use otahub_tests::{
    Adapter, Broker, Database, Hub, Mosquitto, MqttDevice, Service, Software, bytes_of, eventually,
    json_message, within,
};
use serde_json::json;
use std::time::Duration;

/// How long a message may take on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// Waits until an action is in this status.
async fn is(hub: &Hub, id: &str, action: i64, status: &str) {
    eventually("the action's status", 60, async || {
        let path = format!("/targets/{id}/actions/{action}");
        let seen = hub.admin().get(&path).await.expect(200).json();
        if seen["status"] == status { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
}

async fn known(hub: &Hub, id: &str) {
    eventually("the hub knows it", 60, async || {
        let answer = hub.admin().get(&format!("/targets/{id}")).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.seen()) }
    })
    .await;
}

async fn dmf_adapter(hub: &Hub, broker: &Broker) -> Adapter {
    let adapter = hub.adapters().adapter("dmf");
    let adapter = adapter.args(["--amqp-url", &broker.url(), "--public-url", &hub.url()]);
    let adapter = adapter.start().await;
    adapter.await_state("dmf: connected").await;
    adapter
}

async fn say(service: &Service, thing: &str, topic: &[(&str, &str)], body: &[u8]) {
    let mut headers = vec![("tenant", "DEFAULT"), ("thingId", thing)];
    headers.extend(topic);
    let message = json_message(&headers)
        .with_reply_to(service.reply_to.as_str().into())
        .with_delivery_mode(2);
    service.publish(message, body).await.expect("the broker takes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thing_is_updated_though_the_hub_was_away() {
    let Some(broker) = Broker::any().await else { return };
    within(400, async {
        let mut hub = Hub::on(Database::Sqlite).apart().start().await;
        let adapter = dmf_adapter(&hub, &broker).await;
        let service = Service::open(&broker, "remote").await;
        say(&service, "thing-1", &[("type", "THING_CREATED")], b"").await;
        known(&hub, "thing-1").await;
        let set = Software::create(&hub, "remote", "a.bin", b"remote".to_vec()).await;
        set.assign(&hub, &["thing-1"]).await;
        let order = service.receive(SOON).await.expect("an order");
        assert_eq!(order.header("topic").as_deref(), Some("DOWNLOAD_AND_INSTALL"));
        let body = order.json();
        let action = body["actionId"].as_i64().expect("an action");
        let url = &body["softwareModules"][0]["artifacts"][0]["urls"]["HTTP"];
        assert!(url.as_str().is_some_and(|url| url.starts_with(&hub.url())), "{url}");

        hub.kill().await;
        let topic = [("type", "EVENT"), ("topic", "UPDATE_ACTION_STATUS")];
        let done = json!({"actionId": action, "actionStatus": "FINISHED", "message": ["done"]});
        say(&service, "thing-1", &topic, done.to_string().as_bytes()).await;
        say(&service, "thing-2", &[("type", "THING_CREATED")], b"").await;
        adapter.await_state("the hub does not answer").await;
        hub.start_again().await;
        adapter.await_state("dmf: connected").await;
        is(&hub, "thing-1", action, "finished").await;
        known(&hub, "thing-2").await;
        set.assign(&hub, &["thing-2"]).await;
        eventually("the second thing has its order", 120, async || {
            let message = service.receive(SOON).await.ok_or("nothing")?;
            let is_order = message.header("topic").as_deref() == Some("DOWNLOAD_AND_INSTALL");
            let is_its = message.header("thingId").as_deref() == Some("thing-2");
            if is_order && is_its { Ok(()) } else { Err(format!("{message:?}")) }
        })
        .await;
        let log = adapter.process().stderr().join("\n");
        assert!(!log.contains("dead letters"), "{log}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tenant_has_a_broker_that_an_adapter_finds_by_its_name() {
    let Some(broker) = Broker::any().await else { return };
    within(240, async {
        let hub = Hub::on(Database::Sqlite).apart().start().await;
        let pattern = broker.pattern();
        let adapter = hub.adapters().adapter("dmf");
        let adapter = adapter.args(["--amqp-tenant-url", &pattern, "--public-url", &hub.url()]);
        let adapter = adapter.start().await;
        adapter.await_state("dmf/DEFAULT: ").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_behind_mqtt_is_updated_though_the_hub_was_away() {
    if !Mosquitto::is_available() {
        return;
    }
    within(400, async {
        let broker = Mosquitto::start().await;
        let mut hub = Hub::on(Database::Sqlite).apart().start().await;
        let adapter = hub.adapters().adapter("mqtt");
        let adapter = adapter.args(["--mqtt-url", &broker.url(), "--public-url", &hub.url()]);
        let adapter = adapter.start().await;
        bridged(&adapter).await;
        let device = MqttDevice::connect(&broker, "pump-7", "5").await;
        device.hello().await;
        known(&hub, "pump-7").await;
        let bytes = bytes_of(5, 40_000);
        let software = Software::create(&hub, "image", "image.bin", bytes.clone()).await;
        let done = software.assign(&hub, &["pump-7"]).await;
        let action = done["assignedActions"][0]["id"].as_i64().expect("an action");
        let (id, request) = device.requested(1).await;
        let link = request["url"].as_str().expect("a link");
        assert!(hub.http().get(link).await.expect(200).body == bytes, "the link leads to DDI");
        device.events(&id, &["Acknowledged", "Downloading"]).await;
        hub.kill().await;
        device.events(&id, &["Deploying", "Deployed"]).await;
        hub.start_again().await;
        bridged(&adapter).await;
        device.events(&id, &["Rebooting", "Success"]).await;
        is(&hub, "pump-7", action, "finished").await;
    })
    .await;
}

/// Waits until an adapter is connected with its broker.
async fn bridged(adapter: &Adapter) {
    eventually("the adapter has the bridge", 120, async || {
        let metrics = adapter.http().get("/metrics").await.expect(200).text();
        let line = metrics.lines().find(|line| line.starts_with("otahub_mqtt_connected"));
        match line {
            Some(line) if line.ends_with(" 1") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}
