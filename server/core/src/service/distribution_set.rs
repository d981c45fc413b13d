//! otahub.v1.DistributionSetService.

use super::once::{called_batch, called_once};
use super::software::metadata;
use super::target::called;
use super::{Answer, answer, check_batch, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::set as translate;
use crate::translate::{name, page};
use crate::usecase::{Cancelation, ModuleChange};
use otahub_domain::distribution_set::Set;
use otahub_domain::permission::Permission;
use otahub_domain::{Error, ModuleId, Result as Decided, TenantId};
use otahub_proto::otahub::v1 as proto;
use otahub_store::SetQuery;
use proto::distribution_set_service_server::DistributionSetService;
use std::collections::HashMap;
use tonic::Request;

/// Distribution sets.
pub(crate) struct DistributionSets(pub(crate) Hub);

impl DistributionSets {
    async fn show(&self, tenant: TenantId, sets: Vec<Set>) -> Decided<Vec<proto::DistributionSet>> {
        let ids: Vec<ModuleId> = sets.iter().flat_map(|set| set.modules.clone()).collect();
        let modules = self.0.store.read().modules_by_ids(tenant, &ids).await?;
        let shown = super::software::show(&self.0, tenant, modules).await?;
        let modules: HashMap<i64, proto::SoftwareModule> =
            shown.into_iter().map(|module| (module.id, module)).collect();
        let typed = self.0.with_set_types(tenant, sets).await?;
        let show = |(set, kind): (Set, _)| {
            let of_set = set.modules.iter().filter_map(|id| modules.get(&id.0).cloned()).collect();
            translate::set(set, &kind, of_set)
        };
        Ok(typed.into_iter().map(show).collect())
    }

    async fn show_one(&self, tenant: TenantId, set: Set) -> Decided<proto::DistributionSet> {
        self.show(tenant, vec![set]).await?.pop().ok_or(Error::Internal)
    }

    async fn create(
        &self,
        operator: &Operator,
        requests: Vec<proto::CreateDistributionSetRequest>,
    ) -> Decided<Vec<proto::DistributionSet>> {
        check_batch(requests.len())?;
        let drafts = requests
            .into_iter()
            .map(|r| required("distribution_set", r.distribution_set).and_then(translate::draft))
            .collect::<Decided<_>>()?;
        let tenant = self.0.own_tenant(&operator.tenant_name).await?;
        let created = self.0.create_sets(tenant, &operator.username, drafts).await?;
        self.show(operator.tenant, created).await
    }
}

#[tonic::async_trait]
impl DistributionSetService for DistributionSets {
    async fn get_distribution_set(
        &self,
        request: Request<proto::GetDistributionSetRequest>,
    ) -> Answer<proto::DistributionSet> {
        let (operator, message) = called!(self, request, ReadDistributionSet);
        let found = async {
            let tenant = operator.tenant;
            let set = self.0.find_set(tenant, name::set(&message.name)?).await?;
            self.show_one(tenant, set).await
        };
        answer(found.await)
    }

    async fn list_distribution_sets(
        &self,
        request: Request<proto::ListDistributionSetsRequest>,
    ) -> Answer<proto::ListDistributionSetsResponse> {
        let (operator, message) = called!(self, request, ReadDistributionSet);
        let listed = async {
            let tenant = operator.tenant;
            let asked = page::asked!(
                message,
                message.filter,
                message.deleted_mode,
                message.distribution_set_tag
            );
            let query = SetQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                tag: name::optional(&message.distribution_set_tag, name::set_tag)?,
                deleted: page::deleted_mode(message.deleted_mode),
                page: asked.page(translate::order)?,
                ..SetQuery::default()
            };
            if let Some(tag) = query.tag {
                self.0.find_set_tag(tenant, tag).await?;
            }
            let listed = self.0.store.read().list_sets(tenant, &query).await?;
            Ok(proto::ListDistributionSetsResponse {
                next_page_token: asked.next(query.page.skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                distribution_sets: self.show(tenant, listed.items).await?,
            })
        };
        answer(listed.await)
    }

    async fn create_distribution_set(
        &self,
        request: Request<proto::CreateDistributionSetRequest>,
    ) -> Answer<proto::DistributionSet> {
        let (operator, message) = called_once!(self, request, CreateDistributionSet);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await)
    }

    async fn batch_create_distribution_sets(
        &self,
        request: Request<proto::BatchCreateDistributionSetsRequest>,
    ) -> Answer<proto::BatchCreateDistributionSetsResponse> {
        let (operator, message) = called_batch!(self, request, CreateDistributionSet);
        let created = async { self.create(&operator, message.requests).await };
        answer(created.await.map(|distribution_sets| proto::BatchCreateDistributionSetsResponse {
            distribution_sets,
        }))
    }

    async fn update_distribution_set(
        &self,
        request: Request<proto::UpdateDistributionSetRequest>,
    ) -> Answer<proto::DistributionSet> {
        let (operator, message) = called!(self, request, UpdateDistributionSet);
        let updated = async {
            let set = required("distribution_set", message.distribution_set)?;
            let patch = translate::patch(&set, &mask(message.update_mask)?)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            let changed = self.0.change_set(tenant, name::set(&set.name)?, by, patch).await?;
            self.show_one(tenant, changed).await
        };
        answer(updated.await)
    }

    async fn delete_distribution_set(
        &self,
        request: Request<proto::DeleteDistributionSetRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteDistributionSet);
        let deleted = async {
            let id = name::set(&message.name)?;
            self.0.delete_set(operator.tenant, id, &operator.username).await
        };
        answer(deleted.await)
    }

    async fn change_distribution_set_modules(
        &self,
        request: Request<proto::ChangeDistributionSetModulesRequest>,
    ) -> Answer<proto::DistributionSet> {
        let (operator, message) = called!(self, request, UpdateDistributionSet);
        let changed = async {
            let ids = |named: &[String]| -> Decided<Vec<ModuleId>> {
                named.iter().map(|n| name::module(n)).collect()
            };
            let change = ModuleChange {
                added: ids(&message.add_modules)?,
                removed: ids(&message.remove_modules)?,
            };
            let (id, by) = (name::set(&message.name)?, &operator.username);
            let tenant = self.0.own_tenant(&operator.tenant_name).await?;
            let changed = self.0.change_set_modules(tenant, id, by, change).await?;
            self.show_one(operator.tenant, changed).await
        };
        answer(changed.await)
    }

    async fn list_distribution_set_metadata(
        &self,
        request: Request<proto::ListDistributionSetMetadataRequest>,
    ) -> Answer<proto::ListDistributionSetMetadataResponse> {
        let (operator, message) = called!(self, request, ReadDistributionSet);
        let listed = async {
            let set = self.0.find_set(operator.tenant, name::set(&message.parent)?).await?;
            let entries = self.0.store.read().metadata(&set).await?;
            Ok(proto::ListDistributionSetMetadataResponse {
                total_size: i64::try_from(entries.len()).unwrap_or(i64::MAX),
                metadata: entries.into_iter().map(crate::translate::device::metadata).collect(),
                next_page_token: String::new(),
            })
        };
        answer(listed.await)
    }

    async fn update_distribution_set_metadata(
        &self,
        request: Request<proto::UpdateDistributionSetMetadataRequest>,
    ) -> Answer<proto::UpdateDistributionSetMetadataResponse> {
        let (operator, message) = called!(self, request, UpdateDistributionSet);
        let updated = async {
            let id = name::set(&message.parent)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.put_set_metadata(tenant, id, by, metadata(message.metadata)).await
        };
        answer(updated.await.map(|entries| proto::UpdateDistributionSetMetadataResponse {
            metadata: entries.into_iter().map(crate::translate::device::metadata).collect(),
        }))
    }

    async fn delete_distribution_set_metadata(
        &self,
        request: Request<proto::DeleteDistributionSetMetadataRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, UpdateDistributionSet);
        let deleted = async {
            let id = name::set(&message.parent)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.delete_set_metadata(tenant, id, by, message.key).await
        };
        answer(deleted.await)
    }

    async fn invalidate_distribution_set(
        &self,
        request: Request<proto::InvalidateDistributionSetRequest>,
    ) -> Answer<proto::DistributionSet> {
        let (operator, message) = called!(self, request, UpdateDistributionSet);
        let invalidated = async {
            let (id, cancelation) = (name::set(&message.name), message.cancelation_mode);
            let cancelation = translate::cancelation(cancelation)?;
            if cancelation != Cancelation::None {
                operator.may(Permission::UpdateRollout)?;
                operator.may(Permission::UpdateTarget)?;
            }
            let (tenant, by) = (operator.tenant, &operator.username);
            let set = self.0.invalidate_set(tenant, id?, by, cancelation).await?;
            self.show_one(tenant, set).await
        };
        answer(invalidated.await)
    }

    async fn get_distribution_set_statistics(
        &self,
        request: Request<proto::GetDistributionSetStatisticsRequest>,
    ) -> Answer<proto::DistributionSetStatistics> {
        let (operator, message) = called!(self, request, ReadDistributionSet);
        let counted = async {
            let (tenant, id) = (operator.tenant, name::set(&message.name)?);
            self.0.find_set(tenant, id).await?;
            let session = self.0.store.read();
            let actions = session.count_actions_by_state(tenant, id).await?;
            let assigning = session.count_assigning(tenant, id).await?;
            let rollouts = session.count_rollouts_by_state(tenant, id).await?;
            Ok(translate::statistics(&actions, &rollouts, assigning))
        };
        answer(counted.await)
    }
}
