//! otahub.v1.RolloutService.

use super::once::called_once;
use super::rollout_watch::tell;
use super::target::{Targets, called};
use super::{Answer, answer, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::rollout as translate;
use crate::translate::{given, name, page, target};
use crate::usecase::feed;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use otahub_domain::permission::Permission;
use otahub_domain::rollout::{Command, Group, Rollout, RolloutDraft};
use otahub_domain::{Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use otahub_store::{RolloutGroupOrder, RolloutGroupQuery, RolloutQuery, TargetOrder, TargetQuery};
use proto::rollout_service_server::RolloutService;
use tonic::{Request, Response, Status};

/// Rollouts.
pub(crate) struct Rollouts(pub(crate) Hub);

impl Rollouts {
    async fn show(&self, rollout: Rollout) -> Decided<proto::Rollout> {
        let shown = self.0.with_progress(rollout.tenant, vec![rollout]).await?.pop();
        shown.map(translate::rollout).ok_or(Error::Internal)
    }

    async fn show_groups(
        &self,
        rollout: &Rollout,
        groups: Vec<Group>,
    ) -> Decided<Vec<proto::RolloutGroup>> {
        let groups = self.0.with_tallies(rollout.id, groups).await?;
        let kind = rollout.action_type;
        Ok(groups.into_iter().map(|group| translate::group(group, kind)).collect())
    }

    async fn command(
        &self,
        operator: &Operator,
        rollout: &str,
        wish: Command,
    ) -> Decided<proto::Rollout> {
        let id = name::rollout(rollout)?;
        let tenant = self.0.own_tenant(&operator.tenant_name).await?;
        let to = self.0.command_rollout(tenant, id, &operator.username, wish).await?;
        self.show(to).await
    }

    async fn make(&self, operator: &Operator, draft: RolloutDraft) -> Decided<proto::Rollout> {
        let tenant = self.0.own_tenant(&operator.tenant_name).await?;
        let exempt = operator.grants.names(Permission::ApproveRollout);
        let by = &operator.username;
        let made = self.0.create_rollout(tenant, by, exempt, draft).await?;
        self.show(made).await
    }

    /// The draft in a request of somebody who may make such a rollout.
    fn draft(
        &self,
        operator: &Operator,
        request: proto::CreateRolloutRequest,
    ) -> Decided<RolloutDraft> {
        operator.may(Permission::ReadTarget)?;
        operator.may(Permission::ReadDistributionSet)?;
        let draft = translate::draft(request, self.0.now())?;
        if draft.start_at.is_some() {
            operator.may(Permission::HandleRollout)?;
        }
        Ok(draft)
    }
}

#[tonic::async_trait]
impl RolloutService for Rollouts {
    type WatchRolloutStream = BoxStream<'static, Result<proto::WatchRolloutResponse, Status>>;

    async fn watch_rollout(
        &self,
        request: Request<proto::WatchRolloutRequest>,
    ) -> Result<Response<Self::WatchRolloutStream>, Status> {
        let (operator, message) = called!(self, request, ReadRollout);
        let watched = async {
            let id = name::rollout(&message.name)?;
            let seen = self.0.watch_rollout(operator.tenant, id).await?;
            let told = feed(&self.0, false, |out| tell(id, seen, message.resume_token, out));
            Ok(told.map_err(|error| crate::status::from_error(&error)).boxed())
        };
        answer(watched.await)
    }

    async fn get_rollout(
        &self,
        request: Request<proto::GetRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called!(self, request, ReadRollout);
        let found = async {
            let id = name::rollout(&message.name)?;
            self.show(self.0.find_rollout(operator.tenant, id).await?).await
        };
        answer(found.await)
    }

    async fn list_rollouts(
        &self,
        request: Request<proto::ListRolloutsRequest>,
    ) -> Answer<proto::ListRolloutsResponse> {
        let (operator, message) = called!(self, request, ReadRollout);
        let listed = async {
            let asked = page::asked!(message, message.filter, message.deleted_mode);
            let query = RolloutQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                deleted: page::deleted_mode(message.deleted_mode),
                page: asked.page(translate::order)?,
            };
            let listed = self.0.store.read().list_rollouts(operator.tenant, &query).await?;
            let (count, total) = (listed.items.len(), listed.total);
            let rollouts = self.0.with_progress(operator.tenant, listed.items).await?;
            Ok(proto::ListRolloutsResponse {
                next_page_token: asked.next(query.page.skip, count, total),
                total_size: i64::try_from(total).unwrap_or(i64::MAX),
                rollouts: rollouts.into_iter().map(translate::rollout).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_rollout(
        &self,
        request: Request<proto::CreateRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, CreateRollout);
        let made = async { self.make(&operator, self.draft(&operator, message)?).await };
        answer(made.await)
    }

    async fn plan_rollout(
        &self,
        request: Request<proto::PlanRolloutRequest>,
    ) -> Answer<proto::PlanRolloutResponse> {
        let (operator, message) = called!(self, request, CreateRollout);
        let planned = async {
            let draft = self.draft(&operator, required("rollout", message.rollout)?)?;
            let tenant = self.0.own_tenant(&operator.tenant_name).await?;
            self.0.plan_rollout(tenant, &operator.username, draft).await
        };
        answer(planned.await.map(|(groups, left)| proto::PlanRolloutResponse {
            groups: groups.into_iter().map(translate::planned).collect(),
            ungrouped_target_count: i64::try_from(left).unwrap_or(i64::MAX),
        }))
    }

    async fn update_rollout(
        &self,
        request: Request<proto::UpdateRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called!(self, request, UpdateRollout);
        let updated = async {
            let rollout = required("rollout", message.rollout)?;
            let id = name::rollout(&rollout.name)?;
            let patch = translate::patch(rollout, &mask(message.update_mask)?)?;
            let by = &operator.username;
            self.show(self.0.change_rollout(operator.tenant, id, by, patch).await?).await
        };
        answer(updated.await)
    }

    async fn delete_rollout(&self, request: Request<proto::DeleteRolloutRequest>) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteRollout);
        let deleted = async {
            let id = name::rollout(&message.name)?;
            let tenant = self.0.own_tenant(&operator.tenant_name).await?;
            let by = &operator.username;
            self.0.command_rollout(tenant, id, by, Command::Delete).await.map(|_| ())
        };
        answer(deleted.await)
    }

    async fn approve_rollout(
        &self,
        request: Request<proto::ApproveRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, ApproveRollout);
        let wish = Command::Approve { remark: given(message.remark) };
        answer(self.command(&operator, &message.name, wish).await)
    }

    async fn deny_rollout(
        &self,
        request: Request<proto::DenyRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, ApproveRollout);
        let wish = Command::Deny { remark: given(message.remark) };
        answer(self.command(&operator, &message.name, wish).await)
    }

    async fn start_rollout(
        &self,
        request: Request<proto::StartRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, HandleRollout);
        answer(self.command(&operator, &message.name, Command::Start).await)
    }

    async fn pause_rollout(
        &self,
        request: Request<proto::PauseRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, HandleRollout);
        answer(self.command(&operator, &message.name, Command::Pause).await)
    }

    async fn resume_rollout(
        &self,
        request: Request<proto::ResumeRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, HandleRollout);
        answer(self.command(&operator, &message.name, Command::Resume).await)
    }

    async fn stop_rollout(
        &self,
        request: Request<proto::StopRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, UpdateRollout);
        answer(self.command(&operator, &message.name, Command::Stop).await)
    }

    async fn trigger_next_group(
        &self,
        request: Request<proto::TriggerNextGroupRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, UpdateRollout);
        answer(self.command(&operator, &message.name, Command::TriggerNextGroup).await)
    }

    async fn retry_rollout(
        &self,
        request: Request<proto::RetryRolloutRequest>,
    ) -> Answer<proto::Rollout> {
        let (operator, message) = called_once!(self, request, CreateRollout);
        let made = async {
            let id = name::rollout(&message.name)?;
            let draft = self.0.retry_of(operator.tenant, id).await?;
            self.make(&operator, draft).await
        };
        answer(made.await)
    }

    async fn get_rollout_group(
        &self,
        request: Request<proto::GetRolloutGroupRequest>,
    ) -> Answer<proto::RolloutGroup> {
        let (operator, message) = called!(self, request, ReadRollout);
        let found = async {
            let (tenant, (rollout, id)) = (operator.tenant, name::rollout_group(&message.name)?);
            let group = self.0.find_rollout_group(tenant, rollout, id).await?;
            let rollout = self.0.find_rollout(tenant, rollout).await?;
            self.show_groups(&rollout, vec![group]).await?.pop().ok_or(Error::Internal)
        };
        answer(found.await)
    }

    async fn list_rollout_groups(
        &self,
        request: Request<proto::ListRolloutGroupsRequest>,
    ) -> Answer<proto::ListRolloutGroupsResponse> {
        let (operator, message) = called!(self, request, ReadRollout);
        let listed = async {
            let tenant = operator.tenant;
            let rollout = self.0.find_rollout(tenant, name::rollout(&message.parent)?).await?;
            let asked = page::asked!(message, message.filter, message.parent);
            let mut page = asked.page(translate::group_order)?;
            if page.order.is_empty() {
                page.order.push((RolloutGroupOrder::Position, false));
            }
            let filter = self.0.filter(&operator.tenant_name, &message.filter).await?;
            let query = RolloutGroupQuery { rollout: rollout.id, filter, page };
            let listed = self.0.store.read().list_rollout_groups(tenant, &query).await?;
            let (count, total) = (listed.items.len(), listed.total);
            Ok(proto::ListRolloutGroupsResponse {
                next_page_token: asked.next(query.page.skip, count, total),
                total_size: i64::try_from(total).unwrap_or(i64::MAX),
                rollout_groups: self.show_groups(&rollout, listed.items).await?,
            })
        };
        answer(listed.await)
    }

    async fn list_rollout_group_targets(
        &self,
        request: Request<proto::ListRolloutGroupTargetsRequest>,
    ) -> Answer<proto::ListRolloutGroupTargetsResponse> {
        let (operator, message) = called!(self, request, ReadRollout);
        let listed = async {
            operator.may(Permission::ReadTarget)?;
            let (tenant, (rollout, id)) = (operator.tenant, name::rollout_group(&message.parent)?);
            let group = self.0.find_rollout_group(tenant, rollout, id).await?;
            let asked = page::asked!(message, message.filter, message.parent);
            let mut page = asked.page(target::order)?;
            if page.order.is_empty() {
                page.order.push((TargetOrder::ControllerId, false));
            }
            let query = TargetQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                rollout_group: Some(group.id),
                page,
                ..TargetQuery::default()
            };
            let listed = self.0.store.read().list_targets(tenant, &query).await?;
            let (count, total) = (listed.items.len(), listed.total);
            let targets = Targets(self.0.clone()).show(&operator, listed.items).await?;
            Ok(proto::ListRolloutGroupTargetsResponse {
                next_page_token: asked.next(query.page.skip, count, total),
                total_size: i64::try_from(total).unwrap_or(i64::MAX),
                targets,
            })
        };
        answer(listed.await)
    }
}
