//! Webhooks: what happens is sent to a receiver, whoever dies meanwhile.

use otahub_client::{Caller, HubChannel, HubClient, proto};
use otahub_tests::{Database, Hub, HubPlan, Receiver, eventually, free_port};
use prost_types::FieldMask;
use serde_json::json;

/// How long something may take on a machine that has much else to do, in seconds.
const PATIENCE: u64 = 90;

fn plan(database: Database) -> HubPlan {
    Hub::on(database).args(["--webhook-networks", "127.0.0.0/8"])
}

struct Admin {
    hub: HubClient,
    caller: Caller,
}

impl Admin {
    async fn of(hub: &Hub) -> Self {
        let channel = HubChannel::connect(&hub.grpc_url()).await.expect("a channel");
        Self { hub: HubClient::new(channel), caller: Caller::basic("admin", "admin") }
    }

    /// A webhook for new targets; its name and secret.
    async fn create(&self, port: u16) -> (String, String) {
        let webhook = proto::Webhook {
            url: format!("http://127.0.0.1:{port}/hook"),
            kinds: vec![proto::EventKind::TargetCreated.into()],
            batch_size: 7,
            ..Default::default()
        };
        let request = proto::CreateWebhookRequest { webhook: Some(webhook), ..Default::default() };
        let made = self.hub.webhooks(&self.caller).create_webhook(request).await;
        let made = made.expect("a webhook").into_inner();
        (made.webhook.expect("the webhook").name, made.secret)
    }

    async fn get(&self, name: &str) -> proto::Webhook {
        let request = proto::GetWebhookRequest { name: name.to_owned() };
        let found = self.hub.webhooks(&self.caller).get_webhook(request).await;
        found.expect("the webhook").into_inner()
    }

    async fn retry(&self, name: &str) {
        let request =
            proto::RetryWebhookDeliveriesRequest { parent: name.to_owned(), ..Default::default() };
        let retried = self.hub.webhooks(&self.caller).retry_webhook_deliveries(request).await;
        retried.expect("it is served");
    }

    async fn enable(&self, name: &str) {
        let webhook = proto::Webhook { name: name.to_owned(), ..Default::default() };
        let update_mask = Some(FieldMask { paths: vec!["disabled".into()] });
        let request = proto::UpdateWebhookRequest { webhook: Some(webhook), update_mask };
        let enabled = self.hub.webhooks(&self.caller).update_webhook(request).await;
        assert!(!enabled.expect("it is served").into_inner().disabled);
    }

    async fn is_failing(&self, name: &str) {
        eventually("the webhook fails", PATIENCE, || async {
            let state = self.get(name).await.state.expect("a state");
            state.failing_since.map(|_| ()).ok_or(format!("{state:?}"))
        })
        .await;
    }
}

/// Makes targets; the names of their resources.
async fn targets(hub: &Hub, numbers: std::ops::Range<usize>) -> Vec<String> {
    for n in numbers.clone() {
        let id = format!("t-{n}");
        let _ = hub
            .admin()
            .post("/targets", json!([{"controllerId": id, "name": id}]))
            .await
            .expect(201);
    }
    numbers.map(|n| format!("targets/t-{n}")).collect()
}

async fn arrived(receiver: &Receiver, expected: &[String]) {
    eventually("all has arrived", PATIENCE, || async {
        let found = receiver.resources();
        if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}

async fn events_arrive_signed_and_in_order(database: Database) {
    let hub = plan(database).start().await;
    let (admin, port) = (Admin::of(&hub).await, free_port());
    let (name, secret) = admin.create(port).await;
    let receiver = Receiver::start(port, &secret).await;
    let expected = targets(&hub, 0..20).await;
    arrived(&receiver, &expected).await;
    let event = receiver.events().swap_remove(0);
    assert_eq!(event["kind"], "target.created");
    assert_eq!(event["target"], "targets/t-0");
    // it wants no more, and then it does
    receiver.answer(410);
    let more = targets(&hub, 20..21).await;
    eventually("it is disabled", PATIENCE, || async {
        let webhook = admin.get(&name).await;
        if webhook.disabled { Ok(()) } else { Err(format!("{webhook:?}")) }
    })
    .await;
    receiver.answer(200);
    admin.enable(&name).await;
    arrived(&receiver, &[expected, more].concat()).await;
}
on_both!(events_arrive_signed_and_in_order within 360 s);

async fn a_receiver_that_was_away_misses_nothing_though_the_hub_is_killed(database: Database) {
    let mut hub = plan(database).start().await;
    let port = free_port();
    let (name, secret) = Admin::of(&hub).await.create(port).await;
    let first = targets(&hub, 0..5).await;
    Admin::of(&hub).await.is_failing(&name).await;
    hub.kill().await;
    hub.start_again().await;
    let second = targets(&hub, 5..12).await;
    hub.kill().await;
    hub.start_again().await;
    let receiver = Receiver::start(port, &secret).await;
    Admin::of(&hub).await.retry(&name).await;
    arrived(&receiver, &[first, second].concat()).await;
    let state = Admin::of(&hub).await.get(&name).await.state.expect("a state");
    assert_eq!((state.dead_deliveries, state.lost_time), (0, None), "{state:?}");
}
on_both!(a_receiver_that_was_away_misses_nothing_though_the_hub_is_killed within 360 s);

#[tokio::test(flavor = "multi_thread")]
async fn of_several_nodes_one_sends_and_another_takes_over() {
    if !Database::Postgres.is_available() {
        return;
    }
    otahub_tests::within(360, async {
        let mut first = plan(Database::Postgres).start().await;
        let second = Hub::beside(&first).args(["--webhook-networks", "127.0.0.0/8"]).start().await;
        let port = free_port();
        let (_, secret) = Admin::of(&first).await.create(port).await;
        let receiver = Receiver::start(port, &secret).await;
        let begun = [targets(&first, 0..10).await, targets(&second, 10..20).await].concat();
        arrived(&receiver, &begun).await;
        assert_eq!(receiver.events().len(), begun.len(), "each came once");
        first.kill().await;
        let rest = targets(&second, 20..30).await;
        arrived(&receiver, &[begun, rest].concat()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_public_is_refused_unless_the_settings_allow_it() {
    otahub_tests::within(120, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let admin = Admin::of(&hub).await;
        let to = |url: &str| proto::CreateWebhookRequest {
            webhook: Some(proto::Webhook { url: url.to_owned(), ..Default::default() }),
            ..Default::default()
        };
        let mut webhooks = admin.hub.webhooks(&admin.caller);
        let refused = webhooks.create_webhook(to("http://127.0.0.1:9/")).await;
        let refused = refused.expect_err("it is refused");
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused:?}");
        // a name is looked up when something is sent
        let port = free_port();
        let made = webhooks.create_webhook(to(&format!("http://localhost:{port}/"))).await;
        let made = made.expect("a webhook").into_inner();
        let receiver = Receiver::start(port, &made.secret).await;
        targets(&hub, 0..1).await;
        let name = made.webhook.expect("the webhook").name;
        admin.is_failing(&name).await;
        assert_eq!(receiver.bodies(), 0);
        let request =
            proto::ListWebhookDeliveriesRequest { parent: name.clone(), ..Default::default() };
        let listed = webhooks.list_webhook_deliveries(request).await.expect("it is served");
        let failed = listed.into_inner().deliveries.swap_remove(0);
        assert!(failed.last_error.contains("no address"), "{failed:?}");
        assert_eq!(failed.state(), proto::WebhookDeliveryState::Retrying);
    })
    .await;
}
