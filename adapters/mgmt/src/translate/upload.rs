//! What an upload says beside the file, in the query or in form fields before and after it.

use crate::error::Fault;
use crate::query::Query;
use otahub_client::names;
use otahub_client::proto::{
    ArtifactKind, ArtifactRelation, Hashes, UploadArtifactEnd, UploadArtifactStart,
};

/// The words of the query or of a form, by their names. hawkBit has the first four.
const WORDS: [&str; 10] = [
    "filename",
    "md5sum",
    "sha1sum",
    "sha256sum",
    "kind",
    "subject",
    "subjectSha256",
    "format",
    "baseVersion",
    "baseSha256",
];

/// What is known so far. Whatever came first counts, and the query comes first.
#[derive(Debug, Default)]
pub(crate) struct UploadForm {
    words: [String; WORDS.len()],
    is_started: bool,
    is_late: bool,
}

fn place(name: &str) -> Option<usize> {
    WORDS.iter().position(|word| *word == name)
}

impl UploadForm {
    /// What the query says.
    pub(crate) fn given(query: &Query) -> Self {
        let words = WORDS.map(|name| query.text(name).unwrap_or_default().trim().to_owned());
        Self { words, ..Self::default() }
    }

    /// Whether a field of this name says something new.
    pub(crate) fn wants(&self, name: &str) -> bool {
        place(name).is_some_and(|at| self.words[at].is_empty())
    }

    /// Takes a field.
    pub(crate) fn take(&mut self, name: &str, text: String) {
        let Some(at) = place(name).filter(|_| !text.is_empty()) else { return };
        self.words[at] = text;
        self.is_late |= self.is_started;
    }

    fn word(&self, name: &str) -> String {
        place(name).map(|at| self.words[at].clone()).unwrap_or_default()
    }

    /// The first message to the hub. Without a name the file's own will do, unless one comes
    /// later.
    pub(crate) fn start(
        &mut self,
        module: i64,
        own_name: Option<&str>,
    ) -> Result<UploadArtifactStart, Fault> {
        self.is_started = true;
        let filename = Some(self.word("filename")).filter(|name| !name.is_empty());
        Ok(UploadArtifactStart {
            parent: names::software_module(module),
            filename_provisional: filename.is_none(),
            filename: filename.or_else(|| own_name.map(str::to_owned)).unwrap_or_default(),
            expected_hashes: Some(self.hashes()),
            relation: self.relation()?,
            ..Default::default()
        })
    }

    /// The last message to the hub, if anything came after the file.
    pub(crate) fn end(&self) -> Result<Option<UploadArtifactEnd>, Fault> {
        if !self.is_late {
            return Ok(None);
        }
        Ok(Some(UploadArtifactEnd {
            filename: self.word("filename"),
            expected_hashes: Some(self.hashes()),
            relation: self.relation()?,
        }))
    }

    fn hashes(&self) -> Hashes {
        let hash = |name| self.word(name).to_ascii_lowercase();
        Hashes { md5: hash("md5sum"), sha1: hash("sha1sum"), sha256: hash("sha256sum") }
    }

    fn relation(&self) -> Result<Option<ArtifactRelation>, Fault> {
        let kind = match self.word("kind").to_ascii_lowercase().as_str() {
            "" | "plain" => ArtifactKind::Unspecified,
            "signature" => ArtifactKind::Signature,
            "delta" => ArtifactKind::Delta,
            _ => return Err(Fault::constraint("kind is none of plain, signature, delta")),
        };
        let relation = ArtifactRelation {
            kind: kind.into(),
            subject_filename: self.word("subject"),
            subject_sha256: self.word("subjectSha256"),
            format: self.word("format"),
            base_version: self.word("baseVersion"),
            base_sha256: self.word("baseSha256"),
        };
        Ok(Some(relation).filter(|relation| *relation != ArtifactRelation::default()))
    }
}
