//! Artifacts, and how they relate to each other.

use super::audit;
use super::device::hashes;
use otahub_domain::Result;
use otahub_domain::software::{Artifact, ArtifactKind, Decrypted, Hashes, Relation, RelationDraft};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;

pub(crate) fn artifact(artifact: Artifact, deleted: bool) -> proto::Artifact {
    proto::Artifact {
        name: names::artifact(artifact.module.0, artifact.id.0),
        id: artifact.id.0,
        filename: artifact.filename,
        size_bytes: bytes(artifact.size),
        hashes: Some(hashes(artifact.hashes)),
        audit: Some(audit(&artifact.audit)),
        deleted,
        decrypted: artifact.decrypted.map(decrypted),
        relation: relation(artifact.relation),
    }
}

pub(crate) fn bytes(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn decrypted(decrypted: Decrypted) -> proto::DecryptedArtifact {
    proto::DecryptedArtifact {
        size_bytes: bytes(decrypted.size),
        hashes: Some(hashes(decrypted.hashes)),
        scheme: decrypted.scheme,
        key_id: decrypted.key_id,
    }
}

/// None of a plain file.
pub(crate) fn relation(relation: Relation) -> Option<proto::ArtifactRelation> {
    let kind = match relation.kind {
        ArtifactKind::Plain => return None,
        ArtifactKind::Signature => proto::ArtifactKind::Signature,
        ArtifactKind::Delta => proto::ArtifactKind::Delta,
    };
    let subject = relation.subject.map(|subject| (subject.filename, subject.sha256));
    let (subject_filename, subject_sha256) = subject.unwrap_or_default();
    Some(proto::ArtifactRelation {
        kind: kind.into(),
        subject_filename,
        subject_sha256,
        format: relation.format.unwrap_or_default(),
        base_version: relation.base_version.unwrap_or_default(),
        base_sha256: relation.base_sha256.unwrap_or_default(),
    })
}

pub(crate) fn relation_draft(said: Option<proto::ArtifactRelation>) -> Result<RelationDraft> {
    let said = said.unwrap_or_default();
    let kind = proto::ArtifactKind::try_from(said.kind);
    let kind = kind.map_err(|_| otahub_domain::Error::invalid("relation.kind", "is unknown"))?;
    Ok(RelationDraft {
        kind: match kind {
            proto::ArtifactKind::Unspecified | proto::ArtifactKind::Plain => ArtifactKind::Plain,
            proto::ArtifactKind::Signature => ArtifactKind::Signature,
            proto::ArtifactKind::Delta => ArtifactKind::Delta,
        },
        subject_filename: said.subject_filename,
        subject_sha256: said.subject_sha256,
        format: said.format,
        base_version: said.base_version,
        base_sha256: said.base_sha256,
    })
}

pub(crate) fn expected(expected: Option<proto::Hashes>) -> Hashes {
    let expected = expected.unwrap_or_default();
    Hashes { md5: expected.md5, sha1: expected.sha1, sha256: expected.sha256 }
}
