//! otahub.v1.TargetFilterService.

use super::once::called_once;
use super::target::called;
use super::{Answer, answer, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::{name, page, target_filter as translate};
use crate::usecase::NewTargetFilter;
use otahub_domain::permission::Permission;
use otahub_domain::target_filter::TargetFilter;
use otahub_domain::{Error, Result as Decided, SetId};
use otahub_proto::otahub::v1 as proto;
use otahub_store::TargetFilterQuery;
use proto::target_filter_service_server::TargetFilterService;
use tonic::Request;

/// Stored target filters.
pub(crate) struct TargetFilters(pub(crate) Hub);

impl TargetFilters {
    async fn show(
        &self,
        operator: &Operator,
        filters: Vec<TargetFilter>,
    ) -> Decided<Vec<proto::TargetFilter>> {
        let tenant = self.0.own_tenant(&operator.tenant_name).await?;
        let auto = filters.iter().filter_map(|filter| filter.auto_assignment.as_ref());
        let ids: Vec<SetId> = auto.map(|auto| auto.set).collect();
        let sets = self.0.store.read().sets_by_ids(tenant.id, &ids).await?;
        let flow = tenant.configuration.consent_flow;
        let filters = filters.into_iter();
        Ok(filters.map(|filter| translate::target_filter(filter, &sets, flow)).collect())
    }

    async fn show_one(
        &self,
        operator: &Operator,
        filter: TargetFilter,
    ) -> Decided<proto::TargetFilter> {
        self.show(operator, vec![filter]).await?.pop().ok_or(Error::Internal)
    }

    async fn list(
        &self,
        operator: &Operator,
        message: proto::ListTargetFiltersRequest,
    ) -> Decided<proto::ListTargetFiltersResponse> {
        let tenant = operator.tenant;
        let set = name::optional(&message.distribution_set, name::set)?;
        if let Some(set) = set {
            operator.may(Permission::ReadDistributionSet)?;
            self.0.find_set(tenant, set).await?;
        }
        let asked = page::asked!(message, message.filter, message.distribution_set);
        let query = TargetFilterQuery {
            filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
            set,
            page: asked.page(translate::order)?,
        };
        let listed = self.0.store.read().target_filters(tenant, &query).await?;
        let skip = query.page.skip;
        Ok(proto::ListTargetFiltersResponse {
            next_page_token: asked.next(skip, listed.items.len(), listed.total),
            total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
            target_filters: self.show(operator, listed.items).await?,
        })
    }
}

/// Refuses whoever may not let a filter assign a set.
fn may_assign(operator: &Operator) -> Decided<()> {
    operator.may(Permission::UpdateTarget)?;
    operator.may(Permission::ReadDistributionSet)
}

#[tonic::async_trait]
impl TargetFilterService for TargetFilters {
    async fn get_target_filter(
        &self,
        request: Request<proto::GetTargetFilterRequest>,
    ) -> Answer<proto::TargetFilter> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            let id = name::target_filter(&message.name)?;
            let found = self.0.find_target_filter(operator.tenant, id).await?;
            self.show_one(&operator, found).await
        };
        answer(found.await)
    }

    async fn list_target_filters(
        &self,
        request: Request<proto::ListTargetFiltersRequest>,
    ) -> Answer<proto::ListTargetFiltersResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        answer(self.list(&operator, message).await)
    }

    async fn create_target_filter(
        &self,
        request: Request<proto::CreateTargetFilterRequest>,
    ) -> Answer<proto::TargetFilter> {
        let (operator, message) = called_once!(self, request, CreateTarget);
        let created = async {
            let filter = required("target_filter", message.target_filter)?;
            if filter.auto_assignment.is_some() {
                may_assign(&operator)?;
            }
            let auto = filter.auto_assignment.as_ref();
            let new = NewTargetFilter {
                auto_assignment: auto.map(translate::draft).transpose()?,
                query: translate::query(&filter),
                name: filter.display_name,
            };
            let tenant = self.0.own_tenant(&operator.tenant_name).await?;
            let made = self.0.create_target_filter(tenant, &operator.username, new).await?;
            self.show_one(&operator, made).await
        };
        answer(created.await)
    }

    async fn update_target_filter(
        &self,
        request: Request<proto::UpdateTargetFilterRequest>,
    ) -> Answer<proto::TargetFilter> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let updated = async {
            let filter = required("target_filter", message.target_filter)?;
            let patch = translate::patch(&filter, &mask(message.update_mask)?)?;
            if matches!(patch.auto_assignment, Some(Some(_))) {
                may_assign(&operator)?;
            }
            let id = name::target_filter(&filter.name)?;
            let tenant = self.0.own_tenant(&operator.tenant_name).await?;
            let by = &operator.username;
            let changed = self.0.change_target_filter(tenant, id, by, patch).await?;
            self.show_one(&operator, changed).await
        };
        answer(updated.await)
    }

    async fn delete_target_filter(
        &self,
        request: Request<proto::DeleteTargetFilterRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteTarget);
        let deleted = async {
            let id = name::target_filter(&message.name)?;
            self.0.delete_target_filter(operator.tenant, id).await
        };
        answer(deleted.await)
    }
}
