//! What is declared with a resource and kept beside it.

use super::Applying;
use crate::error::CliError;
use crate::nouns::{MODULE, SET_TAG, TARGET_TAG};
use crate::schema::{self, Wrong};
use crate::table::{Id, Kind};
use crate::verbs::artifacts::send;
use crate::view::{at, plain};
use otahub_client::Upload;
use otahub_client::proto::ArtifactRelation;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;

/// What is declared with a resource and kept beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    /// Files of a module.
    Artifacts,
    /// Groups of a rollout; told with its creation.
    Groups,
    /// Entries by key; others stay.
    Metadata,
    /// All modules of a set.
    Modules,
    /// All tags of a target or set.
    Tags,
    /// Values of settings.
    Values,
}

/// A resource: its kind, what it is, and whether it is new.
type Subject<'a> = (&'static Kind, &'a Value, bool);

impl Extra {
    /// The field of documents.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Artifacts => "artifacts",
            Self::Groups => "groups",
            Self::Metadata => "metadata",
            Self::Modules => "modules",
            Self::Tags => "tags",
            Self::Values => "values",
        }
    }

    /// Whether a value makes sense.
    pub(super) fn check(self, value: &Value) -> Result<(), Wrong> {
        let wrong = |why: &str| Err(Wrong::new(self.field(), why));
        match (self, value) {
            (Self::Groups, Value::Number(_)) => Ok(()),
            (Self::Groups, Value::Array(groups)) => {
                let known = schema::message("RolloutGroupSpec");
                let check = |(n, group)| match &known {
                    Some(known) => schema::parse(known, group).map(drop).map_err(|wrong| {
                        Wrong::new(format!("groups[{n}].{}", wrong.field), wrong.why)
                    }),
                    None => Ok(()),
                };
                groups.iter().enumerate().try_for_each(check)
            }
            (Self::Groups, _) => wrong("it is neither a number nor a list of groups"),
            (Self::Modules | Self::Tags, Value::Array(items)) => {
                match items.iter().all(Value::is_string) {
                    true => Ok(()),
                    false => wrong("it has something that is not a text"),
                }
            }
            (Self::Modules | Self::Tags, _) => wrong("it is not a list"),
            (Self::Metadata, Value::Object(entries)) => {
                let is_entry = |value: &Value| value.is_string() || value["value"].is_string();
                match entries.iter().find(|(_, value)| !is_entry(value)) {
                    Some((key, _)) => {
                        Err(Wrong::new(format!("metadata.{key}"), "it is not a text"))
                    }
                    None => Ok(()),
                }
            }
            (Self::Values, Value::Object(values)) => {
                let is_value = |v: &Value| v.is_string() || v.is_boolean() || v.is_i64();
                match values.iter().find(|(_, value)| !is_value(value)) {
                    Some((key, _)) => Err(Wrong::new(
                        format!("values.{key}"),
                        "it is neither a text nor a whole number nor true or false",
                    )),
                    None => Ok(()),
                }
            }
            (Self::Metadata | Self::Values, _) => wrong("it is not an object"),
            (Self::Artifacts, Value::Array(files)) => {
                files.iter().enumerate().try_for_each(|(n, file)| check_artifact(n, file))
            }
            (Self::Artifacts, _) => wrong("it is not a list"),
        }
    }
}

fn check_artifact(n: usize, file: &Value) -> Result<(), Wrong> {
    let known = ["file", "filename", "sha256"];
    let Some(fields) = file.as_object() else {
        return Err(Wrong::new(format!("artifacts[{n}]"), "it is not an object"));
    };
    for (key, value) in fields {
        if !known.contains(&key.as_str()) || !value.is_string() {
            let why = format!("it is no text named {}", known.join(", "));
            return Err(Wrong::new(format!("artifacts[{n}].{key}"), why));
        }
    }
    match fields.contains_key("file") {
        true => Ok(()),
        false => Err(Wrong::new(format!("artifacts[{n}].file"), "it is missing")),
    }
}

