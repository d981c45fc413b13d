//! otahub.v1.SoftwareService.

use super::once::{called_batch, called_once};
use super::target::called;
use super::{Answer, answer, artifact, check_batch, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::software as translate;
use crate::translate::{name, page};
use futures::stream::BoxStream;
use otahub_domain::permission::Permission;
use otahub_domain::software::{Metadata, Module};
use otahub_domain::{Error, Result as Decided, TenantId};
use otahub_proto::otahub::v1 as proto;
use otahub_store::{Listed, ModuleQuery};
use proto::software_service_server::SoftwareService;
use tonic::{Request, Response, Status, Streaming};

/// Software modules and their artifacts.
pub(crate) struct Software(pub(crate) Hub);

/// Modules as the contract shows them.
pub(super) async fn show(
    hub: &Hub,
    tenant: TenantId,
    modules: Vec<Module>,
) -> Decided<Vec<proto::SoftwareModule>> {
    let typed = hub.with_types(tenant, modules).await?;
    Ok(typed.into_iter().map(|(module, kind)| translate::module(module, &kind)).collect())
}

/// Metadata from the wire.
pub(super) fn metadata(entries: Vec<proto::Metadata>) -> Vec<Metadata> {
    let entry = |e: proto::Metadata| Metadata {
        key: e.key,
        value: e.value,
        target_visible: e.target_visible,
    };
    entries.into_iter().map(entry).collect()
}

impl Software {
    async fn show_one(&self, tenant: TenantId, module: Module) -> Decided<proto::SoftwareModule> {
        show(&self.0, tenant, vec![module]).await?.pop().ok_or(Error::Internal)
    }

    async fn create(
        &self,
        operator: &Operator,
        requests: Vec<proto::CreateSoftwareModuleRequest>,
    ) -> Decided<Vec<proto::SoftwareModule>> {
        check_batch(requests.len())?;
        let drafts = requests
            .into_iter()
            .map(|r| required("software_module", r.software_module).map(translate::draft))
            .collect::<Decided<_>>()?;
        let created = self.0.create_modules(operator.tenant, &operator.username, drafts).await?;
        show(&self.0, operator.tenant, created).await
    }

    async fn list(&self, tenant: TenantId, query: &ModuleQuery) -> Decided<Listed<Module>> {
        let session = self.0.store.read();
        let Some(set) = query.set else {
            return Ok(session.list_modules(tenant, query).await?);
        };
        let set = self.0.find_set(tenant, set).await?;
        if query.filter.is_some() || !query.page.order.is_empty() {
            return Ok(session.list_modules(tenant, query).await?);
        }
        // without an order they come in that of their assignment
        let modules = session.modules_of_set(&set).await?;
        let total = modules.len() as u64;
        let skip = usize::try_from(query.page.skip).unwrap_or(usize::MAX);
        let limit = usize::try_from(query.page.limit).unwrap_or(usize::MAX);
        Ok(Listed { items: modules.into_iter().skip(skip).take(limit).collect(), total })
    }
}

#[tonic::async_trait]
impl SoftwareService for Software {
    async fn get_software_module(
        &self,
        request: Request<proto::GetSoftwareModuleRequest>,
    ) -> Answer<proto::SoftwareModule> {
        let (operator, message) = called!(self, request, ReadSoftwareModule);
        let found = async {
            let tenant = operator.tenant;
            let module = self.0.find_module(tenant, name::module(&message.name)?).await?;
            self.show_one(tenant, module).await
        };
        answer(found.await)
    }

    async fn list_software_modules(
        &self,
        request: Request<proto::ListSoftwareModulesRequest>,
    ) -> Answer<proto::ListSoftwareModulesResponse> {
        let (operator, message) = called!(self, request, ReadSoftwareModule);
        let listed = async {
            let tenant = operator.tenant;
            let asked = page::asked!(
                message,
                message.filter,
                message.deleted_mode,
                message.distribution_set
            );
            let set = crate::translate::target::optional_set(&message.distribution_set)?;
            if set.is_some() {
                operator.may(Permission::ReadDistributionSet)?;
            }
            let query = ModuleQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                set,
                deleted: page::deleted_mode(message.deleted_mode),
                page: asked.page(translate::order)?,
                ..ModuleQuery::default()
            };
            let listed = self.list(tenant, &query).await?;
            Ok(proto::ListSoftwareModulesResponse {
                next_page_token: asked.next(query.page.skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                software_modules: show(&self.0, tenant, listed.items).await?,
            })
        };
        answer(listed.await)
    }

    async fn create_software_module(
        &self,
        request: Request<proto::CreateSoftwareModuleRequest>,
    ) -> Answer<proto::SoftwareModule> {
        let (operator, message) = called_once!(self, request, CreateSoftwareModule);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await)
    }

    async fn batch_create_software_modules(
        &self,
        request: Request<proto::BatchCreateSoftwareModulesRequest>,
    ) -> Answer<proto::BatchCreateSoftwareModulesResponse> {
        let (operator, message) = called_batch!(self, request, CreateSoftwareModule);
        let created = async { self.create(&operator, message.requests).await };
        answer(
            created.await.map(|software_modules| proto::BatchCreateSoftwareModulesResponse {
                software_modules,
            }),
        )
    }

    async fn update_software_module(
        &self,
        request: Request<proto::UpdateSoftwareModuleRequest>,
    ) -> Answer<proto::SoftwareModule> {
        let (operator, message) = called!(self, request, UpdateSoftwareModule);
        let updated = async {
            let module = required("software_module", message.software_module)?;
            let patch = translate::patch(&module, &mask(message.update_mask)?)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            let id = name::module(&module.name)?;
            let changed = self.0.change_module(tenant, id, by, patch).await?;
            self.show_one(tenant, changed).await
        };
        answer(updated.await)
    }

    async fn delete_software_module(
        &self,
        request: Request<proto::DeleteSoftwareModuleRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteSoftwareModule);
        let deleted = async {
            let id = name::module(&message.name)?;
            self.0.delete_module(operator.tenant, id, &operator.username).await
        };
        answer(deleted.await)
    }

    async fn list_software_module_metadata(
        &self,
        request: Request<proto::ListSoftwareModuleMetadataRequest>,
    ) -> Answer<proto::ListSoftwareModuleMetadataResponse> {
        let (operator, message) = called!(self, request, ReadSoftwareModule);
        let listed = async {
            let module =
                self.0.find_module(operator.tenant, name::module(&message.parent)?).await?;
            let entries = self.0.store.read().metadata(&module).await?;
            Ok(proto::ListSoftwareModuleMetadataResponse {
                total_size: i64::try_from(entries.len()).unwrap_or(i64::MAX),
                metadata: entries.into_iter().map(crate::translate::device::metadata).collect(),
                next_page_token: String::new(),
            })
        };
        answer(listed.await)
    }

    async fn update_software_module_metadata(
        &self,
        request: Request<proto::UpdateSoftwareModuleMetadataRequest>,
    ) -> Answer<proto::UpdateSoftwareModuleMetadataResponse> {
        let (operator, message) = called!(self, request, UpdateSoftwareModule);
        let updated = async {
            let id = name::module(&message.parent)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.put_module_metadata(tenant, id, by, metadata(message.metadata)).await
        };
        answer(updated.await.map(|entries| proto::UpdateSoftwareModuleMetadataResponse {
            metadata: entries.into_iter().map(crate::translate::device::metadata).collect(),
        }))
    }

    async fn delete_software_module_metadata(
        &self,
        request: Request<proto::DeleteSoftwareModuleMetadataRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, UpdateSoftwareModule);
        let deleted = async {
            let id = name::module(&message.parent)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.delete_module_metadata(tenant, id, by, message.key).await
        };
        answer(deleted.await)
    }

    async fn get_artifact(
        &self,
        request: Request<proto::GetArtifactRequest>,
    ) -> Answer<proto::Artifact> {
        let (operator, message) = called!(self, request, ReadSoftwareModule);
        answer(async { artifact::get(&self.0, operator.tenant, &message.name).await }.await)
    }

    async fn list_artifacts(
        &self,
        request: Request<proto::ListArtifactsRequest>,
    ) -> Answer<proto::ListArtifactsResponse> {
        let (operator, message) = called!(self, request, ReadSoftwareModule);
        answer(async { artifact::list(&self.0, operator.tenant, &message.parent).await }.await)
    }

    async fn upload_artifact(
        &self,
        request: Request<Streaming<proto::UploadArtifactRequest>>,
    ) -> Answer<proto::Artifact> {
        let (operator, stream) = called!(self, request, CreateSoftwareModule);
        artifact::upload(&self.0, &operator, stream).await
    }

    type DownloadArtifactStream =
        BoxStream<'static, Result<proto::DownloadArtifactResponse, Status>>;

    async fn download_artifact(
        &self,
        request: Request<proto::DownloadArtifactRequest>,
    ) -> Result<Response<Self::DownloadArtifactStream>, Status> {
        let (operator, message) = called!(self, request, ReadSoftwareModuleArtifact);
        answer(async { artifact::download(&self.0, operator.tenant, message).await }.await)
    }

    async fn delete_artifact(&self, request: Request<proto::DeleteArtifactRequest>) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteSoftwareModule);
        let deleted = async {
            let (module, id) = name::artifact(&message.name)?;
            self.0.delete_artifact(operator.tenant, module, id, &operator.username).await
        };
        answer(deleted.await)
    }

    async fn update_artifact(
        &self,
        request: Request<proto::UpdateArtifactRequest>,
    ) -> Answer<proto::Artifact> {
        let (operator, message) = called!(self, request, UpdateSoftwareModule);
        answer(artifact::update(&self.0, &operator, message).await)
    }
}
