//! Webhooks: what operators see of them, and what becomes of what could not be delivered.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, reason, told};
use crate::world::World;
use axum::Router;
use axum::extract::State;
use otahub_client::proto::{self, EventKind, Reason, WebhookDeliveryState};
use otahub_core::HubOptions;
use prost_types::FieldMask;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

on_each_database!(
    secrets_are_told_once,
    only_what_may_be_seen_may_be_sent,
    a_change_by_somebody_else_is_not_undone,
    what_fails_for_days_is_dead_and_can_be_sent_again,
);

/// How long something may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

fn to(url: &str) -> proto::Webhook {
    proto::Webhook { url: url.into(), ..Default::default() }
}

impl Operator {
    async fn create_webhook(
        &self,
        webhook: proto::Webhook,
        secret: &str,
    ) -> Answer<proto::CreateWebhookResponse> {
        let request = proto::CreateWebhookRequest { webhook: Some(webhook), secret: secret.into() };
        told(self.hub.webhooks(&self.caller).create_webhook(request).await)
    }

    async fn webhook(&self, name: &str) -> Answer<proto::Webhook> {
        let request = proto::GetWebhookRequest { name: name.into() };
        told(self.hub.webhooks(&self.caller).get_webhook(request).await)
    }

    async fn update_webhook(&self, webhook: proto::Webhook, field: &str) -> Answer<proto::Webhook> {
        let update_mask = Some(FieldMask { paths: vec![field.into()] });
        let request = proto::UpdateWebhookRequest { webhook: Some(webhook), update_mask };
        told(self.hub.webhooks(&self.caller).update_webhook(request).await)
    }

    async fn deliveries(&self, webhook: &str) -> Vec<proto::WebhookDelivery> {
        let request =
            proto::ListWebhookDeliveriesRequest { parent: webhook.into(), ..Default::default() };
        let listed = self.hub.webhooks(&self.caller).list_webhook_deliveries(request).await;
        told(listed).unwrap().deliveries
    }

    async fn retry(&self, webhook: &str) -> i64 {
        let request =
            proto::RetryWebhookDeliveriesRequest { parent: webhook.into(), ..Default::default() };
        let retried = self.hub.webhooks(&self.caller).retry_webhook_deliveries(request).await;
        told(retried).unwrap().count
    }
}

async fn secrets_are_told_once(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let made = boss.create_webhook(to("https://a.example.org/"), "").await.unwrap();
    assert!(made.secret.starts_with("whsec_") && made.secret.len() == 50, "{}", made.secret);
    let webhook = made.webhook.unwrap();
    let given = boss.create_webhook(to("https://b.example.org/"), SECRET).await.unwrap();
    assert_eq!(given.secret, SECRET);
    let rotate =
        proto::RotateWebhookSecretRequest { name: webhook.name.clone(), ..Default::default() };
    let rotated = boss.hub.webhooks(&boss.caller).rotate_webhook_secret(rotate).await;
    let rotated = told(rotated).unwrap().secret;
    assert_ne!(rotated, made.secret);
    let listed = proto::ListWebhooksRequest::default();
    let listed = told(boss.hub.webhooks(&boss.caller).list_webhooks(listed).await).unwrap();
    assert_eq!(listed.total_size, 2);
    let seen = format!("{listed:?}{:?}", boss.trail("").await.unwrap());
    assert!(seen.contains(&webhook.name), "{seen}");
    for secret in [&made.secret, &given.secret, &rotated] {
        assert!(!seen.contains(&secret[6..]), "{seen}");
    }
    let refused = boss.create_webhook(to("https://c.example.org/"), "whsec_AAAA").await;
    assert_eq!(reason(refused), Reason::InvalidField);
}

async fn only_what_may_be_seen_may_be_sent(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    for odd in ["", "ftp://a/", "http://u:p@a.example.org/", "http://10.0.0.1/", "http://[::1]/"] {
        assert_eq!(reason(boss.create_webhook(to(odd), "").await), Reason::InvalidField, "{odd}");
    }
    let clerk = world.operator_with("clerk", &["READ_TARGET", "TENANT_CONFIGURATION"]).await;
    let of = |kind: EventKind| proto::Webhook {
        kinds: vec![kind.into()],
        ..to("https://a.example.org/")
    };
    for kind in [EventKind::RolloutUpdated, EventKind::UserChanged, EventKind::TenantChanged] {
        let refused = clerk.create_webhook(of(kind), "").await;
        assert_eq!(reason(refused), Reason::PermissionDenied, "{kind:?}");
    }
    clerk.create_webhook(of(EventKind::TargetCreated), "").await.unwrap();
    let refused = clerk.create_webhook(of(EventKind::Unspecified), "").await;
    assert_eq!(reason(refused), Reason::InvalidField);
    let blind = world.operator_with("blind", &["TENANT_CONFIGURATION"]).await;
    let refused = blind.create_webhook(to("https://a.example.org/"), "").await;
    assert_eq!(reason(refused), Reason::PermissionDenied);
    assert_eq!(reason(boss.webhook("webhooks/999").await), Reason::NotFound);
}

