//! The types of software modules and of distribution sets. They can be read; making and changing
//! them is not served by this version.

use super::target::called;
use super::{Answer, answer};
use crate::hub::Hub;
use crate::status::not_implemented;
use crate::translate::{name, page, set, software};
use otahub_domain::{Entity, Error};
use otahub_proto::otahub::v1 as proto;
use otahub_store::TypeQuery;
use proto::distribution_set_type_service_server::DistributionSetTypeService;
use proto::software_module_type_service_server::SoftwareModuleTypeService;
use tonic::Request;

/// otahub.v1.SoftwareModuleTypeService.
pub(crate) struct ModuleTypes(pub(crate) Hub);

/// otahub.v1.DistributionSetTypeService.
pub(crate) struct SetTypes(pub(crate) Hub);

#[tonic::async_trait]
impl SoftwareModuleTypeService for ModuleTypes {
    async fn get_software_module_type(
        &self,
        request: Request<proto::GetSoftwareModuleTypeRequest>,
    ) -> Answer<proto::SoftwareModuleType> {
        let (operator, message) = called!(self, request, ReadSoftwareModuleType);
        let found = async {
            let id = name::module_type(&message.name)?;
            let found = self.0.store.read().module_type(operator?.tenant, id).await?;
            found.ok_or_else(|| Error::not_found(Entity::SoftwareModuleType, id))
        };
        answer(found.await.map(software::module_type))
    }

    async fn list_software_module_types(
        &self,
        request: Request<proto::ListSoftwareModuleTypesRequest>,
    ) -> Answer<proto::ListSoftwareModuleTypesResponse> {
        let (operator, message) = called!(self, request, ReadSoftwareModuleType);
        let listed = async {
            let operator = operator?;
            let asked = page::asked!(message, message.filter, message.deleted_mode);
            let query = TypeQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                deleted: page::deleted_mode(message.deleted_mode),
                page: asked.page(software::type_order)?,
            };
            let read = self.0.store.read();
            let listed = read.list_module_types(operator.tenant, &query).await?;
            Ok(proto::ListSoftwareModuleTypesResponse {
                next_page_token: asked.next(query.page.skip, listed.items.len(), listed.total),
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
        _: Request<proto::CreateSoftwareModuleTypeRequest>,
    ) -> Answer<proto::SoftwareModuleType> {
        Err(not_implemented("CreateSoftwareModuleType"))
    }

    async fn update_software_module_type(
        &self,
        _: Request<proto::UpdateSoftwareModuleTypeRequest>,
    ) -> Answer<proto::SoftwareModuleType> {
        Err(not_implemented("UpdateSoftwareModuleType"))
    }

    async fn delete_software_module_type(
        &self,
        _: Request<proto::DeleteSoftwareModuleTypeRequest>,
    ) -> Answer<()> {
        Err(not_implemented("DeleteSoftwareModuleType"))
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
            let id = name::set_type(&message.name)?;
            let found = self.0.store.read().set_type(operator?.tenant, id).await?;
            found.ok_or_else(|| Error::not_found(Entity::DistributionSetType, id))
        };
        answer(found.await.map(set::set_type))
    }

    async fn list_distribution_set_types(
        &self,
        request: Request<proto::ListDistributionSetTypesRequest>,
    ) -> Answer<proto::ListDistributionSetTypesResponse> {
        let (operator, message) = called!(self, request, ReadDistributionSetType);
        let listed = async {
            let operator = operator?;
            let asked = page::asked!(message, message.filter, message.deleted_mode);
            let query = TypeQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                deleted: page::deleted_mode(message.deleted_mode),
                page: asked.page(software::type_order)?,
            };
            let read = self.0.store.read();
            let listed = read.list_set_types(operator.tenant, &query).await?;
            Ok(proto::ListDistributionSetTypesResponse {
                next_page_token: asked.next(query.page.skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                distribution_set_types: listed.items.into_iter().map(set::set_type).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_distribution_set_type(
        &self,
        _: Request<proto::CreateDistributionSetTypeRequest>,
    ) -> Answer<proto::DistributionSetType> {
        Err(not_implemented("CreateDistributionSetType"))
    }

    async fn update_distribution_set_type(
        &self,
        _: Request<proto::UpdateDistributionSetTypeRequest>,
    ) -> Answer<proto::DistributionSetType> {
        Err(not_implemented("UpdateDistributionSetType"))
    }

    async fn delete_distribution_set_type(
        &self,
        _: Request<proto::DeleteDistributionSetTypeRequest>,
    ) -> Answer<()> {
        Err(not_implemented("DeleteDistributionSetType"))
    }
}
