//! Jobs that are committed together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use otahub_domain::target::Target;
use otahub_store::{AddedEntry, Backend, Error, Lane, Store, TargetQuery};
use tokio::sync::Barrier;

use crate::harness::{Db, options};
use crate::world::{World, entry, fresh};

crate::on_each_database!(
    jobs_that_wait_are_committed_together,
    one_that_fails_harms_no_other,
    one_that_panics_harms_no_other,
    an_overlooked_failure_is_a_failure,
    order_within_a_lane_is_kept,
    jobs_of_callers_that_went_away_are_whole_or_not_at_all,
    closing_finishes_what_waits,
    a_deadlock_is_tried_again,
);

/// Keeps every writer busy until the returned guard is dropped, so that jobs gather.
async fn busy(db: &Db) -> Arc<Barrier> {
    let writers = if db.store.backend() == Backend::Sqlite { 1 } else { 4 };
    let (begun, done) = (Arc::new(Barrier::new(writers + 1)), Arc::new(Barrier::new(writers + 1)));
    for _ in 0..writers {
        let (db, begun, done) = (db.clone(), begun.clone(), done.clone());
        tokio::spawn(async move {
            db.write(move |_| {
                let (begun, done) = (begun.clone(), done.clone());
                Box::pin(async move {
                    begun.wait().await;
                    done.wait().await;
                    Ok(())
                })
            })
            .await
        });
    }
    begun.wait().await;
    done
}

async fn count(store: &Store, w: &World) -> u64 {
    store.read().list_targets(w.tenant, &TargetQuery::default()).await.unwrap().total
}

async fn jobs_that_wait_are_committed_together(db: Db) {
    let w = World::new(db.clone()).await;
    let gate = busy(&db).await;
    let before = db.store.statements();
    let jobs = (0..100).map(|number| {
        let (db, tenant) = (db.clone(), w.tenant);
        let job = move || async move {
            let target = fresh(&format!("d{number}"));
            let job = db.write(move |s| {
                let target = target.clone();
                Box::pin(async move { s.insert_target(tenant, &target).await })
            });
            job.await
        };
        tokio::spawn(job())
    });
    let jobs: Vec<_> = jobs.collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    gate.wait().await;
    for made in join_all(jobs).await {
        made.unwrap().unwrap();
    }
    // savepoint, insert, release for each; begin and commit for all of a writer
    let statements = db.store.statements() - before;
    assert!(statements <= 3 * 100 + 5 * 4, "{statements} statements");
    assert_eq!(count(&db.store, &w).await, 100);
}

