//! Leases.

use std::time::Duration;

use otahub_domain::Timestamp;
use otahub_store::Lease;

use crate::harness::Db;
use crate::world::{NOW, later};

crate::on_each_database!(a_lease_has_one_owner, one_of_many_gets_a_lease);

const TTL: Duration = Duration::from_millis(100);

async fn acquire(db: &Db, owner: &'static str, now: Timestamp) -> Option<Lease> {
    db.write(move |s| Box::pin(s.acquire_lease("rollouts", owner, TTL, now))).await.unwrap()
}

async fn a_lease_has_one_owner(db: Db) {
    let a = acquire(&db, "a", NOW).await.unwrap();
    assert_eq!((a.token, a.expires_at), (1, later(100)));
    assert_eq!(acquire(&db, "b", later(99)).await, None);
    let with = async |lease: &Lease, what: &'static str| {
        let lease = lease.clone();
        let job = db.write(move |s| {
            let lease = lease.clone();
            Box::pin(async move {
                match what {
                    "renew" => Ok(s.renew_lease(&lease, TTL, later(50)).await?.is_some()),
                    "holds" => s.holds_lease(&lease).await,
                    _ => s.release_lease(&lease).await,
                }
            })
        });
        job.await.unwrap()
    };
    assert!(with(&a, "renew").await);
    assert_eq!(acquire(&db, "b", later(149)).await, None, "it was prolonged");
    let b = acquire(&db, "b", later(150)).await.unwrap();
    assert_eq!(b.token, 2);
    for what in ["renew", "holds", "release"] {
        assert!(!with(&a, what).await, "{what} of a lost lease");
    }
    assert!(with(&b, "holds").await);
    assert!(with(&b, "release").await);
    assert_eq!(acquire(&db, "a", later(150)).await.unwrap().token, 3);
}

async fn one_of_many_gets_a_lease(db: Db) {
    let owners = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let tries = owners.map(|owner| acquire(&db, owner, NOW));
    let got = futures::future::join_all(tries).await;
    assert_eq!(got.iter().flatten().count(), 1);
}
