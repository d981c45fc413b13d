//! Makes a resource be as its document says.

use super::compare::{changes, over};
use super::document::Document;
use super::manifest::{self, Manifest};
use super::{Applying, Outcome};
use crate::error::CliError;
use crate::resolve;
use crate::schema::{self, Wrong};
use crate::table::{Id, Kind};
use crate::view::plain;
use otahub_client::names;
use serde_json::{Map, Value, json};

impl Applying<'_> {
    pub(super) async fn resource(&mut self, document: &Document) -> Result<Outcome, CliError> {
        let manifest = manifest::of(document).map_err(CliError::field)?;
        let Some(kind) = manifest.kind else { return Ok(Outcome::default()) };
        let natural = kind.natural.iter().map(|field| plain(&document.fields[*field]));
        let natural: Vec<_> = natural.collect();
        let key = natural.join(":");
        let present = resolve::find(kind, &natural, self.session).await?;
        let is_new = present.is_none();
        let wanted = self.wanted(manifest, document).await?;
        let (present, mut changed) = match present {
            Some(present) => {
                let changed = self.update(manifest, (&wanted, &present), manifest.free).await?;
                (present, changed)
            }
            None => (self.create(manifest, &wanted, (document, &key)).await?, Vec::new()),
        };
        let name = plain(&present["name"]);
        self.known.insert((kind.collection, key.clone()), name);
        for extra in manifest.extras {
            if let Some(value) = document.fields.get(extra.field()) {
                let subject = (kind, &present, is_new);
                let touched = self.extra(*extra, subject, (value, &document.folder)).await?;
                changed.extend(touched);
            }
        }
        changed.extend(self.update(manifest, (&wanted, &present), manifest.late).await?);
        Ok(Outcome { key, is_new, changes: changed })
    }

    /// What a document says of the resource, with the hub's names of others in it.
    async fn wanted(
        &mut self,
        manifest: &Manifest,
        document: &Document,
    ) -> Result<Map<String, Value>, CliError> {
        let mut said = Value::Object(manifest::said(manifest, document));
        for (path, kind) in manifest.refs {
            let place = format!("/{}", path.replace('.', "/"));
            let Some(value) = said.pointer_mut(&place) else { continue };
            match value {
                Value::String(text) => *text = self.name(kind, path, text).await?,
                Value::Array(items) => {
                    for item in items {
                        *item = self.name(kind, path, &plain(item)).await?.into();
                    }
                }
                _ => {}
            }
        }
        let message = manifest.kind.and_then(|kind| schema::message(kind.message));
        let canonical = message.map(|message| schema::canonical(&message, &said, "")).transpose();
        let mut said = match canonical.map_err(CliError::field)? {
            Some(Value::Object(said)) => said,
            _ => Map::new(),
        };
        // an object that is to go is said to be null
        for field in manifest.free {
            if document.fields.get(*field).is_some_and(Value::is_null) {
                said.insert((*field).to_owned(), Value::Null);
            }
        }
        Ok(said)
    }

    /// The hub's name of a resource that a field speaks of.
    pub(super) async fn name(
        &self,
        kind: &'static Kind,
        field: &str,
        text: &str,
    ) -> Result<String, CliError> {
        if let Some(name) = self.known.get(&(kind.collection, text.to_owned())) {
            return Ok(name.clone());
        }
        let named = async {
            // here, other than on the command line, names go before numbers
            if kind.natural.len() == 1 && text.parse::<i64>().is_ok() {
                let found = resolve::find(kind, &[text.to_owned()], self.session).await?;
                if let Some(found) = found {
                    return Ok(plain(&found["name"]));
                }
            }
            resolve::name(kind, text, self.session).await
        };
        named.await.map_err(|error| CliError::At(field.to_owned(), Box::new(error)))
    }

    async fn create(
        &self,
        manifest: &Manifest,
        wanted: &Map<String, Value>,
        (document, key): (&Document, &str),
    ) -> Result<Value, CliError> {
        let mut made = wanted.clone();
        made.retain(|field, value| !manifest.late.contains(&field.as_str()) && !value.is_null());
        let Some(kind) = manifest.kind else { return Ok(Value::Null) };
        if self.dry_run {
            made.insert("name".to_owned(), not_yet(kind, key).into());
            return Ok(Value::Object(made));
        }
        let mut request = json!({ manifest.field: made });
        if let Some(groups) = document.fields.get("groups") {
            let place = if groups.is_array() { "groups" } else { "groupCount" };
            request[place] = groups.clone();
        } else if manifest.field == "rollout" {
            request["groupCount"] = 1.into();
        }
        self.session.call(&format!("Create{}", kind.message), &request).await
    }

    /// Changes those of `fields` that differ, and says which.
    async fn update(
        &self,
        manifest: &Manifest,
        (wanted, present): (&Map<String, Value>, &Value),
        fields: &[&str],
    ) -> Result<Vec<String>, CliError> {
        let Some(kind) = manifest.kind else { return Ok(Vec::new()) };
        let changed = changes(wanted, present);
        let stuck = changed.iter().find(|field| manifest.fixed.contains(&field.as_str()));
        // a rollout goes its own way once it is made
        if let (Some(field), true) = (stuck, kind.message != "Rollout") {
            let why = format!("it cannot change; it is «{}»", plain(&present[field.as_str()]));
            return Err(CliError::field(Wrong::new(field, why)));
        }
        let mut changed = changed;
        changed.retain(|field| fields.contains(&field.as_str()));
        if changed.is_empty() || self.dry_run {
            return Ok(changed);
        }
        let mut resource = Map::new();
        resource.insert("name".to_owned(), present["name"].clone());
        for field in &changed {
            let value = over(&wanted[field], &present[field.as_str()]);
            if !value.is_null() {
                resource.insert(field.clone(), value);
            }
        }
        let request = json!({ manifest.field: resource, "updateMask": changed.join(",") });
        self.session.call(&format!("Update{}", kind.message), &request).await?;
        Ok(changed)
    }
}

/// A name of what a dry run does not make.
fn not_yet(kind: &Kind, key: &str) -> String {
    match kind.id {
        Id::Text => names::encoded(kind.collection, key),
        Id::Number => format!("{}/({key})", kind.collection),
    }
}
