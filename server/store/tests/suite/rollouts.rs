//! Rollouts as rows: what is kept of their actions is what a recount says.

use std::collections::HashMap;

use otahub_domain::action::{Action, State};
use otahub_domain::filter::{Moments, parse};
use otahub_domain::rollout::{
    Conditions, Group, GroupState, Making, NewRollout, Pace, Rollout, RolloutDraft, RolloutState,
    Tally, new_rollout,
};
use otahub_domain::tenant::Quotas;
use otahub_domain::{RolloutGroupId, TargetId, Timestamp};
use otahub_store::{Candidates, Error};

use crate::harness::Db;
use crate::on_each_database;
use crate::world::World;

on_each_database!(
    a_rollout_can_be_read_back_as_it_was_made,
    targets_are_gathered_and_divided_in_pieces,
    what_is_kept_is_what_a_recount_says,
    a_rollout_that_never_began_can_be_erased,
);

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn draft(world: &World, set: otahub_domain::SetId) -> NewRollout {
    let draft = RolloutDraft {
        name: "campaign".into(),
        description: Some("words".into()),
        set,
        filter: "controller_id = d*".into(),
        source: Some("controllerid==d*".into()),
        action_type: otahub_domain::action::ActionType::TimeForced { at: NOW },
        start_at: Some(NOW),
        weight: Some(7),
        dynamic: false,
        template: None,
        confirmation_required: Some(false),
        conditions: Conditions::default(),
        window: None,
        pace: Pace { per_minute: 3, in_progress: 4, random: false },
        retry: Some(otahub_domain::rollout::RetryPolicy {
            attempts: 3,
            delay: std::time::Duration::from_secs(5),
            codes: vec![1, -2],
        }),
        answer_timeout: Some(std::time::Duration::from_secs(9)),
        proof: Some(otahub_domain::rollout::Proof {
            attribute: "a".into(),
            value: "b".into(),
            timeout: std::time::Duration::from_secs(10),
        }),
        groups: Vec::new(),
        group_count: 2,
    };
    let quotas = Quotas::default();
    let tenant = world.tenant;
    let making = Making { tenant, by: "op", approval_exempt: true, now: NOW, quotas: &quotas };
    new_rollout(&draft, &making).unwrap()
}

struct Made {
    world: World,
    rollout: Rollout,
    groups: Vec<Group>,
}

impl Made {
    async fn new(db: Db) -> Self {
        let world = World::new(db).await;
        let set = world.set("s", &[]).await.id;
        for number in 0..11 {
            world.target(&format!("d{number:02}")).await;
        }
        world.target("other").await;
        let new = draft(&world, set);
        let rollout = world
            .db
            .write(move |s| {
                let new = new.clone();
                Box::pin(async move { s.insert_rollout(&new.rollout, &new.groups).await })
            })
            .await
            .unwrap();
        let groups = world.db.store.read().rollout_groups(rollout.id).await.unwrap();
        Self { world, rollout, groups }
    }

    fn candidates(&self) -> Candidates {
        let moments = Moments { now: NOW, overdue: NOW };
        Candidates {
            tenant: self.world.tenant,
            filter: parse(&self.rollout.filter).unwrap().resolve(moments).unwrap(),
            set_type: self.world.set_type.id,
            created_until: None,
        }
    }

    async fn gather(&self) {
        while !self.world.db.store.read().is_gathered(self.rollout.id).await.unwrap() {
            let (rollout, candidates) = (self.rollout.clone(), self.candidates());
            let job = self.world.db.write(move |s| {
                let (rollout, candidates) = (rollout.clone(), candidates.clone());
                Box::pin(async move { s.gather_targets(&rollout, &candidates, 4).await })
            });
            job.await.unwrap();
        }
    }

    async fn fill(&self, group: usize, limit: u64) -> u64 {
        let (rollout, group) = (self.rollout.clone(), self.groups[group].id);
        let job = self.world.db.write(move |s| {
            let rollout = rollout.clone();
            Box::pin(async move { s.fill_group(&rollout, group, None, limit).await })
        });
        job.await.unwrap()
    }

    async fn schedule(&self, group: usize) {
        let (rollout, group) = (self.rollout.clone(), self.groups[group].clone());
        loop {
            let (rollout, group) = (rollout.clone(), group.clone());
            let job = self.world.db.write(move |s| {
                let (rollout, group) = (rollout.clone(), group.clone());
                Box::pin(async move {
                    let some = s.unscheduled_targets(group.id, 3).await?;
                    let Some(last) = some.last() else {
                        return Ok(true);
                    };
                    s.schedule_targets(&rollout, &group, &some, NOW).await?;
                    s.set_scheduled_until(group.id, *last).await?;
                    Ok::<_, otahub_store::Error>(false)
                })
            });
            if job.await.unwrap() {
                return;
            }
        }
    }

    async fn due(&self, group: usize) -> Vec<Action> {
        let session = self.world.db.store.read();
        let due = session.due_actions(self.groups[group].id, 100, NOW).await.unwrap();
        due.into_iter().map(|(action, _)| action).collect()
    }

