//! Metadata entries.

use crate::wire;
use otahub_client::proto;

/// An entry of a target or a set.
pub(crate) fn item(entry: proto::Metadata) -> wire::MetadataItem {
    wire::MetadataItem { key: entry.key, value: entry.value, target_visible: None }
}

/// An entry of a software module: it tells whether devices see it.
pub(crate) fn module_item(entry: proto::Metadata) -> wire::MetadataItem {
    let target_visible = Some(entry.target_visible);
    wire::MetadataItem { key: entry.key, value: entry.value, target_visible }
}

/// An entry of a list that is added.
pub(crate) fn entry(body: wire::MetadataBody) -> proto::Metadata {
    let key = body.key.clone().unwrap_or_default();
    keyed(key, body)
}

/// The entry `key`, with what the body says of it.
pub(crate) fn keyed(key: String, body: wire::MetadataBody) -> proto::Metadata {
    proto::Metadata {
        key,
        value: body.value.unwrap_or_default(),
        target_visible: body.target_visible.unwrap_or_default(),
    }
}
