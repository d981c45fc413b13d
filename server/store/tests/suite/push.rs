//! Links, deliveries and secrets.

use otahub_domain::Timestamp;
use otahub_domain::push::{Delivery, Heard, Link, LinkProtocol, Stage};

use crate::harness::Db;
use crate::world::{NOW, World, later};

crate::on_each_database!(
    a_link_is_what_was_said_last,
    a_delivery_comes_back_as_it_was,
    who_is_due_is_found_and_calmed,
    a_secret_is_the_first_one_proposed,
);

async fn a_link_is_what_was_said_last(db: Db) {
    let world = World::new(db).await;
    let target = world.target("dev").await;
    assert_eq!(world.db.store.read().link(target.id).await.unwrap(), None);
    let mut link = Link {
        target: target.id,
        tenant: world.tenant,
        protocol: LinkProtocol::MqttJson,
        online: true,
        since: NOW,
        confirms: true,
        download_only: false,
    };
    for protocol in LinkProtocol::ALL {
        (link.protocol, link.online) = (protocol, !link.online);
        let given = link.clone();
        world
            .db
            .write(move |s| {
                let given = given.clone();
                Box::pin(async move { s.save_link(&given).await })
            })
            .await
            .unwrap();
        assert_eq!(world.db.store.read().link(target.id).await.unwrap(), Some(link.clone()));
    }
}

async fn save(db: &Db, delivery: &Delivery) {
    let given = delivery.clone();
    db.write(move |s| {
        let given = given.clone();
        Box::pin(async move { s.save_deliveries(&[given]).await })
    })
    .await
    .unwrap();
}

async fn a_delivery_comes_back_as_it_was(db: Db) {
    let world = World::new(db).await;
    let target = world.target("dev").await;
    let set = world.set("set", &[]).await;
    let action = world.action(&target, set.id, 1000).await;
    let fresh = world.db.store.read().delivery(&action).await.unwrap();
    assert_eq!(fresh, Delivery::new(world.tenant, target.id, action.id));
    for stage in Stage::ALL {
        let full = Delivery {
            stage,
            progress: 35,
            noted: 25,
            stumbled: true,
            sends: 3,
            asks: 1,
            cancels: 2,
            refusals: 4,
            next_at: Some(NOW),
            expires_at: Some(later(5)),
            image_before: Some("1|2|3".into()),
            last: Some(Heard { digest: "d".into(), at: Some(Timestamp::from_millis(-1)) }),
            ..fresh.clone()
        };
        save(&world.db, &full).await;
        assert_eq!(world.db.store.read().delivery(&action).await.unwrap(), full);
    }
}

async fn who_is_due_is_found_and_calmed(db: Db) {
    let world = World::new(db).await;
    let set = world.set("set", &[]).await;
    let mut targets = Vec::new();
    for (n, id) in ["late", "early", "never"].into_iter().enumerate() {
        let target = world.target(id).await;
        let action = world.action(&target, set.id, 1000).await;
        let mut delivery = Delivery::new(world.tenant, target.id, action.id);
        delivery.next_at = [Some(later(20)), Some(later(10)), None][n];
        save(&world.db, &delivery).await;
        targets.push(target);
    }
    let due = async |now| {
        let due = world.db.store.read().due_devices(now, 10).await.unwrap();
        due.into_iter().map(|device| device.controller_id).collect::<Vec<_>>()
    };
    assert!(due(later(9)).await.is_empty());
    assert_eq!(due(later(20)).await, ["early", "late"]);
    let (early, never) = (targets[1].id, targets[2].id);
    world
        .db
        .write(move |s| {
            Box::pin(async move {
                s.calm_deliveries(early, None).await?;
                s.wake_deliveries(never, later(15)).await
            })
        })
        .await
        .unwrap();
    assert_eq!(due(later(20)).await, ["never", "late"]);
}

async fn a_secret_is_the_first_one_proposed(db: Db) {
    for (name, proposal, kept) in [("a", "1", "1"), ("a", "2", "1"), ("b", "2", "2")] {
        let secret = db.write(move |s| Box::pin(s.secret(name, proposal))).await.unwrap();
        assert_eq!(secret, kept);
    }
}
