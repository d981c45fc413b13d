//! The event log.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use otahub_domain::{ActionId, TargetId, TenantId};
use otahub_store::{Backend, Error, Event, Lane, NewEvent, Store};
use tokio::time::timeout;

use crate::harness::{Db, options};
use crate::world::{NOW, later};

crate::on_each_database!(
    events_come_back_in_order,
    an_event_of_a_failed_job_is_none,
    readers_miss_no_event_under_concurrent_writers,
    readers_are_woken_up,
    trimming_keeps_the_newest,
    numbers_go_on_after_a_restore,
);

fn event(payload: &str) -> NewEvent {
    NewEvent {
        tenant: TenantId(1),
        kind: "target-updated".into(),
        target: Some(TargetId(2)),
        controller_id: Some("t".into()),
        action: Some(ActionId(3)),
        payload: payload.into(),
    }
}

async fn append(store: &Store, payloads: &'static [&'static str]) -> Result<(), Error> {
    let job = store.write(Lane::ANY, move |s| {
        Box::pin(async move {
            for (at, payload) in payloads.iter().enumerate() {
                s.append_event(&event(payload), later(i64::try_from(at).unwrap_or(0))).await?;
            }
            Ok(())
        })
    });
    job.await
}

/// The events after a number once there are so many: on PostgreSQL, transactions of other tests
/// hold them back for a while.
async fn events(store: &Store, after: i64, count: usize) -> Vec<Event> {
    let mut changes = store.changes();
    for _ in 0..1000 {
        let found = store.read().events_after(after, 500).await.unwrap();
        if found.len() >= count {
            return found;
        }
        let _ = timeout(Duration::from_millis(20), changes.changed()).await;
    }
    panic!("the events do not come in 20 seconds");
}

async fn events_come_back_in_order(db: Db) {
    let read = db.store.read();
    assert_eq!((read.last_event().await, read.first_event().await), (Ok(0), Ok(0)));
    append(&db.store, &["a", "b"]).await.unwrap();
    append(&db.store, &["c"]).await.unwrap();
    let all = events(&db.store, 0, 3).await;
    let payloads: Vec<_> = all.iter().map(|event| event.payload.as_str()).collect();
    assert_eq!(payloads, ["a", "b", "c"]);
    assert_eq!((all[1].created_at, all[1].kind.as_str()), (later(1), "target-updated"));
    assert_eq!((all[0].target, all[0].action), (Some(TargetId(2)), Some(ActionId(3))));
    assert_eq!(all[0].controller_id.as_deref(), Some("t"));
    assert_eq!(read.events_after(all[0].seq, 1).await.unwrap(), vec![all[1].clone()]);
    assert_eq!(read.last_event().await, Ok(all[2].seq));
    assert_eq!(read.first_event().await, Ok(all[0].seq));
    assert!(matches!(read.append_event(&event("x"), NOW).await, Err(Error::Corrupt(_))));
}

async fn an_event_of_a_failed_job_is_none(db: Db) {
    let job = db.write(|s| {
        Box::pin(async move {
            s.append_event(&event("x"), NOW).await?;
            Err::<(), _>(Error::Conflict)
        })
    });
    assert_eq!(job.await, Err(Error::Conflict));
    assert_eq!(db.store.read().last_event().await, Ok(0));
}

/// Writers hold their transactions open for different times, so that they end in another order
/// than that in which they began; a reader goes on after the last number it saw.
async fn readers_miss_no_event_under_concurrent_writers(db: Db) {
    let other = Store::open(&options(&db.url)).await.unwrap();
    // two nodes on PostgreSQL; one on SQLite
    let stores = match db.store.backend() {
        Backend::Sqlite => vec![db.store.clone()],
        Backend::Postgres => vec![db.store.clone(), other.clone()],
    };
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (store, is_over) = (db.store.clone(), is_over.clone());
        tokio::spawn(async move {
            let (mut seen, mut last) = (Vec::new(), 0);
            loop {
                let is_last_look = is_over.load(Ordering::Acquire);
                let some = store.read().events_after(last, 7).await.unwrap();
                last = some.last().map_or(last, |event| event.seq);
                let is_empty = some.is_empty();
                seen.extend(some);
                if is_empty && is_last_look {
                    return seen;
                }
            }
        })
    };
    let jobs = (0..400_u64).map(|number| {
        stores[number as usize % stores.len()].write(Lane::ANY, move |s| {
            Box::pin(async move {
                s.append_event(&event(&format!("{number}")), NOW).await?;
                if number % 5 == 0 {
                    tokio::time::sleep(Duration::from_millis(number % 7)).await;
                }
                if number % 10 == 9 { Err(Error::Conflict) } else { Ok(()) }
            })
        })
    });
    let results = futures::future::join_all(jobs).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 360);
    let all = events(&db.store, 0, 360).await;
    is_over.store(true, Ordering::Release);
    assert_eq!(reader.await.unwrap(), all, "none missed, none twice");
    let payloads: BTreeSet<&str> = all.iter().map(|event| event.payload.as_str()).collect();
    assert_eq!(payloads.len(), 360);
    other.close().await;
}

async fn readers_are_woken_up(db: Db) {
    let node = match db.store.backend() {
        Backend::Sqlite => db.store.clone(),
        Backend::Postgres => Store::open(&options(&db.url)).await.unwrap(),
    };
    let mut changes = node.changes();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = tokio::time::Instant::now();
    append(&db.store, &["a"]).await.unwrap();
    while node.read().last_event().await.unwrap() == 0 {
        assert!(timeout(Duration::from_secs(2), changes.changed()).await.unwrap());
    }
    let waited = started.elapsed();
    println!("woken up after {waited:?}");
    if db.store.backend() == Backend::Sqlite {
        assert!(waited < Duration::from_millis(700), "it was not told");
    }

    let mut changes = db.store.changes();
    let before = db.store.statements();
    let slept = timeout(Duration::from_millis(1300), changes.changed()).await;
    match db.store.backend() {
        Backend::Sqlite => assert!(slept.is_err(), "nothing happened"),
        Backend::Postgres => assert!(slept.unwrap(), "a tick every second"),
    }
    assert_eq!(db.store.statements(), before, "waiting costs no statement");
    if db.store.backend() == Backend::Postgres {
        node.close().await;
    }
}

async fn trimming_keeps_the_newest(db: Db) {
    append(&db.store, &["a", "b", "c"]).await.unwrap();
    let last = events(&db.store, 0, 3).await[2].seq;
    let trim = |before| db.write(move |s| Box::pin(s.trim_events(before)));
    assert_eq!(trim(later(1)).await, Ok(1));
    assert_eq!(trim(later(99)).await, Ok(1));
    assert_eq!(trim(later(99)).await, Ok(0));
    assert_eq!(db.store.read().last_event().await, Ok(last));
}

/// As after a restore from a dump: the numbers that are there are far beyond the database's own.
async fn numbers_go_on_after_a_restore(db: Db) {
    append(&db.store, &["a"]).await.unwrap();
    db.raw("UPDATE events SET seq = seq + 1048576000000").await;
    let restored = Store::open(&options(&db.url)).await.unwrap();
    let old = events(&restored, 0, 1).await[0].seq;
    assert!(old > 1_048_576_000_000);
    for _ in 0..3 {
        append(&restored, &["b"]).await.unwrap();
    }
    assert_eq!(events(&restored, old, 3).await.len(), 3);
    let again = Store::open(&options(&db.url)).await.unwrap();
    append(&again, &["c"]).await.unwrap();
    assert_eq!(events(&again, old, 4).await.len(), 4);
    restored.close().await;
    again.close().await;
}
