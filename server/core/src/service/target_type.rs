//! otahub.v1.TargetTypeService.

use super::once::{called_batch, called_once};
use super::target::called;
use super::{Answer, answer, check_batch, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::{name, page, software, target_type as translate};
use otahub_domain::permission::Permission;
use otahub_domain::target_type::TargetType;
use otahub_domain::{Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use otahub_store::TargetTypeQuery;
use proto::target_type_service_server::TargetTypeService;
use tonic::Request;

/// Types of targets.
pub(crate) struct TargetTypes(pub(crate) Hub);

impl TargetTypes {
    async fn create(
        &self,
        operator: &Operator,
        requests: Vec<proto::CreateTargetTypeRequest>,
    ) -> Decided<Vec<TargetType>> {
        check_batch(requests.len())?;
        let drafts = requests
            .into_iter()
            .map(|r| required("target_type", r.target_type).and_then(translate::draft))
            .collect::<Decided<Vec<_>>>()?;
        if drafts.iter().any(|draft| !draft.set_types.is_empty()) {
            operator.may(Permission::ReadDistributionSetType)?;
        }
        let (tenant, by) = (operator.tenant, &operator.username);
        self.0.create_target_types(tenant, by, drafts).await
    }
}

#[tonic::async_trait]
impl TargetTypeService for TargetTypes {
    async fn get_target_type(
        &self,
        request: Request<proto::GetTargetTypeRequest>,
    ) -> Answer<proto::TargetType> {
        let (operator, message) = called!(self, request, ReadTargetType);
        let found = async {
            let tenant = operator.tenant;
            let id = name::target_type(&message.name)?;
            self.0.find_target_type(tenant, id).await
        };
        answer(found.await.map(translate::target_type))
    }

    async fn list_target_types(
        &self,
        request: Request<proto::ListTargetTypesRequest>,
    ) -> Answer<proto::ListTargetTypesResponse> {
        let (operator, message) = called!(self, request, ReadTargetType);
        let listed = async {
            let tenant = operator.tenant;
            let asked = page::asked!(message, message.filter);
            let query = TargetTypeQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                page: asked.page(software::type_order)?,
            };
            let listed = self.0.store.read().target_types(tenant, &query).await?;
            let skip = query.page.skip;
            Ok(proto::ListTargetTypesResponse {
                next_page_token: asked.next(skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                target_types: listed.items.into_iter().map(translate::target_type).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_target_type(
        &self,
        request: Request<proto::CreateTargetTypeRequest>,
    ) -> Answer<proto::TargetType> {
        let (operator, message) = called_once!(self, request, CreateTargetType);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await.map(translate::target_type))
    }

    async fn batch_create_target_types(
        &self,
        request: Request<proto::BatchCreateTargetTypesRequest>,
    ) -> Answer<proto::BatchCreateTargetTypesResponse> {
        let (operator, message) = called_batch!(self, request, CreateTargetType);
        let created = async { self.create(&operator, message.requests).await };
        let target_types = created.await.map(|made| {
            let made = made.into_iter().map(translate::target_type);
            made.collect()
        });
        answer(
            target_types.map(|target_types| proto::BatchCreateTargetTypesResponse { target_types }),
        )
    }

    async fn update_target_type(
        &self,
        request: Request<proto::UpdateTargetTypeRequest>,
    ) -> Answer<proto::TargetType> {
        let (operator, message) = called!(self, request, UpdateTargetType);
        let updated = async {
            let kind = required("target_type", message.target_type)?;
            let patch = translate::patch(&kind, &mask(message.update_mask)?)?;
            if patch.set_types.is_some() {
                operator.may(Permission::ReadDistributionSetType)?;
            }
            let id = name::target_type(&kind.name)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.change_target_type(tenant, id, by, patch).await
        };
        answer(updated.await.map(translate::target_type))
    }

    async fn change_target_type_set_types(
        &self,
        request: Request<proto::ChangeTargetTypeSetTypesRequest>,
    ) -> Answer<proto::TargetType> {
        let (operator, message) = called!(self, request, UpdateTargetType);
        let changed = async {
            operator.may(Permission::ReadDistributionSetType)?;
            let id = name::target_type(&message.name)?;
            let change = (
                name::each(&message.add_set_types, name::set_type)?,
                name::each(&message.remove_set_types, name::set_type)?,
            );
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.change_target_type_set_types(tenant, id, by, change).await
        };
        answer(changed.await.map(translate::target_type))
    }

    async fn delete_target_type(
        &self,
        request: Request<proto::DeleteTargetTypeRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteTargetType);
        let deleted = async {
            let tenant = operator.tenant;
            let id = name::target_type(&message.name)?;
            self.0.delete_target_type(tenant, id).await
        };
        answer(deleted.await)
    }
}
