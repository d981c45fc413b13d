//! otahub.v1.TargetService.

use super::once::{called_batch, called_once};
use super::target_bulk::{self, Bulk, Exporting};
use super::{Answer, answer, check_batch, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::target::{self as translate, Shown};
use crate::translate::{bulk, given, name};
use crate::usecase::Consenting;
use otahub_domain::permission::Permission;
use otahub_domain::request::Expected;
use otahub_domain::software::Metadata;
use otahub_domain::target::{Target, TargetPatch, poll_status};
use otahub_domain::{Entity, Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use otahub_store::{GroupQuery, TargetOrder, TargetQuery};
use proto::target_service_server::TargetService;
use std::sync::Arc;
use tonic::{Request, Streaming};

/// Targets as operators see them.
pub(crate) struct Targets(pub(crate) Hub);

/// The operator behind a request with a permission, and the request. A refusal ends the rpc here,
/// before anything of the request is looked at.
macro_rules! called {
    ($self:ident, $request:ident, $permission:ident) => {{
        let (metadata, _, message) = $request.into_parts();
        let permission = otahub_domain::permission::Permission::$permission;
        match $self.0.operator(&metadata, permission).await {
            Ok(operator) => (operator, message),
            Err(error) => return answer(Err(error)),
        }
    }};
}
pub(super) use called;

impl Targets {
    pub(super) async fn show(
        &self,
        operator: &Operator,
        targets: Vec<Target>,
    ) -> Decided<Vec<proto::Target>> {
        let tenant = self.0.own_tenant(&operator.tenant_name).await?;
        let configuration = &tenant.configuration;
        let interval = configuration.polling_time.interval;
        let overdue = configuration.polling_overdue;
        let now = self.0.now();
        let token = operator.grants.allows(Permission::ReadTargetSecurityToken);
        let consent_flow = configuration.consent_flow;
        let types = self.0.target_type_names(operator.tenant, &targets).await?;
        let show = |target: Target| {
            let target = self.0.with_last_seen(target);
            let poll_status = poll_status(target.last_poll_at, interval, overdue, now);
            let type_name = target.target_type.and_then(|id| types.get(&id).cloned());
            translate::target(
                target,
                Shown {
                    type_name: type_name.unwrap_or_default(),
                    token,
                    consent_flow,
                    poll_status,
                },
            )
        };
        Ok(targets.into_iter().map(show).collect())
    }

    async fn show_one(&self, operator: &Operator, target: Target) -> Decided<proto::Target> {
        self.show(operator, vec![target]).await?.pop().ok_or(Error::Internal)
    }

    async fn create(
        &self,
        operator: &Arc<Operator>,
        requests: Vec<proto::CreateTargetRequest>,
    ) -> Decided<Vec<proto::Target>> {
        check_batch(requests.len())?;
        let drafts = requests
            .into_iter()
            .map(|r| required("target", r.target).and_then(translate::draft))
            .collect::<Decided<_>>()?;
        let created = self.0.create_targets(operator.tenant, &operator.username, drafts).await?;
        self.show(operator, created).await
    }
}

/// A change that a request wants, and of which target; `all` is the mask if it has none.
fn change(
    request: proto::UpdateTargetRequest,
    all: Option<&prost_types::FieldMask>,
) -> Decided<(String, TargetPatch)> {
    let target = required("target", request.target)?;
    let mask = mask(request.update_mask.or_else(|| all.cloned()))?;
    Ok((name::controller_id(&target.name)?, translate::patch(target, &mask)?))
}

fn metadata(entry: proto::Metadata) -> Metadata {
    Metadata { key: entry.key, value: entry.value, target_visible: entry.target_visible }
}

#[tonic::async_trait]
impl TargetService for Targets {
    type ImportTargetsStream = Bulk<proto::ImportTargetsResponse>;
    type ExportTargetsStream = Bulk<proto::ExportTargetsResponse>;

    async fn get_target(&self, request: Request<proto::GetTargetRequest>) -> Answer<proto::Target> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            let id = name::controller_id(&message.name)?;
            let target = self.0.find_target(operator.tenant, &id).await?;
            let undelivered = self.0.why_undelivered(&target).await?;
            let shown = self.show_one(&operator, target).await?;
            Ok(proto::Target { undelivered, ..shown })
        };
        answer(found.await)
    }

    async fn list_targets(
        &self,
        request: Request<proto::ListTargetsRequest>,
    ) -> Answer<proto::ListTargetsResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        let listed = async {
            let asked = translate::asked(&message);
            let mut page = asked.page(translate::order)?;
            if page.order.is_empty() {
                page.order.push((TargetOrder::ControllerId, false));
            }
            let query = TargetQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                assigned_set: translate::optional_set(&message.assigned_set)?,
                installed_set: translate::optional_set(&message.installed_set)?,
                tag: name::optional(&message.target_tag, name::target_tag)?,
                group: given(message.group)
                    .map(|name| GroupQuery { name, subgroups: message.include_subgroups }),
                page,
                ..TargetQuery::default()
            };
            let skip = query.page.skip;
            let sets = [query.assigned_set, query.installed_set];
            for set in sets.into_iter().flatten() {
                operator.may(Permission::ReadDistributionSet)?;
                self.0.find_set(operator.tenant, set).await?;
            }
            if let Some(tag) = query.tag {
                self.0.find_target_tag(operator.tenant, tag).await?;
            }
            let listed = self.0.list_targets(operator.tenant, &query).await?;
            Ok(proto::ListTargetsResponse {
                next_page_token: asked.next(skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                targets: self.show(&operator, listed.items).await?,
            })
        };
        answer(listed.await)
    }

    async fn create_target(
        &self,
        request: Request<proto::CreateTargetRequest>,
    ) -> Answer<proto::Target> {
        let (operator, message) = called_once!(self, request, CreateTarget);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await)
    }

    async fn batch_create_targets(
        &self,
        request: Request<proto::BatchCreateTargetsRequest>,
    ) -> Answer<proto::BatchCreateTargetsResponse> {
        let (operator, message) = called_batch!(self, request, CreateTarget);
        let created = async { self.create(&operator, message.requests).await };
        answer(created.await.map(|targets| proto::BatchCreateTargetsResponse { targets }))
    }

    async fn update_target(
        &self,
        request: Request<proto::UpdateTargetRequest>,
    ) -> Answer<proto::Target> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let updated = async {
            let (id, patch) = change(message, None)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            let changed = self.0.change_target(tenant, id, by, patch).await?;
            self.show_one(&operator, changed).await
        };
        answer(updated.await)
    }

    async fn delete_target(&self, request: Request<proto::DeleteTargetRequest>) -> Answer<()> {
        let (operator, message) = called_once!(self, request, DeleteTarget);
        let deleted = async {
            let id = name::controller_id(&message.name)?;
            self.0.delete_target(operator.tenant, id, Expected(message.etag)).await
        };
        answer(deleted.await)
    }

    async fn get_target_attributes(
        &self,
        request: Request<proto::GetTargetAttributesRequest>,
    ) -> Answer<proto::TargetAttributes> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            let id = name::controller_id(&message.name)?;
            let target = self.0.find_target(operator.tenant, &id).await?;
            let attributes = self.0.store.read().attributes(&target).await?;
            Ok(proto::TargetAttributes { attributes: attributes.into_iter().collect() })
        };
        answer(found.await)
    }

    async fn list_target_metadata(
        &self,
        request: Request<proto::ListTargetMetadataRequest>,
    ) -> Answer<proto::ListTargetMetadataResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        let listed = async {
            let id = name::controller_id(&message.parent)?;
            let target = self.0.find_target(operator.tenant, &id).await?;
            let entries = self.0.store.read().metadata(&target).await?;
            Ok(proto::ListTargetMetadataResponse {
                total_size: i64::try_from(entries.len()).unwrap_or(i64::MAX),
                metadata: entries.into_iter().map(crate::translate::device::metadata).collect(),
                next_page_token: String::new(),
            })
        };
        answer(listed.await)
    }

    async fn get_target_metadata(
        &self,
        request: Request<proto::GetTargetMetadataRequest>,
    ) -> Answer<proto::Metadata> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            let id = name::controller_id(&message.parent)?;
            let target = self.0.find_target(operator.tenant, &id).await?;
            let entries = self.0.store.read().metadata(&target).await?;
            let entry = entries.into_iter().find(|entry| entry.key == message.key);
            let missing =
                || Error::not_found(Entity::TargetMetadata, format!("{id}:{}", message.key));
            entry.map(crate::translate::device::metadata).ok_or_else(missing)
        };
        answer(found.await)
    }

    async fn create_target_metadata(
        &self,
        request: Request<proto::CreateTargetMetadataRequest>,
    ) -> Answer<proto::CreateTargetMetadataResponse> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let created = async {
            let id = name::controller_id(&message.parent)?;
            let entries = message.metadata.iter().cloned().map(metadata).collect();
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.add_target_metadata(tenant, id, by, entries).await
        };
        answer(
            created
                .await
                .map(|()| proto::CreateTargetMetadataResponse { metadata: message.metadata }),
        )
    }

    async fn update_target_metadata(
        &self,
        request: Request<proto::UpdateTargetMetadataRequest>,
    ) -> Answer<proto::Metadata> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let updated = async {
            let id = name::controller_id(&message.parent)?;
            let entry = metadata(required("metadata", message.metadata)?);
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.put_target_metadata(tenant, id, by, entry).await
        };
        answer(updated.await.map(crate::translate::device::metadata))
    }

    async fn delete_target_metadata(
        &self,
        request: Request<proto::DeleteTargetMetadataRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let deleted = async {
            let id = name::controller_id(&message.parent)?;
            self.0.delete_target_metadata(operator.tenant, id, message.key).await
        };
        answer(deleted.await)
    }

    async fn get_target_auto_confirmation(
        &self,
        request: Request<proto::GetTargetAutoConfirmationRequest>,
    ) -> Answer<proto::TargetAutoConfirmation> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            let id = name::controller_id(&message.name)?;
            self.0.find_target(operator.tenant, &id).await
        };
        answer(found.await.map(|t| translate::auto_confirmation(t.auto_confirmation.as_ref())))
    }

    async fn activate_target_auto_confirmation(
        &self,
        request: Request<proto::ActivateTargetAutoConfirmationRequest>,
    ) -> Answer<proto::TargetAutoConfirmation> {
        let (operator, message) = called_once!(self, request, UpdateTarget);
        let activated = async {
            let id = name::controller_id(&message.name)?;
            let consent = Consenting {
                initiator: given(message.initiator),
                remark: given(message.remark),
                by: operator.username.clone(),
            };
            self.0.activate_auto_confirmation(operator.tenant, id, consent).await
        };
        answer(activated.await.map(|t| translate::auto_confirmation(t.auto_confirmation.as_ref())))
    }

    async fn deactivate_target_auto_confirmation(
        &self,
        request: Request<proto::DeactivateTargetAutoConfirmationRequest>,
    ) -> Answer<proto::TargetAutoConfirmation> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let deactivated = async {
            let id = name::controller_id(&message.name)?;
            self.0.deactivate_auto_confirmation(operator.tenant, id).await
        };
        answer(
            deactivated.await.map(|t| translate::auto_confirmation(t.auto_confirmation.as_ref())),
        )
    }

    async fn list_target_groups(
        &self,
        request: Request<proto::ListTargetGroupsRequest>,
    ) -> Answer<proto::ListTargetGroupsResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        let listed = async {
            let groups = self.0.store.read().target_groups(operator.tenant).await?;
            translate::groups(&message, groups)
        };
        answer(listed.await)
    }

    async fn assign_target_group(
        &self,
        request: Request<proto::AssignTargetGroupRequest>,
    ) -> Answer<proto::AssignTargetGroupResponse> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let assigned = async {
            let (tenant, by) = (operator.tenant, &operator.username);
            let name = &operator.tenant_name;
            if let Some(filter) = self.0.filter(name, &message.filter).await? {
                if !message.controller_ids.is_empty() {
                    return Err(Error::invalid("filter", "either filter or controller_ids"));
                }
                return self.0.assign_group_to_matching(tenant, by, &message.group, filter).await;
            }
            self.0.assign_group(tenant, by, &message.group, message.controller_ids).await
        };
        answer(assigned.await.map(|changed| proto::AssignTargetGroupResponse {
            changed_count: i64::try_from(changed).unwrap_or(i64::MAX),
        }))
    }

    async fn batch_get_targets(
        &self,
        request: Request<proto::BatchGetTargetsRequest>,
    ) -> Answer<proto::BatchGetTargetsResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            check_batch(message.names.len())?;
            let ids = name::each(&message.names, name::controller_id)?;
            let targets = self.0.find_targets(operator.tenant, &ids).await?;
            self.show(&operator, targets).await
        };
        answer(found.await.map(|targets| proto::BatchGetTargetsResponse { targets }))
    }

    async fn batch_update_targets(
        &self,
        request: Request<proto::BatchUpdateTargetsRequest>,
    ) -> Answer<proto::BatchUpdateTargetsResponse> {
        let (operator, message) = called_batch!(self, request, UpdateTarget);
        let updated = async {
            check_batch(message.requests.len())?;
            let all = message.update_mask.as_ref();
            let changes = message.requests.into_iter().map(|one| change(one, all));
            let (changes, by) = (changes.collect::<Decided<_>>()?, &operator.username);
            let changed = self.0.change_targets(operator.tenant, by, changes).await?;
            self.show(&operator, changed).await
        };
        answer(updated.await.map(|targets| proto::BatchUpdateTargetsResponse { targets }))
    }

    async fn batch_delete_targets(
        &self,
        request: Request<proto::BatchDeleteTargetsRequest>,
    ) -> Answer<()> {
        let (operator, message) = called_batch!(self, request, DeleteTarget);
        let deleted = async {
            check_batch(message.requests.len())?;
            let wanted = message.requests.into_iter().map(|one| {
                let id = name::controller_id(&one.name)?;
                Ok((id, Expected(one.etag)))
            });
            self.0.delete_targets(operator.tenant, wanted.collect::<Decided<_>>()?).await
        };
        answer(deleted.await)
    }

    async fn import_targets(
        &self,
        request: Request<Streaming<proto::ImportTargetsRequest>>,
    ) -> Answer<Self::ImportTargetsStream> {
        let (operator, stream) = called!(self, request, CreateTarget);
        let may = operator.may(Permission::UpdateTarget);
        answer(may.map(|()| target_bulk::import(Self(self.0.clone()), operator, stream)))
    }

    async fn export_targets(
        &self,
        request: Request<proto::ExportTargetsRequest>,
    ) -> Answer<Self::ExportTargetsStream> {
        let (operator, message) = called!(self, request, ReadTarget);
        let begun = async {
            let filter = self.0.filter(&operator.tenant_name, &message.filter).await?;
            if filter.is_some() {
                // what is searched for may be of polls that wait to be written
                self.0.flush_last_seen().await?;
            }
            let after = bulk::after(&message.resume_token)?;
            let targets = Self(self.0.clone());
            Ok(target_bulk::export(Exporting { targets, operator, filter, after }))
        };
        answer(begun.await)
    }
}
