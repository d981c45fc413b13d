//! otahub.v1.ActionService.

use super::once::called_once;
use super::target::called;
use super::{Answer, Watched, answer, watched};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::action as translate;
use crate::translate::name;
use crate::usecase::{Act, AssignRequest, Owner, WatchedActions};
use otahub_domain::action::{Event, Initiator};
use otahub_domain::filter::ActionField;
use otahub_domain::permission::Permission;
use otahub_domain::{ActionId, Entity, Error, Result as Decided, TenantId};
use otahub_proto::otahub::v1 as proto;
use otahub_store::{ActionOrder, ActionQuery, EntryOrder};
use proto::action_service_server::ActionService;
use tonic::Request;

/// Actions.
pub(crate) struct Actions(pub(crate) Hub);

/// Whose an action must be: the named target's, or anybody's.
fn owner(target: &str) -> Decided<Owner> {
    if target.is_empty() { Ok(Owner::Any) } else { name::controller_id(target).map(Owner::Target) }
}

impl Actions {
    /// The actions that a request wants to watch.
    async fn watched(
        &self,
        operator: &Operator,
        message: &proto::WatchActionsRequest,
    ) -> Decided<WatchedActions> {
        let tenant = operator.tenant;
        // a filter that cannot be read is refused before the stream begins
        self.0.filter::<ActionField>(&operator.tenant_name, &message.filter).await?;
        let target = match owner(&message.target)? {
            Owner::Any => None,
            Owner::Target(id) => Some(self.0.find_target(tenant, &id).await?.id),
        };
        let given = |name: &String| (!name.is_empty()).then(|| name.clone());
        Ok(WatchedActions {
            tenant,
            tenant_name: operator.tenant_name.clone(),
            filter: message.filter.as_str().into(),
            target,
            rollout: given(&message.rollout).map(|name| name::rollout(&name)).transpose()?,
            set: given(&message.distribution_set).map(|name| name::set(&name)).transpose()?,
        })
    }

    async fn show(&self, tenant: TenantId, id: ActionId) -> Decided<proto::Action> {
        let view = self.0.store.read().action_view(tenant, id).await?;
        let view = view.ok_or_else(|| Error::not_found(Entity::Action, id))?;
        Ok(translate::action(view, self.0.now()))
    }

    async fn act(
        &self,
        operator: std::sync::Arc<Operator>,
        named: (&str, &str),
        event: impl FnOnce(String) -> Event,
    ) -> Answer<proto::Action> {
        let acted = async {
            let (tenant, by) = (operator.tenant, operator.username.clone());
            let action = name::action(named.0)?;
            let owner = owner(named.1)?;
            let event = event(by.clone());
            self.0.act(Act { tenant, owner, action, event, by, request_id: None }).await?;
            self.show(tenant, action).await
        };
        answer(acted.await)
    }
}

