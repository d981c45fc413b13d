//! A fleet for rollouts, in few words.

use crate::harness::Ground;
use crate::operator::{Answer, Operator, told};
use crate::world::World;
use otahub_client::device::Outcome;
use otahub_client::proto::{self, RolloutGroupState, RolloutState};
use otahub_client::{HubError, names};
use otahub_core::HubOptions;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long anything may take that the hub does of itself.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a test waits before it looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// Devices `d00`, `d01` … and a set for them, on a hub that works.
pub(crate) struct Fleet {
    pub(crate) world: World,
    pub(crate) boss: Operator,
    pub(crate) set: i64,
    stop: CancellationToken,
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What ends a rollout's call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wish {
    Start,
    Pause,
    Resume,
    Stop,
    Approve,
    Deny,
    Trigger,
    Retry,
}

impl Fleet {
    pub(crate) async fn of(ground: &Ground, size: usize) -> Self {
        Self::with(ground, size, HubOptions::default()).await
    }

    pub(crate) async fn with(ground: &Ground, size: usize, options: HubOptions) -> Self {
        let world = World::open_with(ground, options).await;
        let boss = world.operator();
        boss.open_gateway().await;
        let set = boss.set("firmware").await;
        let stop = CancellationToken::new();
        world.hub.start_workers(&TaskTracker::new(), &stop);
        let fleet = Self { world, boss, set, stop };
        for number in 0..size {
            fleet.join(&format!("d{number:02}")).await;
        }
        fleet
    }

    /// One more device.
    pub(crate) async fn join(&self, id: &str) {
        let target = proto::Target {
            controller_id: id.into(),
            description: "fleet".into(),
            ..Default::default()
        };
        self.boss.create_target(target).await.unwrap();
    }

    /// A rollout to all of it, to be changed before it is made.
    pub(crate) fn draft(&self, groups: i32) -> proto::CreateRolloutRequest {
        let rollout = proto::Rollout {
            display_name: "campaign".into(),
            distribution_set: names::distribution_set(self.set),
            target_filter: "description = fleet".into(),
            ..Default::default()
        };
        proto::CreateRolloutRequest {
            rollout: Some(rollout),
            group_count: groups,
            ..Default::default()
        }
    }

    pub(crate) async fn create(
        &self,
        request: proto::CreateRolloutRequest,
    ) -> Answer<proto::Rollout> {
        told(self.boss.hub.rollouts(&self.boss.caller).create_rollout(request).await)
    }

    pub(crate) async fn try_see(&self, name: &str) -> Answer<proto::Rollout> {
        let request = proto::GetRolloutRequest { name: name.into() };
        told(self.boss.hub.rollouts(&self.boss.caller).get_rollout(request).await)
    }

    pub(crate) async fn see(&self, name: &str) -> proto::Rollout {
        self.try_see(name).await.unwrap()
    }

    /// Waits until a rollout is in a state.
    pub(crate) async fn until(&self, name: &str, state: RolloutState) -> proto::Rollout {
        self.until_that(name, |rollout| rollout.state() == state).await
    }

