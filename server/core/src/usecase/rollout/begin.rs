//! The start of a group's actions, some at a time.

use super::super::act::Change;
use super::work::{Done, Working};
use otahub_domain::action::{
    Action, AssignmentContext, Initiator, Started, TargetChange, start_action,
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
        let mut done = Done { more: !due.is_empty(), targets: Vec::with_capacity(due.len()) };
        for (action, target) in due {
            done.targets.push(target.controller_id.clone());
            self.start_one(&group, &action, target).await?;
        }
        if !begun.is_empty() {
            self.session.note_started(self.rollout.id, &begun, self.now).await?;
        }
        Ok(done)
    }

    async fn start_one(&self, group: &Group, action: &Action, mut target: Target) -> Result<()> {
        let open = self.session.open_actions(&target).await?;
        let configuration = &self.tenant.configuration;
        let initiator = Initiator::Rollout {
            rollout: self.rollout.name.clone(),
            id: self.rollout.id,
            group: group.name.clone(),
        };
        let by = self.rollout.audit.created_by.as_str();
        let context = AssignmentContext {
            target: &target,
            open: &open,
            scheduled: &[],
            consent_flow: configuration.consent_flow,
            autoclose: configuration.autoclose,
            initiator: &initiator,
            by,
            action_count: 0,
            quotas: self.quotas,
        };
        let Started { superseded, started } =
            start_action(action, group.confirmation_required, &context, self.now)?;
        let now = self.now;
        for mut transition in superseded {
            // the target belongs to the new action from now on
            transition.target = TargetChange::None;
            let change = Change { transition, by: "", now, request_id: None };
            change.commit(self.session, &mut target).await?;
        }
        let change = Change { transition: started, by, now, request_id: None };
        change.commit(self.session, &mut target).await?;
        Ok(())
    }
}
