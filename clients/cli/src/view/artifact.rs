//! How software modules and artifacts look.

use super::{Fields, View, moment};
use otahub_client::proto::{Artifact, ArtifactRelation, DecryptedArtifact, SoftwareModule};
use serde_json::Value;

impl View for SoftwareModule {
    const COLUMNS: &'static [&'static str] =
        &["ID", "TYPE", "NAME", "VERSION", "VENDOR", "STATE", "CREATED"];

    fn cells(&self) -> Vec<String> {
        let states =
            [(self.deleted, "deleted"), (self.locked, "locked"), (!self.complete, "incomplete")];
        let words: Vec<_> = states.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        vec![
            self.id.to_string(),
            self.type_key.clone(),
            self.display_name.clone(),
            self.version.clone(),
            self.vendor.clone(),
            words.join(", "),
            moment(self.audit.as_ref().and_then(|a| a.create_time.as_ref())),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("name", &self.name)
            .number("id", self.id)
            .text("typeKey", &self.type_key)
            .text("type", &self.r#type)
            .text("typeDisplayName", &self.type_display_name)
            .text("displayName", &self.display_name)
            .text("version", &self.version)
            .text("description", &self.description)
            .text("vendor", &self.vendor)
            .flag("encrypted", self.encrypted)
            .flag("locked", self.locked)
            .flag("deleted", self.deleted)
            .flag("complete", self.complete)
            .audit(self.audit.as_ref())
            .text("etag", &self.etag)
            .finish()
    }
}

impl View for Artifact {
    const COLUMNS: &'static [&'static str] = &["ID", "FILE", "BYTES", "SHA256", "CREATED"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.filename.clone(),
            self.size_bytes.to_string(),
            self.hashes.as_ref().map(|h| h.sha256.clone()).unwrap_or_default(),
            moment(self.audit.as_ref().and_then(|a| a.create_time.as_ref())),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("name", &self.name)
            .number("id", self.id)
            .text("filename", &self.filename)
            .number("sizeBytes", self.size_bytes)
            .hashes(self.hashes.as_ref())
            .audit(self.audit.as_ref())
            .flag("deleted", self.deleted)
            .option("decrypted", self.decrypted.as_ref().map(decrypted))
            .option("relation", self.relation.as_ref().map(relation))
            .finish()
    }
}

fn decrypted(decrypted: &DecryptedArtifact) -> Value {
    Fields::new()
        .number("sizeBytes", decrypted.size_bytes)
        .hashes(decrypted.hashes.as_ref())
        .text("scheme", &decrypted.scheme)
        .text("keyId", &decrypted.key_id)
        .finish()
}

fn relation(relation: &ArtifactRelation) -> Value {
    Fields::new()
        .text("kind", relation.kind().as_str_name())
        .text("subjectFilename", &relation.subject_filename)
        .text("subjectSha256", &relation.subject_sha256)
        .text("format", &relation.format)
        .text("baseVersion", &relation.base_version)
        .text("baseSha256", &relation.base_sha256)
        .finish()
}