    /// Waits until something is true of a rollout.
    pub(crate) async fn until_that(
        &self,
        name: &str,
        is: impl Fn(&proto::Rollout) -> bool,
    ) -> proto::Rollout {
        let wait = async {
            loop {
                let rollout = self.see(name).await;
                if is(&rollout) {
                    return rollout;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(rollout) => rollout,
            Err(_) => panic!("still {:#?}", self.see(name).await),
        }
    }

    /// A rollout that can be started.
    pub(crate) async fn ready(&self, request: proto::CreateRolloutRequest) -> String {
        let name = self.create(request).await.unwrap().name;
        self.until(&name, RolloutState::Ready).await;
        name
    }

    /// A rollout that runs.
    pub(crate) async fn running(&self, request: proto::CreateRolloutRequest) -> String {
        let name = self.ready(request).await;
        self.wish(&name, Wish::Start).await.unwrap();
        self.until(&name, RolloutState::Running).await;
        name
    }

    pub(crate) async fn groups(&self, name: &str) -> Vec<proto::RolloutGroup> {
        let request = proto::ListRolloutGroupsRequest { parent: name.into(), ..Default::default() };
        let listed = self.boss.hub.rollouts(&self.boss.caller).list_rollout_groups(request).await;
        told(listed).unwrap().rollout_groups
    }

    /// The states of a rollout's groups.
    pub(crate) async fn states(&self, name: &str) -> Vec<RolloutGroupState> {
        self.groups(name).await.iter().map(proto::RolloutGroup::state).collect()
    }

    /// Waits until a rollout's groups are in these states.
    pub(crate) async fn until_groups(&self, name: &str, states: &[RolloutGroupState]) {
        let wait = async {
            while self.states(name).await != states {
                tokio::time::sleep(PAUSE).await;
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("{:?}, not {states:?}", self.states(name).await);
        }
    }

    /// The ids of a group's targets.
    pub(crate) async fn members(&self, group: &proto::RolloutGroup) -> Vec<String> {
        let parent = group.name.clone();
        let request = proto::ListRolloutGroupTargetsRequest { parent, ..Default::default() };
        let mut client = self.boss.hub.rollouts(&self.boss.caller);
        let listed = told(client.list_rollout_group_targets(request).await).unwrap();
        listed.targets.into_iter().map(|target| target.controller_id).collect()
    }

    pub(crate) async fn wish(&self, name: &str, wish: Wish) -> Result<proto::Rollout, HubError> {
        let mut client = self.boss.hub.rollouts(&self.boss.caller);
        let (name, remark) = (name.to_owned(), "because".to_owned());
        told(match wish {
            Wish::Start => {
                client
                    .start_rollout(proto::StartRolloutRequest { name, ..Default::default() })
                    .await
            }
            Wish::Pause => {
                client
                    .pause_rollout(proto::PauseRolloutRequest { name, ..Default::default() })
                    .await
            }
            Wish::Resume => {
                client
                    .resume_rollout(proto::ResumeRolloutRequest { name, ..Default::default() })
                    .await
            }
            Wish::Stop => {
                client.stop_rollout(proto::StopRolloutRequest { name, ..Default::default() }).await
            }
            Wish::Approve => {
                client
                    .approve_rollout(proto::ApproveRolloutRequest {
                        name,
                        remark,
                        ..Default::default()
                    })
                    .await
            }
            Wish::Deny => {
                client
                    .deny_rollout(proto::DenyRolloutRequest { name, remark, ..Default::default() })
                    .await
            }
            Wish::Trigger => {
                client
                    .trigger_next_group(proto::TriggerNextGroupRequest {
                        name,
                        ..Default::default()
                    })
                    .await
            }
            Wish::Retry => {
                client
                    .retry_rollout(proto::RetryRolloutRequest { name, ..Default::default() })
                    .await
            }
        })
    }

    pub(crate) async fn delete(&self, name: &str) -> Answer<()> {
        let request = proto::DeleteRolloutRequest { name: name.into() };
        told(self.boss.hub.rollouts(&self.boss.caller).delete_rollout(request).await)
    }

    /// Waits for an offer to a device.
    pub(crate) async fn offered(&self, id: &str) -> i64 {
        let device = self.world.device(id);
        let wait = async {
            loop {
                if let Some((action, _)) = device.offer().await {
                    return action;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("an offer")
    }

    /// Lets devices answer what they are offered.
    pub(crate) async fn answer(&self, ids: &[&str], outcome: Outcome) {
        for id in ids {
            let action = self.offered(id).await;
            self.world.device(id).report(action, outcome).await.unwrap();
        }
    }
}

/// Counts in one line: not started, scheduled, running, finished, error, canceled.
pub(crate) fn counts(counts: Option<proto::TargetCounts>) -> [i64; 6] {
    let counts = counts.unwrap();
    [
        counts.not_started,
        counts.scheduled,
        counts.running,
        counts.finished,
        counts.error,
        counts.canceled,
    ]
}
