//! What operators order: assignments, and what becomes of them.

use crate::operator::{Answer, Operator, told};
use otahub_client::{names, proto};

/// The wish that a target gets a set.
pub(crate) fn wish(target: &str, set: i64) -> proto::Assignment {
    proto::Assignment {
        controller_id: target.into(),
        distribution_set: names::distribution_set(set),
        ..Default::default()
    }
}

impl Operator {
    /// Assigns a set to a target and gives the action.
    pub(crate) async fn assign(&self, target: &str, set: i64) -> i64 {
        self.assign_with(wish(target, set)).await.unwrap()
    }

    /// Assigns in a certain way and gives the action.
    pub(crate) async fn assign_with(&self, wish: proto::Assignment) -> Answer<i64> {
        let assigned = self.assign_all(vec![wish]).await?;
        Ok(assigned.assigned_actions[0].action)
    }

    /// Assigns several at once.
    pub(crate) async fn assign_all(
        &self,
        assignments: Vec<proto::Assignment>,
    ) -> Answer<proto::AssignDistributionSetsResponse> {
        let request = proto::AssignDistributionSetsRequest { assignments, ..Default::default() };
        self.order(request).await
    }

    /// Sends an assignment as it is.
    pub(crate) async fn order(
        &self,
        request: proto::AssignDistributionSetsRequest,
    ) -> Answer<proto::AssignDistributionSetsResponse> {
        let mut actions = self.hub.actions(&self.caller);
        told(actions.assign_distribution_sets(request).await)
    }

    /// An action as it is.
    pub(crate) async fn action(&self, id: i64) -> proto::Action {
        let request = proto::GetActionRequest { name: names::action(id), ..Default::default() };
        told(self.hub.actions(&self.caller).get_action(request).await).unwrap()
    }

    /// An action's state.
    pub(crate) async fn state(&self, id: i64) -> proto::ActionState {
        self.action(id).await.state()
    }

    /// A target's actions, the newest first.
    pub(crate) async fn actions_of(&self, target: &str) -> Vec<proto::Action> {
        let request =
            proto::ListActionsRequest { target: names::target(target), ..Default::default() };
        let listed = self.hub.actions(&self.caller).list_actions(request).await;
        told(listed).unwrap().actions
    }

    /// An action's history, the oldest first.
    pub(crate) async fn history(&self, id: i64) -> Vec<proto::ActionEntry> {
        let request = proto::ListActionEntriesRequest {
            parent: names::action(id),
            order_by: "id".into(),
            page_size: 500,
            ..Default::default()
        };
        let mut actions = self.hub.actions(&self.caller);
        told(actions.list_action_entries(request).await).unwrap().entries
    }

    /// The words of an action's history, the oldest first.
    pub(crate) async fn words(&self, id: i64) -> Vec<proto::EntryStatus> {
        let entries = self.history(id).await;
        entries.iter().map(proto::ActionEntry::status).collect()
    }

    /// Wants an action stopped.
    pub(crate) async fn cancel(&self, id: i64) -> Answer<proto::Action> {
        let request = proto::CancelActionRequest { name: names::action(id), ..Default::default() };
        told(self.hub.actions(&self.caller).cancel_action(request).await)
    }

    /// Ends a cancellation without the device.
    pub(crate) async fn force_quit(&self, id: i64) -> Answer<proto::Action> {
        let request =
            proto::ForceQuitActionRequest { name: names::action(id), ..Default::default() };
        let mut actions = self.hub.actions(&self.caller);
        told(actions.force_quit_action(request).await)
    }

    /// Makes an action urgent.
    pub(crate) async fn force(&self, id: i64) -> Answer<proto::Action> {
        let request = proto::ForceActionRequest { name: names::action(id), ..Default::default() };
        told(self.hub.actions(&self.caller).force_action(request).await)
    }

    /// Confirms an action for the device.
    pub(crate) async fn confirm(&self, id: i64) -> Answer<proto::Action> {
        let request = proto::ConfirmActionRequest {
            name: names::action(id),
            messages: vec!["go on".into()],
            ..Default::default()
        };
        told(self.hub.actions(&self.caller).confirm_action(request).await)
    }

    /// Deletes a target.
    pub(crate) async fn delete_target(&self, id: &str) {
        let name = names::target(id);
        let request = proto::DeleteTargetRequest { name, ..Default::default() };
        told(self.hub.targets(&self.caller).delete_target(request).await).unwrap();
    }

    /// Changes one field of a target.
    pub(crate) async fn update_target(
        &self,
        id: &str,
        field: &str,
        change: impl FnOnce(&mut proto::Target),
    ) -> Answer<proto::Target> {
        let mut target = proto::Target { name: names::target(id), ..Default::default() };
        change(&mut target);
        let request = proto::UpdateTargetRequest {
            target: Some(target),
            update_mask: Some(mask(field)),
            ..Default::default()
        };
        told(self.hub.targets(&self.caller).update_target(request).await)
    }

    /// Deletes a module.
    pub(crate) async fn delete_module(&self, id: i64) -> Answer<()> {
        let name = names::software_module(id);
        let request = proto::DeleteSoftwareModuleRequest { name };
        let mut software = self.hub.software(&self.caller);
        told(software.delete_software_module(request).await)
    }

    /// Deletes an artifact.
    pub(crate) async fn delete_artifact(&self, artifact: &proto::Artifact) -> Answer<()> {
        let name = artifact.name.clone();
        let request = proto::DeleteArtifactRequest { name };
        let mut software = self.hub.software(&self.caller);
        told(software.delete_artifact(request).await)
    }

    /// Changes one flag of a set.
    pub(crate) async fn update_set(
        &self,
        id: i64,
        field: &str,
        change: impl FnOnce(&mut proto::DistributionSet),
    ) -> Answer<proto::DistributionSet> {
        let mut set =
            proto::DistributionSet { name: names::distribution_set(id), ..Default::default() };
        change(&mut set);
        let request = proto::UpdateDistributionSetRequest {
            distribution_set: Some(set),
            update_mask: Some(mask(field)),
        };
        let mut sets = self.hub.distribution_sets(&self.caller);
        told(sets.update_distribution_set(request).await)
    }
}

/// A mask of one field.
pub(crate) fn mask(field: &str) -> prost_types::FieldMask {
    prost_types::FieldMask { paths: vec![field.into()] }
}