#[tonic::async_trait]
impl ActionService for Actions {
    async fn assign_distribution_sets(
        &self,
        request: Request<proto::AssignDistributionSetsRequest>,
    ) -> Answer<proto::AssignDistributionSetsResponse> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let assigned = async {
            operator.may(Permission::ReadDistributionSet)?;
            let now = self.0.now();
            let wanted = message.assignments.into_iter();
            let assignments = wanted.map(|a| translate::assignment(a, now));
            let request = AssignRequest {
                assignments: assignments.collect::<Decided<_>>()?,
                offline: message.offline,
                skip_unknown: message.skip_unknown_targets,
                initiator: Initiator::User(operator.username.clone()),
                by: operator.username.clone(),
            };
            let tenant = self.0.own_tenant(&operator.tenant_name).await?;
            self.0.assign(tenant, request).await
        };
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        answer(assigned.await.map(|assigned| {
            proto::AssignDistributionSetsResponse {
                assigned_actions: assigned
                    .actions
                    .into_iter()
                    .map(|(action, controller_id)| proto::AssignedAction {
                        action: action.0,
                        controller_id,
                    })
                    .collect(),
                already_assigned_count: count(assigned.already),
                total_count: count(assigned.total),
            }
        }))
    }

    async fn get_action(&self, request: Request<proto::GetActionRequest>) -> Answer<proto::Action> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            let tenant = operator.tenant;
            let (id, owner) = (name::action(&message.name)?, owner(&message.target)?);
            self.0.find_action(tenant, id, &owner).await?;
            self.show(tenant, id).await
        };
        answer(found.await)
    }

    async fn list_actions(
        &self,
        request: Request<proto::ListActionsRequest>,
    ) -> Answer<proto::ListActionsResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        let listed = async {
            let tenant = operator.tenant;
            let asked = translate::asked(&message);
            let mut page = asked.page(translate::order)?;
            if page.order.is_empty() {
                page.order.push((ActionOrder::Id, true));
            }
            let target = match owner(&message.target)? {
                Owner::Any => None,
                Owner::Target(id) => Some(self.0.find_target(tenant, &id).await?.id),
            };
            let (skip, now) = (page.skip, self.0.now());
            let query = ActionQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                target,
                page,
                ..ActionQuery::default()
            };
            let listed = self.0.store.read().list_action_views(tenant, &query).await?;
            Ok(proto::ListActionsResponse {
                next_page_token: asked.next(skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                actions: listed.items.into_iter().map(|v| translate::action(v, now)).collect(),
            })
        };
        answer(listed.await)
    }

    async fn list_action_entries(
        &self,
        request: Request<proto::ListActionEntriesRequest>,
    ) -> Answer<proto::ListActionEntriesResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        let listed = async {
            let tenant = operator.tenant;
            let (id, owner) = (name::action(&message.parent)?, owner(&message.target)?);
            self.0.known_owner(tenant, &owner).await?;
            let (action, _) = self.0.find_action(tenant, id, &owner).await?;
            let asked = translate::entries_asked(&message);
            let mut page = asked.page(translate::entry_order)?;
            if page.order.is_empty() {
                page.order.push((EntryOrder::Id, true));
            }
            let listed = self.0.store.read().entries(&action, &page).await?;
            Ok(proto::ListActionEntriesResponse {
                next_page_token: asked.next(page.skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                entries: listed.items.into_iter().map(translate::entry).collect(),
            })
        };
        answer(listed.await)
    }

    async fn force_action(
        &self,
        request: Request<proto::ForceActionRequest>,
    ) -> Answer<proto::Action> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let named = (message.name.as_str(), message.target.as_str());
        self.act(operator, named, |by| Event::Forced { by }).await
    }

    async fn cancel_action(
        &self,
        request: Request<proto::CancelActionRequest>,
    ) -> Answer<proto::Action> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let named = (message.name.as_str(), message.target.as_str());
        self.act(operator, named, |by| Event::CancelRequested { by }).await
    }

    async fn force_quit_action(
        &self,
        request: Request<proto::ForceQuitActionRequest>,
    ) -> Answer<proto::Action> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let named = (message.name.as_str(), message.target.as_str());
        self.act(operator, named, |by| Event::ForceQuit { by }).await
    }

    async fn confirm_action(
        &self,
        request: Request<proto::ConfirmActionRequest>,
    ) -> Answer<proto::Action> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let (code, messages) = (message.code, message.messages);
        let named = (message.name.as_str(), message.target.as_str());
        self.act(operator, named, |by| Event::Confirmed { code, messages, by: Some(by) }).await
    }

    async fn deny_action(
        &self,
        request: Request<proto::DenyActionRequest>,
    ) -> Answer<proto::Action> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let (code, messages) = (message.code, message.messages);
        let named = (message.name.as_str(), message.target.as_str());
        self.act(operator, named, |by| Event::Denied { code, messages, by: Some(by) }).await
    }

    type WatchActionsStream = Watched<proto::WatchActionsResponse>;

    async fn watch_actions(
        &self,
        request: Request<proto::WatchActionsRequest>,
    ) -> Answer<Self::WatchActionsStream> {
        let (operator, message) = called!(self, request, ReadTarget);
        let begun = async {
            let wanted = self.watched(&operator, &message).await?;
            let after = crate::translate::event::position(&message.resume_token)?;
            // the point in the log is known before anything is looked at
            let tail = self.0.tail(after).await?;
            Ok(self.0.watch_actions(wanted, tail, after.is_some()))
        };
        let hub = self.0.clone();
        answer(begun.await.map(|news| watched(news, move |n| translate::news(n, hub.now()))))
    }

    async fn delete_actions(
        &self,
        request: Request<proto::DeleteActionsRequest>,
    ) -> Answer<proto::DeleteActionsResponse> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let deleted = async {
            let (tenant, owner) = (operator.tenant, owner(&message.target)?);
            let by_name = !message.names.is_empty() || message.keep_last.is_some();
            let name = &operator.tenant_name;
            if let Some(filter) = self.0.filter(name, &message.filter).await? {
                if by_name {
                    return Err(Error::invalid("filter", "either filter or another choice"));
                }
                return self.0.delete_matching_actions(tenant, owner, filter).await;
            }
            let ids = message.names.iter().map(|n| name::action(n)).collect::<Decided<_>>()?;
            self.0.delete_actions(tenant, owner, ids, message.keep_last).await
        };
        answer(deleted.await.map(|count| proto::DeleteActionsResponse {
            deleted_count: i64::try_from(count).unwrap_or(i64::MAX),
        }))
    }
}
