//! otahub.v1.TenantAdminService.

use super::target::called;
use super::{Answer, answer, required};
use crate::hub::Hub;
use crate::once;
use crate::translate::{identity as translate, name};
use otahub_proto::otahub::v1 as proto;
use proto::tenant_admin_service_server::TenantAdminService;
use tonic::Request;

/// The hub's tenants.
pub(crate) struct TenantAdminApi(pub(crate) Hub);

#[tonic::async_trait]
impl TenantAdminService for TenantAdminApi {
    async fn get_tenant(&self, request: Request<proto::GetTenantRequest>) -> Answer<proto::Tenant> {
        let (_, message) = called!(self, request, SystemAdmin);
        let found = async { self.0.find_tenant(&name::tenant(&message.name)?).await };
        answer(found.await.map(translate::tenant))
    }

    async fn list_tenants(
        &self,
        request: Request<proto::ListTenantsRequest>,
    ) -> Answer<proto::ListTenantsResponse> {
        let (_, message) = called!(self, request, SystemAdmin);
        let listed = async {
            let asked = translate::asked(message.page_size, message.page_token, "");
            let window = translate::window(&asked)?;
            let listed = self.0.store.read().list_tenants(window).await?;
            Ok(proto::ListTenantsResponse {
                next_page_token: asked.next(window.0, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                tenants: listed.items.into_iter().map(translate::tenant).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_tenant(
        &self,
        request: Request<proto::CreateTenantRequest>,
    ) -> Answer<proto::Tenant> {
        let (operator, message) = called!(self, request, SystemAdmin);
        let created = async {
            // what is kept must not tell the password
            let hidden = |user| proto::User { password: String::new(), ..user };
            let first_user = message.first_user.clone().map(hidden);
            let shown = proto::CreateTenantRequest { first_user, ..message.clone() };
            once::identify(&message.request_id, &shown)?;
            let tenant = name::tenant(&required("tenant", message.tenant)?.name)?;
            let first = message.first_user.map(|user| translate::new_user(user, "")).transpose()?;
            self.0.create_tenant(&operator, &tenant, first).await
        };
        answer(created.await.map(translate::tenant))
    }

    async fn delete_tenant(&self, request: Request<proto::DeleteTenantRequest>) -> Answer<()> {
        let (operator, message) = called!(self, request, SystemAdmin);
        let deleted =
            async { self.0.delete_tenant(&operator, &name::tenant(&message.name)?).await };
        answer(deleted.await)
    }
}
