//! `otactl audit`.

use crate::error::CliError;
use crate::output::Output;
use crate::session::Session;
use crate::view::{Cell, Column, at};
use clap::Args;
use serde_json::{Value, json};

/// Which entries of the audit trail are wanted.
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// Only what matches, e.g. `actor = "zoe" AND resource = "targets/d1"` (AIP-160 over actor,
    /// method, resource, time, protocol, credential and outcome).
    #[arg(long, value_name = "EXPRESSION", default_value = "", hide_default_value = true)]
    filter: String,
    /// How many to show; 0 for all.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

const COLUMNS: &[Column] = &[
    Column("TIME", Cell::Time("time")),
    Column("WHO", Cell::Text("actor")),
    Column("WITH", Cell::Text("credential")),
    Column("VIA", Cell::Text("protocol")),
    Column("WHAT", Cell::Last("method")),
    Column("RESOURCE", Cell::With(resource)),
    Column("OUTCOME", Cell::Text("outcome")),
];

fn resource(item: &Value) -> String {
    let more = if at(item, "truncated") == &Value::Bool(true) { " (one of many)" } else { "" };
    format!("{}{more}", at(item, "resource").as_str().unwrap_or_default())
}

pub(crate) async fn carry_out(
    query: Query,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let request = json!({ "filter": query.filter });
    let (entries, total) = session.list("ListAuditEntries", &request, query.limit).await?;
    output.list(COLUMNS, "auditEntries", &entries, total)
}
