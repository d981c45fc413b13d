//! Software modules, their types and their artifacts.

use super::{Detail, audit, number, text};
use crate::link::Base;
use crate::wire;
use otahub_client::{names, proto};

/// A software module, as hawkBit shows it.
pub(crate) fn module(
    module: proto::SoftwareModule,
    base: &Base,
    detail: Detail,
) -> wire::SoftwareModule {
    let own = base.module(module.id);
    let mut links = wire::Links::to_self(own.clone());
    if detail.is_full() {
        links = links.with("artifacts", format!("{own}/artifacts"));
        if let Some(kind) = number("softwareModuleTypes", &module.r#type) {
            links = links.with("type", base.numbered("softwaremoduletypes", kind));
        }
        links = links.with("metadata", format!("{own}/metadata"));
    }
    wire::SoftwareModule {
        audit: audit(module.audit),
        name: module.display_name,
        description: text(module.description),
        id: module.id,
        version: module.version,
        type_key: module.type_key,
        type_name: text(module.type_display_name),
        vendor: text(module.vendor),
        encrypted: module.encrypted,
        locked: module.locked,
        deleted: module.deleted,
        complete: module.complete,
        links,
    }
}

/// What creates a module.
pub(crate) fn creation(body: wire::SoftwareModuleBody) -> proto::CreateSoftwareModuleRequest {
    let module = proto::SoftwareModule {
        type_key: body.type_key.unwrap_or_default(),
        display_name: body.name.unwrap_or_default(),
        version: body.version.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        vendor: body.vendor.unwrap_or_default(),
        encrypted: body.encrypted,
        ..Default::default()
    };
    proto::CreateSoftwareModuleRequest { software_module: Some(module), request_id: String::new() }
}

/// What changes a module: only what the body holds.
pub(crate) fn update(
    id: i64,
    body: wire::SoftwareModuleBody,
) -> proto::UpdateSoftwareModuleRequest {
    let mut module =
        proto::SoftwareModule { name: names::software_module(id), ..Default::default() };
    let mut paths = Vec::new();
    if let Some(description) = body.description {
        module.description = description;
        paths.push("description".to_owned());
    }
    if let Some(vendor) = body.vendor {
        module.vendor = vendor;
        paths.push("vendor".to_owned());
    }
    if let Some(locked) = body.locked {
        module.locked = locked;
        paths.push("locked".to_owned());
    }
    proto::UpdateSoftwareModuleRequest {
        software_module: Some(module),
        update_mask: Some(prost_types::FieldMask { paths }),
    }
}

/// A kind of module.
pub(crate) fn module_type(
    kind: proto::SoftwareModuleType,
    base: &Base,
) -> wire::SoftwareModuleType {
    wire::SoftwareModuleType {
        audit: audit(kind.audit),
        name: kind.display_name,
        description: text(kind.description),
        key: kind.key,
        colour: text(kind.colour),
        deleted: kind.deleted,
        id: kind.id,
        min_artifacts: kind.min_artifacts,
        max_assignments: kind.max_assignments,
        links: wire::Links::to_self(base.numbered("softwaremoduletypes", kind.id)),
    }
}

/// An artifact of module `module`. In full, and as long as its bytes are there, it says where
/// to get them.
pub(crate) fn artifact(
    artifact: proto::Artifact,
    module: i64,
    base: &Base,
    detail: Detail,
) -> wire::Artifact {
    let own = format!("{}/artifacts/{}", base.module(module), artifact.id);
    let mut links = wire::Links::to_self(own.clone());
    if detail.is_full() && !artifact.deleted {
        links = links.with("download", format!("{own}/download"));
    }
    wire::Artifact {
        audit: audit(artifact.audit),
        id: artifact.id,
        hashes: hashes(artifact.hashes),
        provided_filename: artifact.filename,
        size: artifact.size_bytes,
        decrypted: artifact.decrypted.map(|decrypted| wire::Decrypted {
            hashes: hashes(decrypted.hashes),
            size: decrypted.size_bytes,
            scheme: decrypted.scheme,
            key_id: decrypted.key_id,
        }),
        relation: artifact.relation.and_then(relation),
        links,
    }
}

fn hashes(hashes: Option<proto::Hashes>) -> wire::Hashes {
    let hashes = hashes.unwrap_or_default();
    wire::Hashes { sha1: hashes.sha1, md5: hashes.md5, sha256: hashes.sha256 }
}

fn relation(relation: proto::ArtifactRelation) -> Option<wire::Relation> {
    let kind = match relation.kind() {
        proto::ArtifactKind::Unspecified | proto::ArtifactKind::Plain => return None,
        proto::ArtifactKind::Signature => "signature",
        proto::ArtifactKind::Delta => "delta",
    };
    Some(wire::Relation {
        kind,
        subject: text(relation.subject_filename),
        subject_sha256: text(relation.subject_sha256),
        format: text(relation.format),
        base_version: text(relation.base_version),
        base_sha256: text(relation.base_sha256),
    })
}
