//! `otactl apply`: makes the hub have what files say.
//!
//! Every document is looked at before anything changes. Then one after the other is compared with
//! what the hub has, in the order in which they need each other, whatever the order in the files.

mod compare;
mod document;
mod extras;
mod manifest;
mod resource;
mod settings;

use crate::args::Globals;
use crate::error::CliError;
use crate::output::Output;
use crate::session::Session;
use crate::view::{Cell, Column};
use document::Document;
use manifest::{MANIFESTS, SETTINGS};
use serde_json::json;
use std::collections::HashMap;
use std::path::PathBuf;

/// What is applied.
#[derive(Debug, clap::Args)]
pub(crate) struct Order {
    /// A file of YAML or JSON, a folder with such files, or - for standard input; may be repeated.
    #[arg(long = "file", short = 'f', value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Tells what would change, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Applies documents to a hub.
struct Applying<'a> {
    session: &'a Session,
    output: &'a mut Output,
    dry_run: bool,
    /// Names of what was seen or made, by collection and what people know it by. In a dry run also
    /// of what is not there yet.
    known: HashMap<(&'static str, String), String>,
}

/// What became of a document.
#[derive(Debug, Default)]
struct Outcome {
    key: String,
    is_new: bool,
    /// What changed of what is not new.
    changes: Vec<String>,
}

const COLUMNS: &[Column] = &[
    Column("WHAT", Cell::Text("outcome")),
    Column("KIND", Cell::Text("kind")),
    Column("KEY", Cell::Text("key")),
    Column("CHANGES", Cell::Text("changes")),
];

impl Outcome {
    fn word(&self) -> &'static str {
        match (self.is_new, self.changes.is_empty()) {
            (true, _) => "created",
            (false, false) => "updated",
            (false, true) => "unchanged",
        }
    }
}

pub(crate) async fn carry_out(
    order: Order,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), CliError> {
    let mut documents = document::read(&order.files)?;
    documents.iter().try_for_each(|document| {
        manifest::check(document).map_err(|wrong| document.fault(CliError::field(wrong)))
    })?;
    documents.sort_by_key(|document| rank(&document.kind));
    let mut counts = [("created", 0), ("updated", 0), ("unchanged", 0)];
    let dry_run = order.dry_run;
    let session = Session::open(globals).await?;
    let mut applying = Applying { session: &session, output, dry_run, known: HashMap::new() };
    for document in &documents {
        let outcome = applying.apply(document).await.map_err(|error| document.fault(error))?;
        let word = outcome.word();
        counts.iter_mut().filter(|(known, _)| *known == word).for_each(|(_, count)| *count += 1);
        let entry = json!({
            "outcome": word,
            "kind": document.kind,
            "key": outcome.key,
            "changes": outcome.changes,
        });
        applying.output.entry(COLUMNS, &entry)?;
    }
    let counted: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let would = if dry_run { " (dry run: nothing was done)" } else { "" };
    output.remark(&format!("{}{would}", counted.join(", ")));
    Ok(())
}

/// What needs others comes after them.
fn rank(kind: &str) -> usize {
    MANIFESTS.iter().position(|manifest| manifest.name() == kind).unwrap_or(0)
}

impl Applying<'_> {
    async fn apply(&mut self, document: &Document) -> Result<Outcome, CliError> {
        if document.kind == SETTINGS {
            return self.settings(document).await;
        }
        self.resource(document).await
    }
}