    async fn tallies(&self) -> HashMap<RolloutGroupId, Tally> {
        let session = self.world.db.store.read();
        let mut kept = session.rollout_tallies(self.rollout.id).await.unwrap();
        let counted = session.recount_rollout(self.rollout.id).await.unwrap();
        kept.retain(|_, tally| *tally != Tally::default());
        assert_eq!(kept, counted);
        kept
    }
}

async fn a_rollout_can_be_read_back_as_it_was_made(db: Db) {
    let made = Made::new(db).await;
    let set = made.rollout.set;
    let new = draft(&made.world, set);
    assert_eq!(made.rollout, Rollout { id: made.rollout.id, ..new.rollout });
    for (group, new) in made.groups.iter().zip(new.groups) {
        assert_eq!(*group, Group { id: group.id, rollout: made.rollout.id, ..new });
    }
    let session = made.world.db.store.read();
    let read = session.rollout(made.world.tenant, made.rollout.id).await.unwrap().unwrap();
    assert_eq!(read, made.rollout);
    let mut changed = read.clone();
    changed.state = RolloutState::Paused;
    let save = |rollout: Rollout| {
        made.world.db.write(move |s| {
            let rollout = rollout.clone();
            Box::pin(async move { s.save_rollout(&rollout).await })
        })
    };
    let saved = save(changed.clone()).await.unwrap();
    assert_eq!(saved.version, 2);
    assert_eq!(save(changed).await, Err(Error::Conflict));
    let at_work = session.rollouts_at_work(NOW).await.unwrap();
    assert_eq!(at_work, [(made.world.tenant, made.rollout.id)]);
}

async fn targets_are_gathered_and_divided_in_pieces(db: Db) {
    let made = Made::new(db).await;
    let session = made.world.db.store.read();
    let matching = session.count_candidates(&made.candidates(), &[]).await.unwrap();
    assert_eq!(matching[0].count, 11);
    made.gather().await;
    let gathered = session.rollout(made.rollout.tenant, made.rollout.id).await.unwrap().unwrap();
    assert_eq!(gathered.matching, 11);
    assert_eq!(made.fill(0, 4).await + made.fill(0, 2).await, 6);
    assert_eq!(made.fill(1, 100).await, 5);
    let tallies = made.tallies().await;
    assert_eq!(tallies[&made.groups[0].id].planned, 6);
    assert_eq!(tallies[&made.groups[1].id].planned, 5);
    let target: TargetId = session.target(made.world.tenant, "d06").await.unwrap().unwrap().id;
    let of = session.rollout_of_target(made.rollout.id, target).await.unwrap();
    assert_eq!(of, Some((made.groups[1].id, 1)));
}

async fn what_is_kept_is_what_a_recount_says(db: Db) {
    let made = Made::new(db).await;
    made.gather().await;
    made.fill(0, 6).await;
    made.fill(1, 6).await;
    made.schedule(0).await;
    made.schedule(1).await;
    let tallies = made.tallies().await;
    assert_eq!(tallies[&made.groups[0].id].scheduled, 6);
    let due = made.due(0).await;
    for (at, action) in due.iter().enumerate() {
        let state = State::ALL[1 + at % 8];
        let action = Action { state, ..action.clone() };
        let job = made.world.db.write(move |s| {
            let action = action.clone();
            Box::pin(async move {
                let action = s.save_action(&action).await?;
                if action.state == State::Canceled {
                    s.replace_failed(&action, NOW).await?;
                }
                s.want_proof(&action, NOW).await
            })
        });
        job.await.unwrap();
        made.tallies().await;
    }
    let (tenant, target, rollout) = (made.world.tenant, due[0].target, made.rollout.id);
    let job = made.world.db.write(move |s| {
        Box::pin(async move {
            s.delete_target(tenant, target).await?;
            s.drop_scheduled(rollout, 3).await
        })
    });
    assert_eq!(job.await.unwrap(), 3);
    let tallies = made.tallies().await;
    assert_eq!(tallies[&made.groups[0].id].planned, 5);
    assert_eq!(tallies[&made.groups[1].id].scheduled, 2);
}

async fn a_rollout_that_never_began_can_be_erased(db: Db) {
    let made = Made::new(db).await;
    made.gather().await;
    made.fill(0, 6).await;
    let (tenant, rollout) = (made.world.tenant, made.rollout.id);
    let erase = || {
        made.world
            .db
            .write(move |s| Box::pin(async move { s.erase_rollout(tenant, rollout, 8).await }))
    };
    let mut turns = 1;
    while !erase().await.unwrap() {
        turns += 1;
    }
    assert_eq!(turns, 3);
    let session = made.world.db.store.read();
    assert_eq!(session.rollout(tenant, rollout).await.unwrap(), None);
    assert!(session.rollout_groups(rollout).await.unwrap().is_empty());
    assert!(session.rollout_tallies(rollout).await.unwrap().is_empty());
    assert_eq!(made.groups[0].state, GroupState::Creating);
}