async fn a_change_by_somebody_else_is_not_undone(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let made = boss.create_webhook(to("https://a.example.org/"), "").await.unwrap();
    let seen = made.webhook.unwrap();
    let first = proto::Webhook { description: "one".into(), ..seen.clone() };
    let changed = boss.update_webhook(first, "description").await.unwrap();
    assert_eq!((changed.description.as_str(), changed.batch_size), ("one", 100));
    let second = proto::Webhook { description: "two".into(), ..seen };
    assert_eq!(reason(boss.update_webhook(second, "description").await), Reason::EtagMismatch);
    let gone = proto::DeleteWebhookRequest { name: changed.name.clone() };
    told(boss.hub.webhooks(&boss.caller).delete_webhook(gone).await).unwrap();
    assert_eq!(reason(boss.webhook(&changed.name).await), Reason::NotFound);
}

/// What a receiver answers, and the resources that it was sent.
type Desk = Arc<Mutex<(u16, Vec<String>)>>;

async fn take(State(desk): State<Desk>, body: String) -> axum::http::StatusCode {
    let mut desk = desk.lock().unwrap();
    if desk.0 == 200 {
        let body: Value = serde_json::from_str(&body).unwrap();
        let events = body["events"].as_array().unwrap().iter();
        desk.1.extend(events.map(|event| event["resource"].as_str().unwrap().to_owned()));
    }
    axum::http::StatusCode::from_u16(desk.0).unwrap()
}

async fn receiver() -> (Desk, String) {
    let desk = Desk::default();
    desk.lock().unwrap().0 = 500;
    let app = Router::new().fallback(take).with_state(desk.clone());
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, app).await });
    (desk, url)
}

async fn until<F: Future<Output = bool>>(what: &str, mut probe: impl FnMut() -> F) {
    let begun = Instant::now();
    while !probe().await {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn what_fails_for_days_is_dead_and_can_be_sent_again(ground: Ground) {
    // as the binary does
    let _ = rustls::crypto::ring::default_provider().install_default();
    let webhook_networks = vec!["127.0.0.0/8".parse().unwrap()];
    let options = HubOptions { webhook_networks, ..HubOptions::default() };
    let world = World::open_with(&ground, options).await;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    world.hub.start_workers(&tasks, &stop);
    let boss = world.operator();
    let (desk, url) = receiver().await;
    let kinds = vec![EventKind::TargetCreated.into()];
    let made = boss.create_webhook(proto::Webhook { kinds, ..to(&url) }, "").await.unwrap();
    let name = made.webhook.unwrap().name;
    boss.target("d1").await;
    let tried = async |attempts: i32, state: WebhookDeliveryState| {
        let wanted = |all: &[proto::WebhookDelivery]| {
            all.iter().any(|one| one.attempts >= attempts && one.state() == state)
        };
        until("it is tried", || async { wanted(&boss.deliveries(&name).await) }).await;
    };
    tried(1, WebhookDeliveryState::Retrying).await;
    world.clock.advance(Duration::from_secs(6));
    tried(2, WebhookDeliveryState::Retrying).await;
    world.clock.advance(Duration::from_secs(3 * 24 * 3600));
    tried(3, WebhookDeliveryState::Dead).await;
    let dead = boss.deliveries(&name).await.swap_remove(0);
    assert_eq!((dead.event_count, dead.last_status, dead.next_attempt_time), (1, 500, None));

    desk.lock().unwrap().0 = 200;
    boss.target("d2").await;
    let sent = || desk.lock().unwrap().1.clone();
    until("it goes on", || async { sent() == ["targets/d2"] }).await;
    assert_eq!(boss.retry(&name).await, 1);
    until("the dead one is sent", || async { sent() == ["targets/d2", "targets/d1"] }).await;
    until("it is forgotten", || async { boss.deliveries(&name).await.is_empty() }).await;
    let state = boss.webhook(&name).await.unwrap().state.unwrap();
    assert_eq!((state.dead_deliveries, state.failing_since), (0, None));
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}