async fn one_that_fails_harms_no_other(db: Db) {
    let w = World::new(db.clone()).await;
    w.target("taken").await;
    let gate = busy(&db).await;
    let jobs: Vec<_> = (0..40)
        .map(|number| {
            let (db, tenant) = (db.clone(), w.tenant);
            tokio::spawn(async move {
                let job = db.write(move |s| {
                    Box::pin(async move {
                        s.insert_target(tenant, &fresh(&format!("d{number}"))).await?;
                        if number % 4 == 0 {
                            s.insert_target(tenant, &fresh("taken")).await?;
                        }
                        if number % 4 == 1 { Err(Error::Conflict) } else { Ok(number) }
                    })
                });
                job.await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    gate.wait().await;
    for (number, result) in join_all(jobs).await.into_iter().enumerate() {
        let expected = match number % 4 {
            0 => Err(Error::Unique("targets".into())),
            1 => Err(Error::Conflict),
            _ => Ok(number),
        };
        assert_eq!(result.unwrap(), expected);
    }
    assert_eq!(count(&db.store, &w).await, 21);
}

async fn one_that_panics_harms_no_other(db: Db) {
    let w = World::new(db.clone()).await;
    let tenant = w.tenant;
    for is_alone in [true, false] {
        let gate = if is_alone { None } else { Some(busy(&db).await) };
        let jobs: Vec<_> = (0..if is_alone { 1 } else { 12 })
            .map(|number| {
                let db = db.clone();
                tokio::spawn(async move {
                    let job = db.write(move |s| {
                        Box::pin(async move {
                            s.insert_target(tenant, &fresh(&format!("d{number}"))).await?;
                            assert!(number % 3 != 0, "a planted panic");
                            Ok(())
                        })
                    });
                    job.await
                })
            })
            .collect();
        if let Some(gate) = gate {
            tokio::time::sleep(Duration::from_millis(20)).await;
            gate.wait().await;
        }
        for (number, result) in join_all(jobs).await.into_iter().enumerate() {
            let expected = if number % 3 == 0 {
                Err(Error::Corrupt("the job panicked".into()))
            } else {
                Ok(())
            };
            assert_eq!(result.unwrap(), expected);
        }
    }
    assert_eq!(count(&db.store, &w).await, 8);
}

async fn an_overlooked_failure_is_a_failure(db: Db) {
    let w = World::new(db.clone()).await;
    w.target("taken").await;
    let tenant = w.tenant;
    let job = db.write(move |s| {
        Box::pin(async move {
            let _ = s.insert_target(tenant, &fresh("taken")).await;
            s.insert_target(tenant, &fresh("new")).await.map(|_| ()).or(Ok(()))
        })
    });
    assert!(matches!(job.await, Err(Error::Corrupt(_))));
    assert_eq!(count(&db.store, &w).await, 1);
}

async fn order_within_a_lane_is_kept(db: Db) {
    let w = World::new(db.clone()).await;
    let set = w.set("s", &[]).await;
    let mut actions = Vec::new();
    for lane in 0..4 {
        let target = w.target(&format!("d{lane}")).await;
        actions.push((w.action(&target, set.id, 1).await, target));
    }
    let mut jobs = Vec::new();
    for number in 0..50_i32 {
        for (action, target) in &actions {
            let (db, action) = (db.clone(), action.clone());
            let lane = Lane::target(target.tenant, &target.controller_id);
            // polled once, so that it stands in the queue before the next one is made
            let mut job = Box::pin(async move {
                let job = db.store.write(lane, move |s| {
                    let action = action.clone();
                    Box::pin(async move {
                        let entry = entry(&number.to_string());
                        let added = AddedEntry { action: action.id, entry, request_id: None };
                        s.insert_entries(&[added], action.audit.created_at).await
                    })
                });
                job.await as Result<(), Error>
            });
            assert!(futures::poll!(job.as_mut()).is_pending());
            jobs.push(job);
        }
    }
    for result in join_all(jobs).await {
        assert_eq!(result, Ok(()));
    }
    for (action, _) in &actions {
        let entries = db.store.read().recent_entries(action, 50).await.unwrap();
        let found: Vec<i32> = entries.iter().map(|one| one.messages[0].parse().unwrap()).collect();
        assert_eq!(found, (0..50).rev().collect::<Vec<_>>());
    }
}

async fn jobs_of_callers_that_went_away_are_whole_or_not_at_all(db: Db) {
    let w = World::new(db.clone()).await;
    let tenant = w.tenant;
    let gate = busy(&db).await;
    let ran = Arc::new(AtomicU32::new(0));
    let mut jobs: Vec<_> = (0..20)
        .map(|number| {
            let (db, ran) = (db.clone(), ran.clone());
            tokio::spawn(async move {
                let job = db.write(move |s| {
                    let ran = ran.clone();
                    Box::pin(async move {
                        ran.fetch_add(1, Ordering::Relaxed);
                        s.insert_target(tenant, &fresh(&format!("a{number}"))).await?;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        s.insert_target(tenant, &fresh(&format!("b{number}"))).await
                    })
                });
                job.await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    for job in jobs.drain(..10) {
        job.abort();
        let _ = job.await;
    }
    gate.wait().await;
    tokio::time::sleep(Duration::from_millis(12)).await;
    for job in &jobs[..5] {
        job.abort();
    }
    let ends = join_all(jobs).await;
    let answered = ends.iter().filter(|end| matches!(end, Ok(Ok(_)))).count();
    assert!(answered >= 5);
    db.store.close().await;
    let store = Store::open(&options(&db.url)).await.unwrap();
    let stored = count(&store, &w).await;
    assert_eq!(stored, 2 * u64::from(ran.load(Ordering::Relaxed)), "never half");
    assert!(stored <= 20, "those who left before the start were skipped");
    store.close().await;
}

async fn closing_finishes_what_waits(db: Db) {
    let w = World::new(db.clone()).await;
    let tenant = w.tenant;
    let gate = busy(&db).await;
    let job = {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |s| {
                Box::pin(async move { s.insert_target(tenant, &fresh("last")).await })
            })
            .await
        })
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let close = {
        let store = db.store.clone();
        tokio::spawn(async move { store.close().await })
    };
    gate.wait().await;
    close.await.unwrap();
    job.await.unwrap().unwrap();
    let late: Result<(), Error> = db.write(|_| Box::pin(async { Ok(()) })).await;
    assert!(matches!(late, Err(Error::Unavailable(_))));
    assert!(matches!(db.store.ping().await, Err(Error::Unavailable(_))));
}

/// Jobs that change two targets in opposite order, in all lanes at once.
async fn a_deadlock_is_tried_again(db: Db) {
    let w = World::new(db.clone()).await;
    let pair = [w.target("x").await, w.target("y").await];
    let jobs = (0..16_usize).map(|number| {
        let pair = pair.clone();
        db.write(move |s| {
            let pair = pair.clone();
            Box::pin(async move {
                for at in [number % 2, 1 - number % 2] {
                    let id = pair[at].id;
                    let target =
                        s.target_by_id(pair[at].tenant, id).await?.ok_or(Error::Conflict)?;
                    let name = format!("{}+", target.name);
                    match s.save_target(&Target { name, ..target }).await {
                        Ok(_) => {}
                        Err(error) => return Err(error),
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Ok(())
            })
        })
    });
    let results = join_all(jobs).await;
    let done = results.iter().filter(|result| result.is_ok()).count();
    for result in &results {
        assert!(matches!(result, Ok(()) | Err(Error::Conflict)), "{result:?}");
    }
    for target in &pair {
        let found = db.store.read().target_by_id(w.tenant, target.id).await.unwrap().unwrap();
        assert_eq!(found.name.matches('+').count(), done, "each job did both or neither");
    }
    assert!(done >= 1);
}
