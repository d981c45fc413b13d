//! A whole rollout in memory: devices that succeed, fail, vanish, repeat and reorder what they
//! say; a hub that stops at any step; operators who pause, resume and push. Everything follows
//! from a seed: `OTAHUB_TEST_SEED=n` runs that one alone.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::action::State;

mod dynamic;

/// How many seeds a run has.
const SEEDS: u64 = 2000;
/// How many things happen before devices settle down.
const TURNS: usize = 150;

/// A generator of numbers that look like chance.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

#[derive(Debug, Clone, Default)]
struct Target {
    group: Option<usize>,
    action: Option<State>,
    attempt: u32,
    due: Option<Timestamp>,
    started: Option<Timestamp>,
    /// Words of the device that are on their way: may come late, twice, or in another order.
    words: Vec<State>,
    /// Ends of attempts that the hub has accepted.
    accepted: u32,
}

struct World {
    chance: Chance,
    now: Timestamp,
    rollout: Rollout,
    groups: Vec<Group>,
    targets: Vec<Target>,
    gathered: bool,
    /// Kept with every change, as the store's triggers do.
    kept: BTreeMap<(usize, &'static str), i64>,
    /// Groups that an operator has started by hand.
    pushed: Vec<usize>,
    /// How many rows a transaction touches at most.
    batch: u64,
}

const fn bucket(state: State) -> &'static str {
    match state {
        State::Scheduled => "scheduled",
        State::WaitingForConfirmation | State::Running | State::Retrieved => "running",
        State::Canceling => "canceling",
        State::Canceled => "canceled",
        State::Finished => "finished",
        State::Error => "error",
        State::Downloaded => "downloaded",
    }
}

