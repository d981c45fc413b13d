//! Resource names into numbers. A malformed name is an INVALID_FIELD.

use otahub_domain::{
    ActionId, ApiTokenId, ArtifactId, Error, ModuleId, ModuleTypeId, Result, RolloutGroupId,
    RolloutId, SetId, SetTagId, SetTypeId, TargetFilterId, TargetTagId, TargetTypeId,
    WebhookDeliveryId, WebhookId,
};
use otahub_proto::names;

fn malformed(name: &str) -> Error {
    Error::invalid("name", format!("{} is not the name of such a resource", name.escape_debug()))
}

fn number(collection: &str, name: &str) -> Result<i64> {
    names::number(collection, name).ok_or_else(|| malformed(name))
}

/// The controller id in `targets/{controller_id}`.
pub(crate) fn controller_id(name: &str) -> Result<String> {
    names::target_id(name).ok_or_else(|| malformed(name))
}

/// The name in `users/{name}`.
pub(crate) fn user(name: &str) -> Result<String> {
    names::user_name(name).ok_or_else(|| malformed(name))
}

/// The name in `tenants/{name}`, in upper case.
pub(crate) fn tenant(name: &str) -> Result<String> {
    otahub_domain::identity::tenant_name(&names::tenant_name(name).ok_or_else(|| malformed(name))?)
}

/// The number in `apiTokens/{id}`.
pub(crate) fn api_token(name: &str) -> Result<ApiTokenId> {
    number("apiTokens", name).map(ApiTokenId)
}

/// The number in `actions/{id}`.
pub(crate) fn action(name: &str) -> Result<ActionId> {
    number("actions", name).map(ActionId)
}

/// The number in `softwareModules/{id}`.
pub(crate) fn module(name: &str) -> Result<ModuleId> {
    number("softwareModules", name).map(ModuleId)
}

/// The number in `softwareModuleTypes/{id}`.
pub(crate) fn module_type(name: &str) -> Result<ModuleTypeId> {
    number("softwareModuleTypes", name).map(ModuleTypeId)
}

/// The number in `distributionSets/{id}`.
pub(crate) fn set(name: &str) -> Result<SetId> {
    number("distributionSets", name).map(SetId)
}

/// The number in `distributionSetTypes/{id}`.
pub(crate) fn set_type(name: &str) -> Result<SetTypeId> {
    number("distributionSetTypes", name).map(SetTypeId)
}

/// The number in `targetTypes/{id}`.
pub(crate) fn target_type(name: &str) -> Result<TargetTypeId> {
    number("targetTypes", name).map(TargetTypeId)
}

/// The number in `targetFilters/{id}`.
pub(crate) fn target_filter(name: &str) -> Result<TargetFilterId> {
    number("targetFilters", name).map(TargetFilterId)
}

/// The number in `targetTags/{id}`.
pub(crate) fn target_tag(name: &str) -> Result<TargetTagId> {
    number("targetTags", name).map(TargetTagId)
}

/// The number in `distributionSetTags/{id}`.
pub(crate) fn set_tag(name: &str) -> Result<SetTagId> {
    number("distributionSetTags", name).map(SetTagId)
}

/// The number in `rollouts/{id}`.
pub(crate) fn rollout(name: &str) -> Result<RolloutId> {
    number("rollouts", name).map(RolloutId)
}

/// The numbers in `rollouts/{id}/groups/{id}`.
pub(crate) fn rollout_group(name: &str) -> Result<(RolloutId, RolloutGroupId)> {
    let (parent, id) = name.split_once("/groups/").ok_or_else(|| malformed(name))?;
    let id = id.parse().map_err(|_| malformed(name))?;
    Ok((rollout(parent)?, RolloutGroupId(id)))
}

/// The number in `webhooks/{id}`.
pub(crate) fn webhook(name: &str) -> Result<WebhookId> {
    number("webhooks", name).map(WebhookId)
}

/// The numbers in `webhooks/{id}/deliveries/{id}`.
pub(crate) fn webhook_delivery(name: &str) -> Result<(WebhookId, WebhookDeliveryId)> {
    let (parent, id) = name.split_once("/deliveries/").ok_or_else(|| malformed(name))?;
    let id = id.parse().map_err(|_| malformed(name))?;
    Ok((webhook(parent)?, WebhookDeliveryId(id)))
}

/// What `read` makes of a name, if one is given.
pub(crate) fn optional<T>(name: &str, read: fn(&str) -> Result<T>) -> Result<Option<T>> {
    (!name.is_empty()).then(|| read(name)).transpose()
}

/// What `read` makes of each of some names.
pub(crate) fn each<T>(names: &[String], read: fn(&str) -> Result<T>) -> Result<Vec<T>> {
    names.iter().map(|name| read(name)).collect()
}

/// The numbers in `softwareModules/{id}/artifacts/{id}`.
pub(crate) fn artifact(name: &str) -> Result<(ModuleId, ArtifactId)> {
    let (parent, id) = name.split_once("/artifacts/").ok_or_else(|| malformed(name))?;
    let id = id.parse().map_err(|_| malformed(name))?;
    Ok((module(parent)?, ArtifactId(id)))
}

/// The key in `settings/{key}`.
pub(crate) fn setting(name: &str) -> Result<&str> {
    name.strip_prefix("settings/").filter(|k| !k.is_empty()).ok_or_else(|| malformed(name))
}