impl Applying<'_> {
    /// Makes it so, and says what changed.
    pub(super) async fn extra(
        &mut self,
        extra: Extra,
        subject: Subject<'_>,
        (value, folder): (&Value, &Path),
    ) -> Result<Vec<String>, CliError> {
        match extra {
            Extra::Metadata => self.metadata(subject, value).await,
            Extra::Modules => self.modules(subject, value).await,
            Extra::Tags => self.tags(subject, value).await,
            Extra::Artifacts => self.artifacts(subject, (value, folder)).await,
            Extra::Groups | Extra::Values => Ok(Vec::new()),
        }
    }

    async fn metadata(
        &self,
        (kind, resource, is_new): Subject<'_>,
        value: &Value,
    ) -> Result<Vec<String>, CliError> {
        let parent = &resource["name"];
        let mut present = Vec::new();
        if !(is_new && self.dry_run) {
            let rpc = format!("List{}Metadata", kind.message);
            (present, _) = self.session.list(&rpc, &json!({ "parent": parent }), 0).await?;
        }
        let mut missing = Vec::new();
        for (key, value) in value.as_object().into_iter().flatten() {
            let text = if value.is_string() { value } else { &value["value"] };
            let is_visible = value["targetVisible"].as_bool();
            let is_there = present.iter().any(|entry| {
                let visible = entry["targetVisible"].as_bool();
                entry["key"] == *key
                    && entry["value"] == *text
                    && is_visible.is_none_or(|is| visible == Some(is))
            });
            if !is_there {
                let mut entry = json!({ "key": key, "value": text });
                if let Some(is_visible) = is_visible {
                    entry["targetVisible"] = is_visible.into();
                }
                missing.push(entry);
            }
        }
        let rpc = format!("Update{}Metadata", kind.message);
        let requests = match kind.id {
            // targets take one at a time
            Id::Text => {
                missing.iter().map(|entry| json!({ "parent": parent, "metadata": entry })).collect()
            }
            Id::Number if missing.is_empty() => Vec::new(),
            Id::Number => vec![json!({ "parent": parent, "metadata": missing })],
        };
        if !self.dry_run {
            for request in requests {
                self.session.call(&rpc, &request).await?;
            }
        }
        Ok(missing.iter().map(|entry| format!("metadata.{}", plain(&entry["key"]))).collect())
    }

    async fn modules(
        &self,
        (_, set, _): Subject<'_>,
        value: &Value,
    ) -> Result<Vec<String>, CliError> {
        let mut wanted = Vec::new();
        for text in value.as_array().into_iter().flatten() {
            wanted.push(self.name(&MODULE, "modules", &plain(text)).await?);
        }
        let present = at(set, "softwareModules").as_array().into_iter().flatten();
        let present: Vec<_> = present.map(|module| plain(&module["name"])).collect();
        let add: Vec<_> = wanted.iter().filter(|name| !present.contains(name)).collect();
        let remove: Vec<_> = present.iter().filter(|name| !wanted.contains(name)).collect();
        if add.is_empty() && remove.is_empty() {
            return Ok(Vec::new());
        }
        if !self.dry_run {
            let request =
                json!({ "name": set["name"], "addModules": add, "removeModules": remove });
            self.session.call("ChangeDistributionSetModules", &request).await?;
        }
        Ok(vec!["modules".to_owned()])
    }

    async fn tags(
        &self,
        (kind, resource, is_new): Subject<'_>,
        value: &Value,
    ) -> Result<Vec<String>, CliError> {
        let is_target = kind.id == Id::Text;
        let tag_kind = if is_target { &TARGET_TAG } else { &SET_TAG };
        let mut wanted = Vec::new();
        for text in value.as_array().into_iter().flatten() {
            wanted.push(self.name(tag_kind, "tags", &plain(text)).await?);
        }
        let present = match is_new {
            true => Vec::new(),
            false => self.tags_of(is_target, resource).await?,
        };
        let (assign, unassign) = match is_target {
            true => ("assignControllerIds", "unassignControllerIds"),
            false => ("assignSets", "unassignSets"),
        };
        let id = if is_target { &resource["controllerId"] } else { &resource["name"] };
        let missing = wanted.iter().filter(|tag| !present.contains(tag));
        let too_many = present.iter().filter(|tag| !wanted.contains(tag));
        let orders = missing.map(|tag| (tag, assign)).chain(too_many.map(|tag| (tag, unassign)));
        let orders: Vec<_> = orders.collect();
        if !self.dry_run {
            for (tag, order) in &orders {
                let request = json!({ "name": tag, *order: [id] });
                self.session.call(&format!("Assign{}", tag_kind.message), &request).await?;
            }
        }
        Ok(if orders.is_empty() { Vec::new() } else { vec!["tags".to_owned()] })
    }

    /// The names of the tags that a target or set has.
    async fn tags_of(&self, is_target: bool, resource: &Value) -> Result<Vec<String>, CliError> {
        let name = |tag: &Value| plain(&tag["name"]);
        if is_target {
            let request = json!({ "target": resource["name"] });
            let (tags, _) = self.session.list(TARGET_TAG.list, &request, 0).await?;
            return Ok(tags.iter().map(name).collect());
        }
        let (tags, _) = self.session.list(SET_TAG.list, &json!({}), 0).await?;
        let mut of_set = Vec::new();
        for tag in tags.iter().map(name) {
            let filter = format!("id = {}", plain(&resource["id"]));
            let request = json!({ "distributionSetTag": tag, "filter": filter });
            let (sets, _) = self.session.list("ListDistributionSets", &request, 1).await?;
            if !sets.is_empty() {
                of_set.push(tag);
            }
        }
        Ok(of_set)
    }

    async fn artifacts(
        &self,
        (_, module, is_new): Subject<'_>,
        (value, folder): (&Value, &Path),
    ) -> Result<Vec<String>, CliError> {
        let mut present = Vec::new();
        if !(is_new && self.dry_run) {
            let request = json!({ "parent": module["name"] });
            (present, _) = self.session.list("ListArtifacts", &request, 0).await?;
        }
        let mut changed = Vec::new();
        for (n, file) in value.as_array().into_iter().flatten().enumerate() {
            let field = format!("artifacts[{n}]");
            let path = folder.join(plain(&file["file"]));
            let sha256 = checksum(&path, file, &field)?;
            if present.iter().any(|artifact| sha256_of(artifact) == sha256) {
                continue;
            }
            let own = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let said = file["filename"].as_str().map(str::to_owned);
            let filename = said.or(own).unwrap_or_default();
            if present.iter().any(|artifact| artifact["filename"] == filename) {
                let why = format!("the module has other bytes under the name «{filename}»");
                return Err(CliError::At(field, Box::new(CliError::Clash(why))));
            }
            if !self.dry_run {
                let upload = Upload {
                    module: plain(&module["name"]),
                    filename: filename.clone(),
                    sha256: Some(sha256),
                    relation: None::<ArtifactRelation>,
                };
                send(&path, upload, self.session, self.output).await?;
            }
            changed.push(format!("artifacts.{filename}"));
        }
        Ok(changed)
    }
}

/// SHA-256 of what was uploaded: of an encrypted artifact, of the bytes before.
fn sha256_of(artifact: &Value) -> String {
    let decrypted = at(artifact, "decrypted.hashes.sha256");
    plain(if decrypted.is_null() { at(artifact, "hashes.sha256") } else { decrypted })
}

/// SHA-256 of a file, which is what the document says. A file that is not here goes by what the
/// document says.
fn checksum(path: &Path, file: &Value, field: &str) -> Result<String, CliError> {
    let said = file["sha256"].as_str().map(str::to_lowercase);
    if let (Some(said), false) = (&said, path.exists()) {
        return Ok(said.clone());
    }
    let fail = |why| {
        let why = format!("{} cannot be read: {why}", path.display());
        CliError::field(Wrong::new(format!("{field}.file"), why))
    };
    let mut source = std::fs::File::open(path).map_err(fail)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        match source.read(&mut piece).map_err(fail)? {
            0 => break,
            count => hash.update(&piece[..count]),
        }
    }
    let found = hex::encode(hash.finalize());
    match said {
        Some(said) if said != found => {
            let why = format!("{} has {found}", path.display());
            Err(CliError::field(Wrong::new(format!("{field}.sha256"), why)))
        }
        _ => Ok(found),
    }
}
