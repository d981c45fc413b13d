//! `/system/configs` and `/userinfo`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::error::Fault;
use crate::exception as e;
use crate::reply::{self, Answer, Reply};
use crate::translate::config;
use crate::wire::{ConfigBody, ConfigValue, UserInfo};
use otahub_client::{Reason, names, proto};
use otahub_rest::docs::{self as told, ObjectBuilder, Operation, PartialSchema, ToSchema};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) async fn user_info(call: Call, answer: Answer) -> Reply {
    let caller = call.tenant().get_caller(proto::GetCallerRequest {}).await?.into_inner();
    answer.ok(&config::user(caller))
}

pub(super) async fn list(call: Call, answer: Answer) -> Reply {
    let request = proto::ListSettingsRequest::default();
    let listed = call.tenant().list_settings(request).await?.into_inner().settings;
    let shown = listed.into_iter().filter(config::is_listed);
    let shown = shown.map(|s| (config::key(&s), config::setting(s, &call.base)));
    answer.ok(&shown.collect::<BTreeMap<_, _>>())
}

pub(super) async fn get(call: Call, Segments(key): Segments<String>, answer: Answer) -> Reply {
    let request = proto::GetSettingRequest { name: names::setting(&key) };
    let found = call.tenant().get_setting(request).await?.into_inner();
    answer.ok(&config::setting(found, &call.base))
}

pub(super) async fn update(
    call: Call,
    Segments(key): Segments<String>,
    Body(body): Body<ConfigBody>,
) -> Reply {
    set(&call, vec![config::change(&key, body.value)]).await
}

pub(super) async fn update_several(call: Call, Body(body): Body<Map<String, Value>>) -> Reply {
    set(&call, body.into_iter().map(|(key, value)| config::change(&key, value)).collect()).await
}

async fn set(call: &Call, settings: Vec<proto::Setting>) -> Reply {
    call.tenant().update_settings(proto::UpdateSettingsRequest { settings }).await?;
    Ok(reply::no_content())
}

/// Back to the default. What is no setting has none, and hawkBit is content with that.
pub(super) async fn reset(call: Call, Segments(key): Segments<String>) -> Reply {
    let request = proto::ResetSettingRequest { name: names::setting(&key) };
    match call.tenant().reset_setting(request).await.map_err(Fault::from) {
        Err(fault) if fault.reason() != Some(Reason::ConfigurationKeyInvalid) => Err(fault),
        _ => Ok(reply::no_content()),
    }
}

pub(super) fn docs() -> Vec<Operation> {
    let one = "/system/configs/{configKey}";
    let known = told::Ref::from_schema_name(ConfigValue::name());
    let all = ObjectBuilder::new().additional_properties(Some(known)).build();
    let several = ObjectBuilder::new().additional_properties(Some(Value::schema())).build();
    let refused = [e::CONFIG_KEY, e::CONFIG_VALUE];
    vec![
        told::get("/userinfo", "validateBasicAuth", "Shows who is asking, and what they may")
            .gives::<UserInfo>(),
        told::get(
            "/system/configs",
            "getTenantConfiguration",
            "Lists the settings that may be read",
        )
        .gives_what(all),
        told::put("/system/configs", "updateTenantConfiguration", "Changes settings, all or none")
            .takes_what(
                several,
                json!({"pollingTime": "00:10:00", "rollout.approval.enabled": true}),
            )
            .gives_nothing()
            .changing()
            .fails(&refused),
        told::get(one, "getTenantConfigurationValue", "Shows a setting")
            .gives::<ConfigValue>()
            .finding()
            .fails(&refused),
        told::put(one, "updateTenantConfigurationValue", "Changes a setting")
            .takes::<ConfigBody>(&["value"], json!({"value": "00:10:00"}))
            .gives_nothing()
            .changing()
            .fails(&refused),
        told::delete(one, "deleteTenantConfigurationValue", "Gives a setting its default again")
            .gives_nothing()
            .finding()
            .fails(&refused),
    ]
}
