//! The start of a group's actions, some at a time.

use super::super::act::Changes;
use super::work::{Done, Working};
use otahub_domain::action::{
    Action, AssignmentContext, Initiator, OpenAction, Started, TargetChange, start_action,
};
use otahub_domain::rollout::Group;
use otahub_domain::target::Target;
use otahub_domain::{Result, RolloutGroupId};

impl Working<'_> {
    /// Starts the next actions of a group that may start.
    pub(super) async fn start(&self, id: RolloutGroupId, limit: u64) -> Result<Done> {
        let group = self.group(id).await?;
        let due = self.session.due_actions(id, limit, self.now).await?;
        let begun: Vec<_> = due.iter().map(|(_, target)| target.id).collect();
        let mut open = self.session.open_actions_of(&begun).await?;
        let mut done = Done { more: !due.is_empty(), targets: Vec::with_capacity(due.len()) };
        let (mut superseded, mut started) = (Vec::new(), Vec::with_capacity(due.len()));
        for (action, target) in due {
            done.targets.push(target.controller_id.clone());
            let open = open.remove(&target.id).unwrap_or_default();
            let start = self.start_one(&group, &action, (&target, &open))?;
            for mut transition in start.superseded {
                // the target belongs to the new action from now on
                transition.target = TargetChange::None;
                superseded.push((transition, target.clone()).into());
            }
            started.push((start.started, target).into());
        }
        let now = self.now;
        let by = self.rollout.audit.created_by.as_str();
        Changes { all: superseded, by: "", now }.commit(self.session).await?;
        Changes { all: started, by, now }.commit(self.session).await?;
        if !begun.is_empty() {
            self.session.note_started(self.rollout.id, &begun, now).await?;
        }
        Ok(done)
    }

    fn start_one(
        &self,
        group: &Group,
        action: &Action,
        (target, open): (&Target, &[OpenAction]),
    ) -> Result<Started> {
        let configuration = &self.tenant.configuration;
        let initiator = Initiator::Rollout {
            rollout: self.rollout.name.clone(),
            id: self.rollout.id,
            group: group.name.clone(),
        };
        let by = self.rollout.audit.created_by.as_str();
        let context = AssignmentContext {
            target,
            open,
            scheduled: &[],
            consent_flow: configuration.consent_flow,
            autoclose: configuration.autoclose,
            initiator: &initiator,
            by,
            action_count: 0,
            quotas: self.quotas,
        };
        start_action(action, group.confirmation_required, &context, self.now)
    }
}
