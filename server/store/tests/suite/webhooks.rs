//! Webhooks and what could not be delivered to them.

use otahub_domain::webhook::{
    Attempts, Delivery, Health, Webhook, WebhookDraft, WebhookPatch, Wish, new_webhook,
    update_webhook,
};
use otahub_domain::{RolloutId, WebhookDeliveryId, WebhookId};
use otahub_store::Error;

use crate::harness::Db;
use crate::world::{NOW, World, later};

crate::on_each_database!(
    a_webhook_is_kept_with_its_secret_aside,
    what_is_due_comes_first_and_the_dead_are_few,
);

async fn insert(world: &World, url: &str) -> Webhook {
    let wish = Wish {
        kinds: vec![1, 13],
        sees: vec!["READ_ROLLOUT".into(), "READ_USER".into()],
        controller_id: Some("d 1".into()),
        rollout: Some(RolloutId(7)),
    };
    let draft = WebhookDraft { url: url.into(), wish, ..WebhookDraft::default() };
    let new = new_webhook(&draft, 42, "tester", NOW).unwrap();
    let tenant = world.tenant;
    let made = world.db.write(move |s| {
        let new = new.clone();
        Box::pin(async move { s.insert_webhook(tenant, &new, "whsec_x").await })
    });
    made.await.unwrap()
}

async fn a_webhook_is_kept_with_its_secret_aside(db: Db) {
    let world = World::new(db).await;
    let (db, tenant) = (&world.db, world.tenant);
    let made = insert(&world, "https://a.example.org/").await;
    let read = db.store.read();
    assert_eq!(read.webhook(tenant, made.id).await.unwrap(), Some(made.clone()));
    let served = read.webhook_to_serve(made.id).await.unwrap();
    assert_eq!(served, Some((made.clone(), "whsec_x".into())));

    let health = Health {
        seq: 99,
        failing_since: Some(NOW),
        succeeded_at: Some(later(1)),
        disabled_reason: None,
        lost_at: Some(later(2)),
    };
    let (id, kept) = (made.id, health.clone());
    let noted = db.write(move |s| {
        let health = kept.clone();
        Box::pin(async move { s.save_webhook_health(id, &health).await })
    });
    noted.await.unwrap();
    db.write(move |s| Box::pin(s.disable_webhook(id, "gone"))).await.unwrap();
    assert_eq!(read.webhook_to_serve(id).await.unwrap(), None);
    assert_eq!(read.enabled_webhooks().await.unwrap(), []);
    let found = read.webhook(tenant, id).await.unwrap().unwrap();
    assert_eq!(found.health, Health { disabled_reason: Some("gone".into()), ..health });
    assert_eq!((found.disabled, found.version), (true, 2));

    // an operator changes what it saw
    let patch = WebhookPatch { disabled: Some(false), ..WebhookPatch::default() };
    let save = async |webhook: Webhook| {
        let job = db.write(move |s| {
            let webhook = webhook.clone();
            Box::pin(async move { s.save_webhook(&webhook).await })
        });
        job.await
    };
    let stale = update_webhook(&made, &patch, "tester", NOW).unwrap();
    assert_eq!(save(stale).await, Err(Error::Conflict));
    let fresh = update_webhook(&found, &patch, "tester", NOW).unwrap();
    let saved = save(fresh).await.unwrap();
    assert_eq!(read.webhook(tenant, id).await.unwrap(), Some(saved.clone()));
    assert_eq!((saved.health.seq, saved.health.disabled_reason), (99, None));
    assert!(db.write(move |s| Box::pin(s.delete_webhook(tenant, id))).await.unwrap());
    assert_eq!(read.count_webhooks(tenant).await.unwrap(), 0);
}

fn failed(webhook: WebhookId, seq: i64) -> Delivery {
    Delivery {
        id: WebhookDeliveryId(0),
        webhook,
        dead: false,
        first_seq: seq,
        last_seq: seq + 1,
        events: 2,
        body: format!("{{\"n\":{seq}}}"),
        attempts: Attempts::first(NOW),
        due_at: Some(later(1000)),
        status: 503,
        error: "the receiver answers 503".into(),
    }
}

async fn what_is_due_comes_first_and_the_dead_are_few(db: Db) {
    let world = World::new(db).await;
    let db = &world.db;
    let id = insert(&world, "https://a.example.org/").await.id;
    let other = insert(&world, "https://b.example.org/").await.id;
    let put = async |delivery: Delivery| {
        let job = db.write(move |s| {
            let delivery = delivery.clone();
            Box::pin(async move { s.insert_webhook_delivery(&delivery).await })
        });
        job.await.unwrap();
    };
    put(Delivery { dead: true, due_at: None, ..failed(id, 1) }).await;
    put(failed(id, 3)).await;
    put(failed(other, 3)).await;
    let read = db.store.read();
    let next = read.next_webhook_delivery(id).await.unwrap().unwrap();
    assert_eq!(Delivery { id: WebhookDeliveryId(0), ..next.clone() }, failed(id, 3));
    assert_eq!(read.count_dead_deliveries(id).await.unwrap(), 1);
    let all = read.webhook_deliveries(id, (0, 10)).await.unwrap();
    assert_eq!((all.total, all.items[0].dead), (2, true));

    // what is wanted at once goes before what is due later
    let dead = all.items[0].id;
    let hasten = db.write(move |s| {
        Box::pin(async move { s.hasten_webhook_deliveries(id, Some(&[dead]), NOW).await })
    });
    assert_eq!(hasten.await.unwrap(), 1);
    assert_eq!(read.next_webhook_delivery(id).await.unwrap().map(|d| d.id), Some(dead));
    assert!(db.write(move |s| Box::pin(s.delete_webhook_delivery(id, dead))).await.unwrap());
    let given_up = Delivery {
        dead: true,
        due_at: None,
        attempts: Attempts { count: 9, since: NOW, last: later(5) },
        ..next
    };
    let saved = given_up.clone();
    let save = db.write(move |s| {
        let delivery = saved.clone();
        Box::pin(async move { s.save_webhook_delivery(&delivery).await })
    });
    save.await.unwrap();
    db.write(move |s| Box::pin(s.limit_dead_deliveries(id))).await.unwrap();
    assert_eq!(read.webhook_deliveries(id, (0, 10)).await.unwrap().items, [given_up]);
    let trimmed = db.write(|s| Box::pin(s.trim_webhook_deliveries(later(6)))).await.unwrap();
    assert_eq!(trimmed, 1);
}
