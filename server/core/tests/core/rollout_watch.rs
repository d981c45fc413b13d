//! Rollouts that are watched as they go.

use crate::fleet::{Fleet, Wish, counts};
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, reason, told};
use otahub_client::device::Outcome;
use otahub_client::proto::{
    GroupConditions, Reason, RolloutState as State, WatchRolloutRequest, WatchRolloutResponse,
};
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;

on_each_database!(
    a_watch_tells_a_rollout_to_its_end,
    a_watch_that_resumes_is_told_only_what_is_new,
    what_is_not_there_cannot_be_watched,
);

/// How long anything may take that the hub does of itself.
const PATIENCE: Duration = Duration::from_secs(60);

async fn watch(
    fleet: &Fleet,
    name: &str,
    resume_token: &str,
) -> Answer<Streaming<WatchRolloutResponse>> {
    let request = WatchRolloutRequest { name: name.into(), resume_token: resume_token.into() };
    told(fleet.boss.hub.rollouts(&fleet.boss.caller).watch_rollout(request).await)
}

async fn next(stream: &mut Streaming<WatchRolloutResponse>) -> Option<WatchRolloutResponse> {
    timeout(PATIENCE, stream.message()).await.expect("something is told").unwrap()
}

async fn a_watch_tells_a_rollout_to_its_end(ground: Ground) {
    let fleet = Fleet::of(&ground, 4).await;
    let name = fleet.ready(fleet.draft(2)).await;
    let mut stream = watch(&fleet, &name, "").await.unwrap();
    let first = next(&mut stream).await.unwrap();
    assert_eq!(first.rollout.unwrap().state(), State::Ready);
    assert_eq!(first.rollout_groups.len(), 2);
    fleet.wish(&name, Wish::Start).await.unwrap();
    fleet.until(&name, State::Running).await;
    for round in [["d00", "d01"], ["d02", "d03"]] {
        fleet.answer(&round, Outcome::Succeeded).await;
    }
    let mut last = None;
    while let Some(message) = next(&mut stream).await {
        assert!(message.rollout_groups.len() <= 2);
        last = message.rollout.or(last);
    }
    let last = last.expect("more is told");
    assert_eq!(last.state(), State::Finished);
    assert_eq!(counts(last.target_counts), [0, 0, 0, 4, 0, 0]);
}

async fn a_watch_that_resumes_is_told_only_what_is_new(ground: Ground) {
    let fleet = Fleet::of(&ground, 4).await;
    let mut draft = fleet.draft(2);
    // one success does not start the next group
    let all = Some(GroupConditions { success_threshold_percent: Some(100), ..Default::default() });
    draft.rollout.as_mut().unwrap().conditions = all;
    let name = fleet.running(draft).await;
    fleet.until_that(&name, |r| counts(r.target_counts) == [0, 2, 2, 0, 0, 0]).await;
    let mut stream = watch(&fleet, &name, "").await.unwrap();
    let token = next(&mut stream).await.unwrap().resume_token;
    drop(stream);
    let mut stream = watch(&fleet, &name, &token).await.unwrap();
    let wait = timeout(Duration::from_millis(500), stream.message());
    assert!(wait.await.is_err(), "nothing has changed");
    fleet.answer(&["d00"], Outcome::Succeeded).await;
    let news = next(&mut stream).await.unwrap();
    assert_ne!(news.resume_token, token);
    assert_eq!(counts(news.rollout.unwrap().target_counts), [0, 2, 1, 1, 0, 0]);
    assert_eq!(news.rollout_groups.len(), 1, "the other group is as it was");
}

async fn what_is_not_there_cannot_be_watched(ground: Ground) {
    let fleet = Fleet::of(&ground, 1).await;
    let refused = watch(&fleet, "rollouts/77", "").await;
    assert_eq!(reason(refused), Reason::NotFound);
    let name = fleet.ready(fleet.draft(1)).await;
    let mut stream = watch(&fleet, &name, "").await.unwrap();
    next(&mut stream).await.unwrap();
    fleet.delete(&name).await.unwrap();
    while let Ok(Some(message)) = timeout(PATIENCE, stream.message()).await.unwrap() {
        assert_ne!(message.rollout.unwrap().state(), State::Deleted);
    }
}
