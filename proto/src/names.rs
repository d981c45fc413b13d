//! Resource names (AIP-122): how they are built and taken apart.
//!
//! A controller id is any 1 to 256 characters without blanks, so it is percent-encoded in names.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// `{collection}/{id}` of an id that is a text, percent-encoded.
#[must_use]
pub fn encoded(collection: &str, id: &str) -> String {
    format!("{collection}/{}", utf8_percent_encode(id, KEPT))
}

/// `targets/{controller_id}`.
#[must_use]
pub fn target(controller_id: &str) -> String {
    encoded("targets", controller_id)
}

/// The controller id in `targets/{controller_id}`.
#[must_use]
pub fn target_id(name: &str) -> Option<String> {
    decoded("targets/", name)
}

/// `users/{name}`.
#[must_use]
pub fn user(name: &str) -> String {
    encoded("users", name)
}

/// The name in `users/{name}`.
#[must_use]
pub fn user_name(name: &str) -> Option<String> {
    decoded("users/", name)
}

/// `tenants/{name}`.
#[must_use]
pub fn tenant(name: &str) -> String {
    encoded("tenants", name)
}

/// The name in `tenants/{name}`.
#[must_use]
pub fn tenant_name(name: &str) -> Option<String> {
    decoded("tenants/", name)
}

/// `apiTokens/{id}`.
#[must_use]
pub fn api_token(id: i64) -> String {
    numbered("apiTokens", id)
}

fn decoded(collection: &str, name: &str) -> Option<String> {
    let encoded = name.strip_prefix(collection)?;
    if encoded.is_empty() || encoded.contains('/') {
        return None;
    }
    percent_decode_str(encoded).decode_utf8().ok().map(Into::into)
}

/// The last part of a name, decoded: `a/b` of `targets/a%2Fb`, `7` of `actions/7`.
#[must_use]
pub fn decoded_last(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// `{collection}/{id}`, e.g. `actions/7`.
#[must_use]
pub fn numbered(collection: &str, id: i64) -> String {
    format!("{collection}/{id}")
}

/// The number in `{collection}/{id}`.
#[must_use]
pub fn number(collection: &str, name: &str) -> Option<i64> {
    name.strip_prefix(collection)?.strip_prefix('/')?.parse().ok()
}

/// `actions/{id}`.
#[must_use]
pub fn action(id: i64) -> String {
    numbered("actions", id)
}

/// `distributionSets/{id}`.
#[must_use]
pub fn distribution_set(id: i64) -> String {
    numbered("distributionSets", id)
}

/// `softwareModules/{id}`.
#[must_use]
pub fn software_module(id: i64) -> String {
    numbered("softwareModules", id)
}

/// `softwareModules/{module}/artifacts/{artifact}`.
#[must_use]
pub fn artifact(module: i64, artifact: i64) -> String {
    format!("softwareModules/{module}/artifacts/{artifact}")
}

/// `webhooks/{id}`.
#[must_use]
pub fn webhook(id: i64) -> String {
    numbered("webhooks", id)
}

/// `webhooks/{webhook}/deliveries/{delivery}`.
#[must_use]
pub fn webhook_delivery(webhook: i64, delivery: i64) -> String {
    format!("webhooks/{webhook}/deliveries/{delivery}")
}

/// `settings/{key}`.
#[must_use]
pub fn setting(key: &str) -> String {
    format!("settings/{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_controller_id_survives_in_a_name(id in "\\S{1,256}") {
            let name = target(&id);
            prop_assert_eq!(name.matches('/').count(), 1);
            prop_assert_eq!(decoded_last(&name), id.as_str());
            prop_assert_eq!(target_id(&name), Some(id));
        }
    }

    #[test]
    fn a_number_is_read_from_its_own_collection_only() {
        assert_eq!(number("actions", &action(7)), Some(7));
        assert_eq!(number("actions", "actionsX/7"), None);
        assert_eq!(number("actions", "actions/x"), None);
        assert_eq!(target_id("targets/"), None);
    }
}
