//! Signatures and deltas: files that say something about another file of their module.

use super::Artifact;
use crate::{Entity, Error, Result, text};

/// The most characters of a format.
const FORMAT_MAX: usize = 64;

/// What an artifact is to others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ArtifactKind {
    /// A file of its own.
    #[default]
    Plain,
    /// A signature of its subject.
    Signature,
    /// Makes its subject out of something older.
    Delta,
}

/// How an artifact relates to another one of its module. The default is none at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relation {
    /// What it is.
    pub kind: ArtifactKind,
    /// What it signs or makes.
    pub subject: Option<Subject>,
    /// How it is signed or made, in the operator's words.
    pub format: Option<String>,
    /// Deltas only: the version of what has to be there.
    pub base_version: Option<String>,
    /// Deltas only: the SHA-256 of what has to be there, lower-case hexadecimal.
    pub base_sha256: Option<String>,
}

/// An artifact that another one speaks of. Neither ever changes while it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its file name.
    pub filename: String,
    /// The SHA-256 of its bytes as they are served.
    pub sha256: String,
}

/// What an operator says of a relation; empty texts are not said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationDraft {
    /// What it is.
    pub kind: ArtifactKind,
    /// What it signs or makes.
    pub subject_filename: String,
    /// The same by its SHA-256, encrypted or decrypted.
    pub subject_sha256: String,
    /// How it is signed or made.
    pub format: String,
    /// The version of what has to be there.
    pub base_version: String,
    /// The SHA-256 of what has to be there.
    pub base_sha256: String,
}

/// Checks what is said of a relation by itself and gives it back trimmed, hashes in lower case.
///
/// # Errors
/// [`Error::Invalid`]: a plain file with anything else, a signature of nothing or with a base, a
/// delta without a base, a text that is too long or has markup, a hash that is none.
pub fn check_relation(draft: &RelationDraft) -> Result<RelationDraft> {
    let trimmed = |field, text: &str, max| {
        let text = text.trim();
        text::limited(field, text, max).map(|()| text.to_owned())
    };
    let draft = RelationDraft {
        kind: draft.kind,
        subject_filename: draft.subject_filename.trim().to_owned(),
        subject_sha256: hash("relation.subject_sha256", &draft.subject_sha256)?,
        format: trimmed("relation.format", &draft.format, FORMAT_MAX)?,
        base_version: trimmed("relation.base_version", &draft.base_version, text::VERSION_MAX)?,
        base_sha256: hash("relation.base_sha256", &draft.base_sha256)?,
    };
    let has_subject = !draft.subject_filename.is_empty() || !draft.subject_sha256.is_empty();
    let has_base = !draft.base_version.is_empty() || !draft.base_sha256.is_empty();
    let wrong = match draft.kind {
        ArtifactKind::Plain if has_subject || has_base || !draft.format.is_empty() => {
            Some("a plain file relates to nothing")
        }
        ArtifactKind::Signature if !has_subject => Some("a signature needs what it signs"),
        ArtifactKind::Signature if has_base => Some("only a delta has a base"),
        ArtifactKind::Delta if !has_base => Some("a delta needs the version or hash of its base"),
        ArtifactKind::Plain | ArtifactKind::Signature | ArtifactKind::Delta => None,
    };
    wrong.map_or(Ok(draft), |why| Err(Error::invalid("relation", why)))
}

fn hash(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim().to_ascii_lowercase();
    let is_hash = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if text.is_empty() || is_hash {
        return Ok(text);
    }
    Err(Error::invalid(field, "is no SHA-256 in hexadecimal"))
}

/// Finds out what a relation comes to among the other `artifacts` of the module. `own` is the
/// file name of the artifact that is to have it.
///
/// # Errors
/// - [`Error::Invalid`] as in [`check_relation`], or if an artifact would relate to itself,
///   directly or by way of others, or name and hash of the subject are those of two files;
/// - [`Error::NotFound`]: the module has no such subject.
pub fn relate(draft: &RelationDraft, own: &str, artifacts: &[Artifact]) -> Result<Relation> {
    let draft = check_relation(draft)?;
    let subject = subject(&draft, artifacts)?;
    if let Some(subject) = subject {
        check_ends(subject, own, artifacts)?;
    }
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Relation {
        kind: draft.kind,
        subject: subject.map(|artifact| Subject {
            filename: artifact.filename.clone(),
            sha256: artifact.hashes.sha256.clone(),
        }),
        format: said(draft.format),
        base_version: said(draft.base_version),
        base_sha256: said(draft.base_sha256),
    })
}

fn subject<'a>(draft: &RelationDraft, artifacts: &'a [Artifact]) -> Result<Option<&'a Artifact>> {
    let (name, sha256) = (&draft.subject_filename, &draft.subject_sha256);
    if name.is_empty() && sha256.is_empty() {
        return Ok(None);
    }
    let is_named = |a: &&Artifact| name.is_empty() || a.filename == *name;
    let named = artifacts.iter().filter(is_named);
    let mut named = named.peekable();
    if named.peek().is_none() {
        return Err(Error::not_found(Entity::Artifact, name));
    }
    let found = named.find(|a| sha256.is_empty() || has_hash(a, sha256));
    match found {
        Some(found) => Ok(Some(found)),
        None if name.is_empty() => Err(Error::not_found(Entity::Artifact, sha256)),
        None => Err(Error::invalid("relation.subject_sha256", "is not the hash of that file")),
    }
}

fn has_hash(artifact: &Artifact, sha256: &str) -> bool {
    let decrypted = artifact.decrypted.as_ref().map(|d| d.hashes.sha256.as_str());
    artifact.hashes.sha256 == sha256 || decrypted == Some(sha256)
}

/// Follows the subjects to their end, which must not be where they began.
fn check_ends(first: &Artifact, own: &str, artifacts: &[Artifact]) -> Result<()> {
    let mut at = Some(first);
    // as many steps as there are artifacts, should there be a ring already
    for _ in 0..=artifacts.len() {
        let Some(artifact) = at else { return Ok(()) };
        if artifact.filename == own {
            return Err(Error::invalid("relation", "leads back to the artifact itself"));
        }
        let next = artifact.relation.subject.as_ref();
        at = next.and_then(|next| artifacts.iter().find(|a| a.filename == next.filename));
    }
    Ok(())
}

/// Refuses to remove what another one of the module's `artifacts` speaks of.
///
/// # Errors
/// [`Error::ReadOnly`].
pub fn check_removable(artifact: &Artifact, artifacts: &[Artifact]) -> Result<()> {
    let speaks = |other: &Artifact| {
        other.relation.subject.as_ref().is_some_and(|s| s.filename == artifact.filename)
    };
    if artifacts.iter().any(speaks) {
        return Err(Error::ReadOnly { entity: Entity::Artifact, id: artifact.id.to_string() });
    }
    Ok(())
}
