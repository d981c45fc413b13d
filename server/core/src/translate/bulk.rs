//! Targets that come and go by the thousand.

use super::target::{draft, patch};
use crate::usecase::{ImportFailure, ImportMode, ImportedTarget};
use otahub_domain::{Error, Result, TargetId};
use otahub_proto::otahub::v1 as proto;

/// What an import does.
pub(crate) fn mode(mode: proto::ImportMode) -> Result<ImportMode> {
    match mode {
        proto::ImportMode::Create => Ok(ImportMode::Create),
        proto::ImportMode::Update => Ok(ImportMode::Update),
        proto::ImportMode::CreateOrUpdate => Ok(ImportMode::CreateOrUpdate),
        proto::ImportMode::Unspecified => Err(Error::invalid("mode", "is required")),
    }
}

/// A target as it is to be. Without a mask what it says counts, and what is empty stays.
pub(crate) fn imported(
    target: proto::Target,
    mask: Option<&prost_types::FieldMask>,
) -> Result<ImportedTarget> {
    let fields = mask.map_or_else(|| said(&target), |mask| mask.paths.clone());
    Ok(ImportedTarget { patch: patch(target.clone(), &fields)?, draft: draft(target)? })
}

/// The fields that are not empty, of those that can be changed.
fn said(target: &proto::Target) -> Vec<String> {
    let fields = [
        ("display_name", !target.display_name.is_empty()),
        ("description", !target.description.is_empty()),
        ("address", !target.address.is_empty()),
        ("security_token", !target.security_token.is_empty()),
        ("group", !target.group.is_empty()),
        ("target_type", !target.target_type.is_empty()),
        ("attributes_requested", target.attributes_requested),
    ];
    fields.into_iter().filter(|(_, said)| *said).map(|(field, _)| field.to_owned()).collect()
}

/// A refused target, in a chunk that begins at `offset`.
pub(crate) fn failure(failure: ImportFailure, offset: i64) -> proto::ImportFailure {
    let index = i64::try_from(failure.index).unwrap_or(i64::MAX);
    proto::ImportFailure {
        index: offset.saturating_add(index),
        reason: failure.reason,
        message: failure.message,
    }
}

/// The place after a target, for an export to go on from.
pub(crate) fn token(after: TargetId) -> String {
    format!("{:x}", after.0)
}

/// The target after which an export is to go on; the first one without a token.
pub(crate) fn after(token: &str) -> Result<TargetId> {
    if token.is_empty() {
        return Ok(TargetId(0));
    }
    let number = i64::from_str_radix(token, 16);
    number.map(TargetId).map_err(|_| Error::invalid("resume_token", "is not one of an export"))
}