impl World {
    /// Most are small; of every hundred one has thousands of targets.
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let scale = if seed % 100 == 50 { 100 } else { 1 };
        let dynamic = seed % 4 == 1;
        let own = chance.one_in(3) && !dynamic;
        let mut wanted = draft(if own { 0 } else { 1 + i32::try_from(chance.below(5)).unwrap() });
        if own {
            let group = |name: &str, percent| GroupDraft {
                name: name.into(),
                percent: Some(percent),
                ..GroupDraft::default()
            };
            wanted.groups = vec![group("a", 10.0), group("b", 40.0), group("c", 100.0)];
        }
        let percent = |chance: &mut Chance| i32::try_from(chance.below(101)).unwrap();
        wanted.conditions = Conditions {
            success_percent: percent(&mut chance),
            success_action: if chance.one_in(4) {
                SuccessAction::Pause
            } else {
                SuccessAction::NextGroup
            },
            error_percent: percent(&mut chance),
        };
        if chance.one_in(2) {
            wanted.pace.in_progress = 1 + u32::try_from(chance.below(5 * scale)).unwrap();
        }
        if chance.one_in(3) {
            wanted.pace.per_minute = 1 + u32::try_from(chance.below(5 * scale)).unwrap();
        }
        if scale > 1 {
            // thousands one by one would take for ever
            wanted.pace.in_progress = wanted.pace.in_progress.saturating_mul(10);
            wanted.pace.per_minute = wanted.pace.per_minute.saturating_mul(10);
        }
        if dynamic {
            let target_count = 1 + chance.below(8 * scale);
            wanted.dynamic = true;
            wanted.template = Some(GroupTemplate { name_suffix: String::new(), target_count });
        }
        if chance.one_in(3) {
            let attempts = 1 + u32::try_from(chance.below(3)).unwrap();
            let delay = Duration::from_secs(chance.below(90));
            wanted.retry = Some(RetryPolicy { attempts, delay, codes: Vec::new() });
        }
        if chance.one_in(3) {
            wanted.answer_timeout = Some(Duration::from_secs(60 + chance.below(600)));
        }
        let made = make(&wanted).unwrap();
        let size = usize::try_from(1 + chance.below(40 * scale)).unwrap();
        Self {
            chance,
            now: NOW,
            rollout: made.rollout,
            groups: made.groups,
            targets: vec![Target { attempt: 1, ..Target::default() }; size],
            gathered: false,
            kept: BTreeMap::new(),
            pushed: Vec::new(),
            batch: 10 * scale,
        }
    }

    fn count(&mut self, group: usize, what: &'static str, by: i64) {
        *self.kept.entry((group, what)).or_insert(0) += by;
    }

    fn set(&mut self, target: usize, state: Option<State>) {
        let group = self.targets[target].group.unwrap();
        if let Some(old) = std::mem::replace(&mut self.targets[target].action, state) {
            self.count(group, bucket(old), -1);
        }
        if let Some(new) = state {
            self.count(group, bucket(new), 1);
        }
    }

    fn tally(&self, group: usize) -> Tally {
        let get = |what| u64::try_from(*self.kept.get(&(group, what)).unwrap_or(&0)).unwrap();
        Tally {
            planned: get("planned"),
            scheduled: get("scheduled"),
            running: get("running"),
            canceling: get("canceling"),
            downloaded: 0,
            finished: get("finished"),
            error: get("error"),
            canceled: get("canceled"),
            proving: 0,
        }
    }

    fn recount(&self, group: usize) -> Tally {
        let mut tally = Tally::default();
        for target in self.targets.iter().filter(|target| target.group == Some(group)) {
            tally.planned += 1;
            if let Some(state) = target.action {
                tally.add(state, 1);
            }
        }
        tally
    }

    fn is_due(&self, target: &Target, group: usize) -> bool {
        let waits = target.due.is_some_and(|due| due > self.now);
        target.group == Some(group) && target.action == Some(State::Scheduled) && !waits
    }

    fn is_late(&self, target: &Target) -> bool {
        let Some(timeout) = self.rollout.answer_timeout else {
            return false;
        };
        target.action == Some(State::Running)
            && target.started.is_some_and(|started| started.plus(timeout) <= self.now)
    }

    fn view(&self) -> View {
        let groups = self.groups.iter().enumerate().map(|(at, group)| GroupView {
            group: group.clone(),
            tally: self.tally(at),
            due: self.targets.iter().filter(|target| self.is_due(target, at)).count() as u64,
            expired: self.targets.iter().any(|t| t.group == Some(at) && self.is_late(t)),
        });
        let since = self.now.minus(Duration::from_secs(60));
        let lately = self.targets.iter().filter(|t| t.started.is_some_and(|at| at > since));
        View {
            groups: groups.collect(),
            gathered: self.gathered,
            lately: lately.count() as u64,
            involve: self.rollout.dynamic,
            approval: false,
            groups_max: 500,
            rollout: self.rollout.clone(),
        }
    }

    /// One transaction of the hub, which may break off before it is committed.
    fn work(&mut self) -> bool {
        let steps = plan(&self.view(), self.now);
        if self.chance.one_in(5) {
            return !steps.is_empty();
        }
        for step in &steps {
            self.check_step(*step);
            self.step(*step);
        }
        self.check();
        !steps.is_empty()
    }

    fn at(&self, group: RolloutGroupId) -> usize {
        self.groups.iter().position(|one| one.id == group).unwrap()
    }

    /// What a plan must not hold.
    fn check_step(&self, step: Step) {
        let state = self.rollout.state;
        if let Step::Start { group, .. } = step {
            assert_eq!(state, RolloutState::Running, "only what runs starts targets");
            assert_eq!(self.groups[self.at(group)].state, GroupState::Running);
        }
        if let Step::Begin { group } = step {
            let at = self.at(group);
            assert_eq!(state, RolloutState::Running);
            assert!(self.groups[..at].iter().all(|one| one.state != GroupState::Scheduled));
            let Some(before) = at.checked_sub(1) else {
                return;
            };
            let (one, tally) = (&self.groups[before], self.recount(before));
            let met = one.conditions.is_met(tally, tally.actions(), ActionType::Forced);
            let good = met || one.state.is_over() || self.pushed.contains(&before);
            assert!(good, "group {at} starts too early: {tally:?}");
        }
    }

    fn step(&mut self, step: Step) {
        let batch = 1 + self.chance.below(self.batch);
        match step {
            Step::Become(state) => self.rollout.state = state,
            Step::Gather => self.gathered = true,
            Step::Measure { group, share } => {
                let free = self.targets.iter().filter(|t| t.group.is_none()).count() as u64;
                let at = self.at(group);
                self.groups[at].size = Some(part(free, share));
            }
            Step::Fill { group, missing } => self.fill(self.at(group), missing, batch),
            Step::Schedule { group } => self.schedule(self.at(group), batch),
            Step::Begin { group } => self.move_group(group, GroupState::Running),
            Step::Finish { group } => self.move_group(group, GroupState::Finished),
            Step::Fail { group } => self.move_group(group, GroupState::Error),
            Step::Start { group, limit } => self.start(self.at(group), limit.min(batch)),
            Step::Expire { group } => self.expire(self.at(group)),
            Step::Drop => self.each(State::Scheduled, batch, None),
            Step::Cancel { force } => {
                self.each(State::Running, batch, Some(State::Canceling));
                if force {
                    self.each(State::Canceling, batch, Some(State::Canceled));
                }
            }
            Step::Open { group, size } => self.open(self.at(group), size),
            Step::Involve { group, limit } => self.involve(self.at(group), limit.min(batch)),
            Step::Extend { group, size } => self.extend(self.at(group), size),
            Step::Erase => panic!("{step:?} of a rollout that is not deleted"),
        }
    }

    fn move_group(&mut self, group: RolloutGroupId, state: GroupState) {
        let at = self.at(group);
        self.groups[at].state = state;
    }

    fn fill(&mut self, at: usize, missing: u64, batch: u64) {
        let limit = missing.min(batch);
        let free = (0..self.targets.len()).filter(|n| self.targets[*n].group.is_none());
        let some: Vec<usize> = free.take(usize::try_from(limit).unwrap()).collect();
        for target in &some {
            self.targets[*target].group = Some(at);
            self.count(at, "planned", 1);
        }
        if (some.len() as u64) < limit || missing <= limit {
            self.groups[at].state = GroupState::Ready;
        }
    }

    fn schedule(&mut self, at: usize, batch: u64) {
        let mine = (0..self.targets.len())
            .filter(|n| self.targets[*n].group == Some(at) && self.targets[*n].action.is_none());
        let some: Vec<usize> = mine.take(usize::try_from(batch).unwrap()).collect();
        for target in &some {
            self.set(*target, Some(State::Scheduled));
        }
        if (some.len() as u64) < batch {
            self.groups[at].state = GroupState::Scheduled;
        }
    }

    fn start(&mut self, at: usize, limit: u64) {
        let due = (0..self.targets.len()).filter(|n| self.is_due(&self.targets[*n], at));
        let some: Vec<usize> = due.take(usize::try_from(limit).unwrap()).collect();
        for target in some {
            self.set(target, Some(State::Running));
            self.targets[target].started = Some(self.now);
            let word = if self.chance.one_in(3) { State::Error } else { State::Finished };
            // a device may vanish, or say everything twice
            let times = self.chance.below(4);
            self.targets[target].words.extend((0..times).map(|_| word));
        }
    }

    fn expire(&mut self, at: usize) {
        for target in 0..self.targets.len() {
            if self.targets[target].group == Some(at) && self.is_late(&self.targets[target]) {
                self.fail(target);
            }
        }
    }

    fn each(&mut self, from: State, batch: u64, to: Option<State>) {
        let those = (0..self.targets.len()).filter(|n| self.targets[*n].action == Some(from));
        let some: Vec<usize> = those.take(usize::try_from(batch).unwrap()).collect();
        for target in some {
            self.set(target, to);
        }
    }

    fn fail(&mut self, target: usize) {
        self.targets[target].accepted += 1;
        let goes_on = matches!(self.rollout.state, RolloutState::Running | RolloutState::Paused);
        let retry = self.rollout.retry.clone().filter(|_| goes_on);
        let attempt = self.targets[target].attempt;
        match retry.map_or(AfterFailure::Stays, |retry| retry.after(attempt, None)) {
            AfterFailure::Stays => self.set(target, Some(State::Error)),
            AfterFailure::Again { after } => {
                self.set(target, Some(State::Scheduled));
                self.targets[target].attempt += 1;
                self.targets[target].due = Some(self.now.plus(after));
            }
        }
    }

    /// A device says something, or somebody wishes something, or time goes by.
    fn happen(&mut self) {
        let target = usize::try_from(self.chance.below(self.targets.len() as u64)).unwrap();
        match self.chance.below(20) {
            0 => self.wish(&Command::Pause),
            1..=3 => self.wish(&Command::Resume),
            4 => self.wish(&Command::TriggerNextGroup),
            5 if self.chance.one_in(20) => self.wish(&Command::Stop),
            6 | 7 => self.now = self.now.plus(Duration::from_secs(self.chance.below(60))),
            8 | 9 => self.wish(&Command::Start),
            10 if self.rollout.dynamic => self.appear(),
            _ => self.hear(target),
        }
        self.check();
    }

    fn hear(&mut self, target: usize) {
        let Some(word) = self.targets[target].words.pop() else {
            return;
        };
        match self.targets[target].action {
            Some(State::Running) if word == State::Error => self.fail(target),
            Some(State::Running) => {
                self.targets[target].accepted += 1;
                self.set(target, Some(State::Finished));
            }
            Some(State::Canceling) => self.set(target, Some(State::Canceled)),
            // late, or said already
            _ => {}
        }
    }

    fn wish(&mut self, wish: &Command) {
        let Ok(to) = command(&self.rollout, wish, "op", self.now) else {
            return;
        };
        let view = self.view();
        let next = match wish {
            Command::Resume => view.next_on_resume(),
            Command::TriggerNextGroup => view.next_group(),
            Command::Start
            | Command::Pause
            | Command::Stop
            | Command::Delete
            | Command::Approve { .. }
            | Command::Deny { .. } => None,
        };
        self.rollout = to;
        if let Some(group) = next {
            let at = self.at(group);
            self.pushed.extend(at.checked_sub(1));
            self.move_group(group, GroupState::Running);
        }
    }

    /// What is always true.
    fn check(&self) {
        let mut running = 0;
        for at in 0..self.groups.len() {
            assert_eq!(self.tally(at), self.recount(at), "what is kept is what is there");
            running += self.tally(at).running + self.tally(at).canceling;
        }
        let pace = self.rollout.pace;
        if pace.in_progress > 0 {
            assert!(running <= pace.in_progress.into(), "{running} in progress");
        }
        if pace.per_minute > 0 {
            assert!(self.view().lately <= pace.per_minute.into(), "too quick");
        }
        let attempts = self.rollout.retry.as_ref().map_or(1, |retry| retry.attempts.max(1));
        assert!(self.targets.iter().all(|target| target.accepted <= attempts));
    }

    /// Everybody answers and nobody interferes: it has to come to an end.
    fn settle(&mut self) {
        for round in 0..5000 {
            if round == 500 && self.rollout.dynamic {
                self.check_nobody_waits();
                self.wish(&Command::Stop);
            }
            if matches!(self.rollout.state, RolloutState::Finished | RolloutState::Stopped) {
                return self.check_end();
            }
            // of these two each is granted only where it fits
            self.wish(&Command::Start);
            self.wish(&Command::Resume);
            self.work();
            for target in 0..self.targets.len() {
                if self.targets[target].words.is_empty() {
                    self.targets[target].words.push(State::Finished);
                }
                self.hear(target);
            }
            self.now = self.now.plus(Duration::from_secs(61));
        }
        panic!("it does not end: {:?}", self.rollout.state);
    }

    fn check_end(&self) {
        self.check();
        for at in 0..self.groups.len() {
            let tally = self.tally(at);
            assert!(self.groups[at].state.is_over());
            assert_eq!(tally.scheduled, 0);
            if self.rollout.state == RolloutState::Finished {
                let failed = self.groups[at].state == GroupState::Error;
                assert!(failed || tally.open() == 0, "{tally:?}");
            }
        }
        let grouped = self.targets.iter().all(|target| target.group.is_some());
        assert!(grouped || self.rollout.state == RolloutState::Stopped, "all are in a group");
    }
}

fn run(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..TURNS {
        if world.chance.one_in(2) {
            world.work();
        } else {
            world.happen();
        }
    }
    world.settle();
}

#[test]
fn a_rollout_keeps_its_promises_whatever_happens() {
    if let Ok(seed) = std::env::var("OTAHUB_TEST_SEED") {
        return run(seed.parse().unwrap());
    }
    for seed in 0..SEEDS {
        let end = std::panic::catch_unwind(|| run(seed));
        if let Err(panic) = end {
            eprintln!("the seed was {seed}: repeat with OTAHUB_TEST_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
