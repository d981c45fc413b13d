//! Two nodes on one database: a change through one is seen by polls through the other.

use crate::device::Device;
use crate::harness::{Ground, QUIET};
use crate::operator::{Operator, bearer};
use crate::world::World;
use otahub_client::Caller;
use otahub_client::device::{OfferKind, Outcome};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long another node may take to see a change, on a machine that has much else to do.
const SEEN_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_through_one_node_is_seen_through_the_other() {
    crate::harness::on_postgres(changes_travel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_nodes_write_to_one_target_and_lose_nothing() {
    crate::harness::on_postgres(both_write).await;
}

struct Pair {
    one: World,
    two: World,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Pair {
    async fn open(ground: &Ground) -> Self {
        let one = World::with_gateway(ground).await;
        let two = World::open(ground).await;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        one.hub.start_workers(&tasks, &stop);
        two.hub.start_workers(&tasks, &stop);
        Self { one, two, tasks, stop }
    }

    async fn close(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Polls until the answer is as wanted, and fails if that takes too long.
async fn until<T: PartialEq>(
    device: &Device,
    what: impl Fn(&otahub_client::device::PollResponse) -> T,
    wanted: T,
) {
    let begun = Instant::now();
    while what(&device.poll().await) != wanted {
        assert!(begun.elapsed() < SEEN_WITHIN, "is not seen");
        sleep(Duration::from_millis(2)).await;
    }
}

async fn changes_travel(ground: Ground) {
    let _quiet = QUIET.write().await;
    let pair = Pair::open(&ground).await;
    let boss = pair.one.operator();
    let (near, other) = (pair.one.device("d1"), pair.two.device("d1"));
    near.poll().await;
    other.poll().await;
    let sets = [boss.set("s1").await, boss.set("s2").await];
    let offer = |poll: &otahub_client::device::PollResponse| {
        poll.offer.as_ref().map(|o| (o.action, o.kind()))
    };
    for round in 0..10 {
        pair.one.clock.advance(Duration::from_secs(60));
        pair.two.clock.advance(Duration::from_secs(60));
        let action = boss.assign("d1", sets[round % 2]).await;
        until(&other, offer, Some((action, OfferKind::Deployment))).await;
        boss.cancel(action).await.unwrap();
        until(&other, offer, Some((action, OfferKind::Cancellation))).await;
        near.report(action, Outcome::Succeeded).await.unwrap();
        until(&other, |p| p.installed_action, action).await;
        other.attribute("a", "b").await.unwrap();
        until(&near, |p| p.attributes_requested, false).await;
    }
    settings_travel(&boss, &other).await;
    credentials_travel(&boss, &pair.two.operator()).await;
    boss.delete_target("d1").await;
    until(&other, |p| p.attributes_requested, true).await;
    until(&other, |p| p.installed_action, 0).await;
    pair.close().await;
}

async fn settings_travel(boss: &Operator, other: &Device) {
    let seconds = |poll: &otahub_client::device::PollResponse| {
        poll.poll_interval.as_ref().map(|wait| wait.seconds)
    };
    boss.setting("pollingTime", "00:01:00").await;
    until(other, seconds, Some(60)).await;
    boss.setting("pollingTime", "00:10:00").await;
    until(other, seconds, Some(600)).await;
}

/// What is revoked through one node is worthless at the other.
async fn credentials_travel(boss: &Operator, other: &Operator) {
    boss.create_user("eve", "a long password", &["READ_TARGET"]).await.unwrap();
    let eve = other.as_caller(Caller::basic("eve", "a long password"));
    let (token, secret) = boss.create_token(&["READ_TARGET"], None).await.unwrap();
    let program = other.as_caller(bearer(&secret));
    eve.whoami().await.unwrap();
    program.whoami().await.unwrap();
    boss.delete_user("eve").await.unwrap();
    boss.revoke(&token).await.unwrap();
    for gone in [eve, program] {
        let begun = Instant::now();
        while gone.whoami().await.is_ok() {
            assert!(begun.elapsed() < SEEN_WITHIN, "is not seen");
            sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn both_write(ground: Ground) {
    let pair = Pair::open(&ground).await;
    let boss = pair.one.operator();
    pair.one.device("d1").poll().await;
    let action = boss.assign("d1", boss.set("s").await).await;
    let mut said = tokio::task::JoinSet::new();
    for number in 0..40 {
        let world = if number % 2 == 0 { &pair.one } else { &pair.two };
        let device = world.device("d1");
        said.spawn(async move {
            let mut word = device.word(action, Outcome::Proceeding);
            word.messages = vec![number.to_string()];
            // a conflict that outlasts the hub's own tries is the caller's to repeat
            while let Err(error) = device.say(word.clone()).await {
                assert!(error.is_transient(), "{error:?}");
            }
        });
    }
    said.join_all().await;
    let history = boss.history(action).await;
    let told = |n: u32| history.iter().filter(move |e| e.messages.contains(&n.to_string()));
    assert!((0..40).all(|n| told(n).count() == 1), "{history:#?}");
    pair.close().await;
}
