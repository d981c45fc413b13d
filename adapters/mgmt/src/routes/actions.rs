//! `/actions`: actions across targets.

use crate::body::OptionalBody;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::docs::text;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::{self, Detail};
use crate::{rsql, sort, wire};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, ArrayBuilder, Operation, PartialSchema, Schema};
use serde_json::json;

pub(super) async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let detail = if query.is_full() { Detail::Full } else { Detail::Compact };
    page(&call, answer, request(&query, String::new())?, detail).await
}

/// What of the actions of all targets, or of `target` (`targets/{controller_id}`), is asked for.
pub(super) fn request(query: &Query, target: String) -> Result<proto::ListActionsRequest, Fault> {
    let window = query.window(sort::ACTIONS)?;
    Ok(proto::ListActionsRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::ACTIONS)?,
        order_by: window.order_by,
        target,
    })
}

/// A page of actions.
pub(super) async fn page(
    call: &Call,
    answer: Answer,
    request: proto::ListActionsRequest,
    detail: Detail,
) -> Reply {
    let listed = call.actions().list_actions(request).await?.into_inner();
    let content = listed.actions.into_iter();
    let content = content.map(|a| translate::action::action(a, &call.base, detail)).collect();
    answer.ok(&wire::Page::new(content, listed.total_size))
}

pub(super) async fn get(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let request = proto::GetActionRequest { name: names::action(id), target: String::new() };
    let action = call.actions().get_action(request).await?.into_inner();
    answer.ok(&translate::action::action(action, &call.base, Detail::Full))
}

/// Deletes the actions that a search finds, or those of the body: one of both must be given.
pub(super) async fn purge(
    call: Call,
    query: Query,
    OptionalBody(body): OptionalBody<Vec<wire::Id>>,
) -> Reply {
    let filter = query.filter(rsql::ACTIONS)?;
    let ids = body.unwrap_or_default();
    if filter.is_empty() == ids.is_empty() {
        return Err(Fault::unreadable("either q or a list of ids is needed".to_owned()));
    }
    remove(&call, filter, ids).await
}

pub(super) async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    remove(&call, String::new(), vec![wire::Id(id)]).await
}

async fn remove(call: &Call, filter: String, ids: Vec<wire::Id>) -> Reply {
    let request = proto::DeleteActionsRequest {
        names: ids.into_iter().map(|id| names::action(id.0)).collect(),
        filter,
        target: String::new(),
        keep_last: None,
    };
    call.actions().delete_actions(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let ids = || ArrayBuilder::new().items(i64::schema()).build();
    vec![
        told::get("/actions", "getActions", "Lists the actions of all targets")
            .searched(rsql::ACTIONS, "target.controllerid==pump-7")
            .paged(sort::ACTIONS)
            .represented()
            .gives_page::<wire::Action>(),
        told::delete("/actions", "deleteActions", "Deletes the actions that `q` or the body names")
            .explained("Either `q` or a list of numbers has to be given, and not both.")
            .asks(text("q", "A search, as in the list of actions"))
            .takes_what(Schema::Array(ids()), json!([7, 8]))
            .or_nothing()
            .gives_nothing()
            .finding()
            .fails(&[e::SEARCH_SYNTAX, e::SEARCH_FIELD, e::CONSTRAINT]),
        told::get("/actions/{actionId}", "getActionOfAll", "Shows an action")
            .gives::<wire::Action>()
            .finding(),
        told::delete("/actions/{actionId}", "deleteAction", "Deletes an action with its history")
            .gives_nothing()
            .finding(),
    ]
}
