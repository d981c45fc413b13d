//! The types of software modules and of distribution sets.

use super::once::{called_batch, called_once};
use super::target::called;
use super::{Answer, answer, check_batch, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::{name, page, set, software};
use otahub_domain::distribution_set::SetType;
use otahub_domain::software::ModuleType;
use otahub_domain::{Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use otahub_store::{ModuleTypeQuery, SetTypeQuery};
use proto::distribution_set_type_service_server::DistributionSetTypeService;
use proto::software_module_type_service_server::SoftwareModuleTypeService;
use tonic::Request;

/// otahub.v1.SoftwareModuleTypeService.
pub(crate) struct ModuleTypes(pub(crate) Hub);

/// otahub.v1.DistributionSetTypeService.
pub(crate) struct SetTypes(pub(crate) Hub);

impl ModuleTypes {
    async fn create(
        &self,
        operator: &Operator,
        requests: Vec<proto::CreateSoftwareModuleTypeRequest>,
    ) -> Decided<Vec<ModuleType>> {
        check_batch(requests.len())?;
        let drafts = requests
            .into_iter()
            .map(|r| {
                required("software_module_type", r.software_module_type).map(software::type_draft)
            })
            .collect::<Decided<_>>()?;
        let (tenant, by) = (operator.tenant, &operator.username);
        self.0.create_module_types(tenant, by, drafts).await
    }
}

impl SetTypes {
    async fn create(
        &self,
        operator: &Operator,
        requests: Vec<proto::CreateDistributionSetTypeRequest>,
    ) -> Decided<Vec<SetType>> {
        check_batch(requests.len())?;
        let wanted = requests
            .into_iter()
            .map(|r| {
                required("distribution_set_type", r.distribution_set_type).and_then(set::type_draft)
            })
            .collect::<Decided<_>>()?;
        let (tenant, by) = (operator.tenant, &operator.username);
        self.0.create_set_types(tenant, by, wanted).await
    }
}

#[tonic::async_trait]
impl SoftwareModuleTypeService for ModuleTypes {
    async fn get_software_module_type(
        &self,
        request: Request<proto::GetSoftwareModuleTypeRequest>,
    ) -> Answer<proto::SoftwareModuleType> {
        let (operator, message) = called!(self, request, ReadSoftwareModuleType);
        let found = async {
            let tenant = operator.tenant;
            let id = name::module_type(&message.name)?;
            self.0.find_module_type(tenant, id).await
        };
        answer(found.await.map(software::module_type))
    }

    async fn list_software_module_types(
        &self,
        request: Request<proto::ListSoftwareModuleTypesRequest>,
    ) -> Answer<proto::ListSoftwareModuleTypesResponse> {
        let (operator, message) = called!(self, request, ReadSoftwareModuleType);
        let listed = async {
            let tenant = operator.tenant;
            let asked = page::asked!(
                message,
                message.filter,
                message.deleted_mode,
                message.distribution_set_type
            );
            let query = ModuleTypeQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                set_type: name::optional(&message.distribution_set_type, name::set_type)?,
                deleted: page::deleted_mode(message.deleted_mode),
                page: asked.page(software::type_order)?,
            };
            if let Some(set_type) = query.set_type {
                self.0.find_set_type(tenant, set_type).await?;
            }
            let listed = self.0.store.read().module_types(tenant, &query).await?;
            let skip = query.page.skip;
            Ok(proto::ListSoftwareModuleTypesResponse {
                next_page_token: asked.next(skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                software_module_types: listed
                    .items
                    .into_iter()
                    .map(software::module_type)
                    .collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_software_module_type(
        &self,
        request: Request<proto::CreateSoftwareModuleTypeRequest>,
    ) -> Answer<proto::SoftwareModuleType> {
        let (operator, message) = called_once!(self, request, CreateSoftwareModuleType);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await.map(software::module_type))
    }

    async fn batch_create_software_module_types(
        &self,
        request: Request<proto::BatchCreateSoftwareModuleTypesRequest>,
    ) -> Answer<proto::BatchCreateSoftwareModuleTypesResponse> {
        let (operator, message) = called_batch!(self, request, CreateSoftwareModuleType);
        let created = async { self.create(&operator, message.requests).await };
        answer(created.await.map(|made| proto::BatchCreateSoftwareModuleTypesResponse {
            software_module_types: made.into_iter().map(software::module_type).collect(),
        }))
    }

    async fn update_software_module_type(
        &self,
        request: Request<proto::UpdateSoftwareModuleTypeRequest>,
    ) -> Answer<proto::SoftwareModuleType> {
        let (operator, message) = called!(self, request, UpdateSoftwareModuleType);
        let updated = async {
            let kind = required("software_module_type", message.software_module_type)?;
            let patch = software::type_patch(&kind, &mask(message.update_mask)?)?;
            let id = name::module_type(&kind.name)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.change_module_type(tenant, id, by, patch).await
        };
        answer(updated.await.map(software::module_type))
    }

    async fn delete_software_module_type(
        &self,
        request: Request<proto::DeleteSoftwareModuleTypeRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteSoftwareModuleType);
        let deleted = async {
            let id = name::module_type(&message.name)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.delete_module_type(tenant, id, by).await
        };
        answer(deleted.await)
    }
}

#[tonic::async_trait]
impl DistributionSetTypeService for SetTypes {
    async fn get_distribution_set_type(
        &self,
        request: Request<proto::GetDistributionSetTypeRequest>,
    ) -> Answer<proto::DistributionSetType> {
        let (operator, message) = called!(self, request, ReadDistributionSetType);
        let found = async {
            let tenant = operator.tenant;
            let id = name::set_type(&message.name)?;
            self.0.find_set_type(tenant, id).await
        };
        answer(found.await.map(set::set_type))
    }

    async fn list_distribution_set_types(
        &self,
        request: Request<proto::ListDistributionSetTypesRequest>,
    ) -> Answer<proto::ListDistributionSetTypesResponse> {
        let (operator, message) = called!(self, request, ReadDistributionSetType);
        let listed = async {
            let tenant = operator.tenant;
            let asked =
                page::asked!(message, message.filter, message.deleted_mode, message.target_type);
            let query = SetTypeQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                target_type: name::optional(&message.target_type, name::target_type)?,
                deleted: page::deleted_mode(message.deleted_mode),
                page: asked.page(software::type_order)?,
            };
            if let Some(target_type) = query.target_type {
                self.0.find_target_type(tenant, target_type).await?;
            }
            let listed = self.0.store.read().set_types(tenant, &query).await?;
            let skip = query.page.skip;
            Ok(proto::ListDistributionSetTypesResponse {
                next_page_token: asked.next(skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                distribution_set_types: listed.items.into_iter().map(set::set_type).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_distribution_set_type(
        &self,
        request: Request<proto::CreateDistributionSetTypeRequest>,
    ) -> Answer<proto::DistributionSetType> {
        let (operator, message) = called_once!(self, request, CreateDistributionSetType);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await.map(set::set_type))
    }

    async fn batch_create_distribution_set_types(
        &self,
        request: Request<proto::BatchCreateDistributionSetTypesRequest>,
    ) -> Answer<proto::BatchCreateDistributionSetTypesResponse> {
        let (operator, message) = called_batch!(self, request, CreateDistributionSetType);
        let created = async { self.create(&operator, message.requests).await };
        answer(created.await.map(|made| proto::BatchCreateDistributionSetTypesResponse {
            distribution_set_types: made.into_iter().map(set::set_type).collect(),
        }))
    }

    async fn update_distribution_set_type(
        &self,
        request: Request<proto::UpdateDistributionSetTypeRequest>,
    ) -> Answer<proto::DistributionSetType> {
        let (operator, message) = called!(self, request, UpdateDistributionSetType);
        let updated = async {
            let kind = required("distribution_set_type", message.distribution_set_type)?;
            let change = set::type_patch(&kind, &mask(message.update_mask)?)?;
            let id = name::set_type(&kind.name)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.change_set_type(tenant, id, by, change).await
        };
        answer(updated.await.map(set::set_type))
    }

    async fn change_distribution_set_type_module_types(
        &self,
        request: Request<proto::ChangeDistributionSetTypeModuleTypesRequest>,
    ) -> Answer<proto::DistributionSetType> {
        let (operator, message) = called!(self, request, UpdateDistributionSetType);
        let changed = async {
            let id = name::set_type(&message.name)?;
            let change = set::place_change(&message)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.change_set_type_places(tenant, id, by, change).await
        };
        answer(changed.await.map(set::set_type))
    }

    async fn delete_distribution_set_type(
        &self,
        request: Request<proto::DeleteDistributionSetTypeRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteDistributionSetType);
        let deleted = async {
            let id = name::set_type(&message.name)?;
            let tenant = self.0.own_tenant(&operator.tenant_name).await?;
            self.0.delete_set_type(tenant, id, &operator.username).await
        };
        answer(deleted.await)
    }
}
