//! The part of the simulation that is of dynamic rollouts: targets appear, groups follow.

use super::*;

impl World {
    /// Somebody adds a device.
    pub(super) fn appear(&mut self) {
        self.targets.push(Target { attempt: 1, ..Target::default() });
    }

    pub(super) fn open(&mut self, at: usize, size: u64) {
        assert!(self.rollout.dynamic && size > 0);
        self.groups[at].size = Some(size);
        self.groups[at].state = GroupState::Ready;
    }

    pub(super) fn involve(&mut self, at: usize, limit: u64) {
        assert_eq!(at + 1, self.groups.len(), "only the last group takes targets in");
        assert_eq!(self.rollout.state, RolloutState::Running);
        let free = (0..self.targets.len()).filter(|n| self.targets[*n].group.is_none());
        let some: Vec<usize> = free.take(usize::try_from(limit).unwrap()).collect();
        for target in some {
            self.targets[target].group = Some(at);
            self.count(at, "planned", 1);
            self.set(target, Some(State::Scheduled));
        }
        let size = self.groups[at].size.unwrap();
        assert!(self.tally(at).actions() <= size, "a group takes no more than its size");
    }

    pub(super) fn extend(&mut self, at: usize, size: u64) {
        let mut next = dynamic_group(&self.rollout, &self.groups[at], size, self.now);
        next.id = RolloutGroupId(i64::try_from(self.groups.len()).unwrap() + 1);
        self.groups.push(next);
    }

    /// Whoever appeared while a dynamic rollout ran was taken in.
    pub(super) fn check_nobody_waits(&self) {
        if self.rollout.state == RolloutState::Running {
            assert!(self.targets.iter().all(|target| target.group.is_some()), "nobody is left out");
        }
    }
}
