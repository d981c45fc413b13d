//! `otactl audit`.

use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::Args;
use otahub_client::proto::ListAuditEntriesRequest;

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

pub(crate) async fn carry_out(
    query: Query,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let (entries, total) = gather(query.limit, |page_size, page_token| {
        let filter = query.filter.clone();
        let request = ListAuditEntriesRequest { page_size, page_token, filter };
        async move {
            let answer = session.users().list_audit_entries(request).await?.into_inner();
            let (next, total) = (answer.next_page_token, answer.total_size);
            Ok(Page { items: answer.audit_entries, next, total })
        }
    })
    .await?;
    output.list("auditEntries", &entries, total)
}
