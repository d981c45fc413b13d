//! otahub.v1.UserService.

use super::target::called;
use super::{Answer, answer, mask, required};
use crate::auth::{Credential, Operator};
use crate::hub::Hub;
use crate::once;
use crate::translate::{identity as translate, name};
use otahub_domain::permission::Permission;
use otahub_domain::{Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use proto::user_service_server::UserService;
use std::sync::Arc;
use tonic::Request;

/// Users, API tokens and who changed what.
pub(crate) struct Users(pub(crate) Hub);

fn count(total: u64) -> i64 {
    i64::try_from(total).unwrap_or(i64::MAX)
}

/// Whoever knows its password may choose another one.
fn is_own_password(operator: &Operator, request: &proto::UpdateUserRequest) -> bool {
    let named = request.user.as_ref().and_then(|user| name::user(&user.name).ok());
    let fields = request.update_mask.as_ref().map(|mask| mask.paths.as_slice());
    operator.credential == Credential::Password
        && named.as_ref() == Some(&operator.username)
        && matches!(fields, Some([only]) if only == "password")
}

impl Users {
    async fn update(
        &self,
        operator: &Arc<Operator>,
        request: proto::UpdateUserRequest,
    ) -> Decided<proto::User> {
        let (user, mask) = (required("user", request.user)?, mask(request.update_mask)?);
        let named = name::user(&user.name)?;
        let change = translate::user_change(user, &mask)?;
        self.0.change_user(operator, &named, change).await.map(translate::user)
    }
}

#[tonic::async_trait]
impl UserService for Users {
    async fn get_user(&self, request: Request<proto::GetUserRequest>) -> Answer<proto::User> {
        let (operator, message) = called!(self, request, ReadUser);
        let found = async { self.0.find_user(&operator, &name::user(&message.name)?).await };
        answer(found.await.map(translate::user))
    }

    async fn list_users(
        &self,
        request: Request<proto::ListUsersRequest>,
    ) -> Answer<proto::ListUsersResponse> {
        let (operator, message) = called!(self, request, ReadUser);
        let listed = async {
            let asked = translate::asked(message.page_size, message.page_token, "");
            let window = translate::window(&asked)?;
            let listed = self.0.store.read().accounts(operator.tenant, window).await?;
            Ok(proto::ListUsersResponse {
                next_page_token: asked.next(window.0, listed.items.len(), listed.total),
                total_size: count(listed.total),
                users: listed.items.into_iter().map(translate::user).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_user(&self, request: Request<proto::CreateUserRequest>) -> Answer<proto::User> {
        let (operator, message) = called!(self, request, CreateUser);
        let created = async {
            if !message.tenant.is_empty() {
                operator.may(Permission::SystemAdmin)?;
            }
            // what is kept must not tell the password
            let user =
                message.user.clone().map(|user| proto::User { password: String::new(), ..user });
            once::identify(
                &message.request_id,
                &proto::CreateUserRequest { user, ..message.clone() },
            )?;
            let new = translate::new_user(required("user", message.user)?, &message.tenant)?;
            self.0.create_user(&operator, new).await
        };
        answer(created.await.map(translate::user))
    }

    async fn update_user(&self, request: Request<proto::UpdateUserRequest>) -> Answer<proto::User> {
        let (metadata, _, message) = request.into_parts();
        let updated = async {
            let operator = self.0.caller(&metadata).await?;
            if !is_own_password(&operator, &message) {
                operator.may(Permission::UpdateUser)?;
            }
            self.update(&operator, message).await
        };
        answer(updated.await)
    }

    async fn delete_user(&self, request: Request<proto::DeleteUserRequest>) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteUser);
        let deleted = async { self.0.delete_user(&operator, &name::user(&message.name)?).await };
        answer(deleted.await)
    }

    async fn create_api_token(
        &self,
        request: Request<proto::CreateApiTokenRequest>,
    ) -> Answer<proto::CreateApiTokenResponse> {
        let (metadata, _, message) = request.into_parts();
        let created = async {
            let operator = self.0.caller(&metadata).await?;
            let new = translate::new_token(required("api_token", message.api_token)?);
            self.0.create_api_token(&operator, new).await
        };
        answer(created.await.map(|(token, secret)| proto::CreateApiTokenResponse {
            api_token: Some(translate::api_token(token)),
            secret,
        }))
    }

    async fn list_api_tokens(
        &self,
        request: Request<proto::ListApiTokensRequest>,
    ) -> Answer<proto::ListApiTokensResponse> {
        let (metadata, _, message) = request.into_parts();
        let listed = async {
            let operator = self.0.caller(&metadata).await?;
            let asked = translate::asked(message.page_size, message.page_token, "");
            let window = translate::window(&asked)?;
            let listed = self.0.api_tokens(&operator, window).await?;
            Ok(proto::ListApiTokensResponse {
                next_page_token: asked.next(window.0, listed.items.len(), listed.total),
                total_size: count(listed.total),
                api_tokens: listed.items.into_iter().map(translate::api_token).collect(),
            })
        };
        answer(listed.await)
    }

    async fn revoke_api_token(&self, request: Request<proto::RevokeApiTokenRequest>) -> Answer<()> {
        let (metadata, _, message) = request.into_parts();
        let revoked = async {
            let operator = self.0.caller(&metadata).await?;
            self.0.revoke_api_token(&operator, name::api_token(&message.name)?).await
        };
        answer(revoked.await)
    }

    async fn list_audit_entries(
        &self,
        request: Request<proto::ListAuditEntriesRequest>,
    ) -> Answer<proto::ListAuditEntriesResponse> {
        let (operator, message) = called!(self, request, ReadAudit);
        let listed = async {
            let asked = translate::asked(message.page_size, message.page_token, &message.filter);
            let window = translate::window(&asked)?;
            let filter = self.0.filter(&operator.tenant_name, &message.filter).await?;
            let session = self.0.store.read();
            let listed = session.audit_trail(operator.tenant, filter.as_ref(), window).await?;
            Ok::<_, Error>(proto::ListAuditEntriesResponse {
                next_page_token: asked.next(window.0, listed.items.len(), listed.total),
                total_size: count(listed.total),
                audit_entries: listed.items.into_iter().map(translate::audit_entry).collect(),
            })
        };
        answer(listed.await)
    }
}
