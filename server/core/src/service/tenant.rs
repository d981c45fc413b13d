//! otahub.v1.TenantService.

use super::{Answer, answer};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::tenants::Tenant;
use crate::translate::{name, tenant as translate};
use crate::usecase::{SettingChange, in_force};
use otahub_domain::permission::Permission;
use otahub_domain::tenant::{Key, Setting, Value};
use otahub_domain::{Entity, Error, Result as Decided, SetTypeId};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use proto::tenant_service_server::TenantService;
use tonic::Request;

/// The caller's own tenant.
pub(crate) struct TenantApi(pub(crate) Hub);

/// The key of the type of sets that are made without one. It is a property of the tenant.
const DEFAULT_SET_TYPE: &str = "default.ds.type";

fn default_set_type(tenant: &Tenant) -> proto::Setting {
    let id = tenant.default_set_type.map_or(0, |id| id.0);
    proto::Setting {
        name: names::setting(DEFAULT_SET_TYPE),
        value: Some(translate::value(Value::Int(id))),
        global: false,
        audit: None,
    }
}

fn may_read(operator: &Operator, key: Key) -> Decided<()> {
    operator.may(Permission::ReadTenantConfiguration)?;
    if key.is_secret() { operator.may(Permission::ReadGatewaySecurityToken) } else { Ok(()) }
}

fn may_read_default_set_type(operator: &Operator) -> Decided<()> {
    let any = [Permission::ReadTarget, Permission::ReadDistributionSet];
    if any.iter().any(|permission| operator.grants.allows(*permission)) {
        return Ok(());
    }
    operator.may(Permission::ReadTenantConfiguration)
}

fn change(setting: proto::Setting) -> Decided<SettingChange> {
    let key = name::setting(&setting.name)?.to_owned();
    let value = translate::given(&key, setting.value);
    if key != DEFAULT_SET_TYPE {
        return Ok(SettingChange::Set(Key::parse(&key)?, value?));
    }
    match value? {
        Value::Int(id) => Ok(SettingChange::DefaultSetType(SetTypeId(id))),
        Value::Bool(_) | Value::Text(_) => {
            Err(Error::ConfigurationValueInvalid { key, message: "must be a number".into() })
        }
    }
}

impl TenantApi {
    async fn shown(&self, operator: &Operator, key: &str) -> Decided<proto::Setting> {
        if key == DEFAULT_SET_TYPE {
            may_read_default_set_type(operator)?;
            return Ok(default_set_type(&*self.0.own_tenant(&operator.tenant_name).await?));
        }
        operator.may(Permission::ReadTenantConfiguration)?;
        let key = Key::parse(key)?;
        may_read(operator, key)?;
        let tenant = self.0.own_tenant(&operator.tenant_name).await?;
        Ok(translate::setting(&in_force(&tenant, key)))
    }

    async fn all(&self, operator: &Operator) -> Decided<Vec<proto::Setting>> {
        may_read_default_set_type(operator)?;
        let tenant = self.0.own_tenant(&operator.tenant_name).await?;
        let readable = Key::ALL.into_iter().filter(|key| may_read(operator, *key).is_ok());
        let mut settings: Vec<proto::Setting> = readable
            .map(|key| in_force(&tenant, key))
            .map(|setting: Setting| translate::setting(&setting))
            .collect();
        settings.push(default_set_type(&tenant));
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(settings)
    }
}

#[tonic::async_trait]
impl TenantService for TenantApi {
    async fn get_caller(&self, request: Request<proto::GetCallerRequest>) -> Answer<proto::Caller> {
        let caller = self.0.caller(request.metadata()).await;
        answer(caller.map(|operator| proto::Caller {
            tenant: operator.tenant_name.clone(),
            username: operator.username.clone(),
            authorities: operator.grants.authorities().to_vec(),
        }))
    }

    async fn get_setting(
        &self,
        request: Request<proto::GetSettingRequest>,
    ) -> Answer<proto::Setting> {
        let (metadata, _, message) = request.into_parts();
        let found = async {
            let operator = self.0.caller(&metadata).await?;
            may_read_default_set_type(&operator)?;
            self.shown(&operator, name::setting(&message.name)?).await
        };
        answer(found.await)
    }

    async fn list_settings(
        &self,
        request: Request<proto::ListSettingsRequest>,
    ) -> Answer<proto::ListSettingsResponse> {
        let listed = async {
            let operator = self.0.caller(request.metadata()).await?;
            let settings = self.all(&operator).await?;
            Ok(proto::ListSettingsResponse {
                total_size: i64::try_from(settings.len()).unwrap_or(i64::MAX),
                settings,
                next_page_token: String::new(),
            })
        };
        answer(listed.await)
    }

    async fn update_settings(
        &self,
        request: Request<proto::UpdateSettingsRequest>,
    ) -> Answer<proto::UpdateSettingsResponse> {
        let (metadata, _, message) = request.into_parts();
        let updated = async {
            let permission = Permission::UpdateTenantConfiguration;
            let operator = self.0.operator(&metadata, permission).await?;
            let named: Vec<String> = message.settings.iter().map(|s| s.name.clone()).collect();
            let changes = message.settings.into_iter().map(change).collect::<Decided<_>>()?;
            self.0.change_settings(operator.tenant, &operator.username, changes).await?;
            // who may change settings need not be allowed to read them
            let all = match may_read_default_set_type(&operator) {
                Ok(()) => self.all(&operator).await?,
                Err(_) => Vec::new(),
            };
            let settings = all.into_iter().filter(|s| named.contains(&s.name)).collect();
            Ok(proto::UpdateSettingsResponse { settings })
        };
        answer(updated.await)
    }

    async fn reset_setting(&self, request: Request<proto::ResetSettingRequest>) -> Answer<()> {
        let (metadata, _, message) = request.into_parts();
        let reset = async {
            let permission = Permission::DeleteTenantConfiguration;
            let operator = self.0.operator(&metadata, permission).await?;
            let key = name::setting(&message.name)?;
            if key == DEFAULT_SET_TYPE {
                return Err(Error::not_found(Entity::TenantConfiguration, key));
            }
            self.0.reset_setting(operator.tenant, Key::parse(key)?).await
        };
        answer(reset.await)
    }
}
