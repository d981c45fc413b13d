//! `/targetgroups`.

use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::Common;
use crate::docs::flag;
use crate::docs::text;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::{rsql, sort, wire};
use axum::Router;
use axum::routing::{get, put};
use http::StatusCode;
use otahub_client::proto;
use otahub_rest::docs::{self as told, ArrayBuilder, Operation, PartialSchema, Required, Schema};
use otahub_rest::resource;
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    let all = get(list).put(assign_matching).delete(clear_matching);
    let named = get(assigned_query).put(assign_query).delete(clear);
    Router::new()
        .route("/targetgroups", resource(all, "GET, PUT, DELETE"))
        .route("/targetgroups/assigned", resource(named, "GET, PUT, DELETE"))
        .route("/targetgroups/{group}", resource(put(assign_matching_path), "PUT"))
        .route(
            "/targetgroups/{group}/assigned",
            resource(get(assigned_path).put(assign_path), "GET, PUT"),
        )
}

/// A parameter that has to be there.
fn required(query: &Query, name: &str) -> Result<String, Fault> {
    let given = query.text(name).map(str::to_owned);
    given.ok_or_else(|| Fault::plain(StatusCode::BAD_REQUEST))
}

async fn list(call: Call, answer: Answer) -> Reply {
    let request = proto::ListTargetGroupsRequest::default();
    let listed = call.targets().list_target_groups(request).await?.into_inner();
    answer.ok(&listed.groups)
}

async fn assigned(call: &Call, query: &Query, answer: Answer, of: (String, bool)) -> Reply {
    let window = query.window(sort::TARGETS)?;
    let (group, include_subgroups) = of;
    let request = proto::ListTargetsRequest {
        page_size: window.page_size,
        skip: window.skip,
        order_by: window.order_by,
        group,
        include_subgroups,
        ..Default::default()
    };
    super::targets::page(call, answer, request).await
}

async fn assigned_query(call: Call, query: Query, answer: Answer) -> Reply {
    let of = (required(&query, "group")?, query.flag("subgroups")?);
    assigned(&call, &query, answer, of).await
}

async fn assigned_path(
    call: Call,
    Segments(group): Segments<String>,
    query: Query,
    answer: Answer,
) -> Reply {
    assigned(&call, &query, answer, (group, false)).await
}

async fn assign(call: &Call, request: proto::AssignTargetGroupRequest) -> Reply {
    call.targets().assign_target_group(request).await?;
    Ok(reply::no_content())
}

async fn assign_query(
    call: Call,
    query: Query,
    Body(body): Body<wire::OneOrMany<String>>,
) -> Reply {
    let request = proto::AssignTargetGroupRequest {
        group: required(&query, "group")?,
        controller_ids: body.into(),
        filter: String::new(),
    };
    assign(&call, request).await
}

async fn assign_path(
    call: Call,
    Segments(group): Segments<String>,
    Body(body): Body<wire::OneOrMany<String>>,
) -> Reply {
    let request = proto::AssignTargetGroupRequest {
        group,
        controller_ids: body.into(),
        filter: String::new(),
    };
    assign(&call, request).await
}

async fn clear(call: Call, Body(body): Body<wire::OneOrMany<String>>) -> Reply {
    let request = proto::AssignTargetGroupRequest {
        group: String::new(),
        controller_ids: body.into(),
        filter: String::new(),
    };
    assign(&call, request).await
}

/// All that match `q`.
async fn matching(call: &Call, query: &Query, group: String) -> Reply {
    required(query, "q")?;
    let request = proto::AssignTargetGroupRequest {
        group,
        controller_ids: Vec::new(),
        filter: query.filter(rsql::TARGETS)?,
    };
    assign(call, request).await
}

async fn assign_matching(call: Call, query: Query) -> Reply {
    let group = required(&query, "group")?;
    matching(&call, &query, group).await
}

async fn assign_matching_path(
    call: Call,
    Segments(group): Segments<String>,
    query: Query,
) -> Reply {
    matching(&call, &query, group).await
}

async fn clear_matching(call: Call, query: Query) -> Reply {
    matching(&call, &query, String::new()).await
}

pub(super) fn docs() -> Vec<Operation> {
    let ids =
        || Schema::Array(ArrayBuilder::new().items(String::schema()).min_items(Some(1)).build());
    let group = || text("group", "A group, which may have `/` in it").required(Required::True);
    let group = || group().example(Some(json!("plant1")));
    let q = || text("q", "A search, as in the list of targets").required(Required::True);
    let q = || q().example(Some(json!("name==pump*")));
    let assigned = "/targetgroups/assigned";
    let of_path = "/targetgroups/{group}/assigned";
    let searching = [e::SEARCH_SYNTAX, e::SEARCH_FIELD];
    vec![
        told::get("/targetgroups", "getTargetGroups", "Lists the groups that targets are in")
            .gives_what(Schema::Array(ArrayBuilder::new().items(String::schema()).build())),
        told::put("/targetgroups", "assignGroupByQuery", "Puts what is searched for into a group")
            .asks(group())
            .asks(q())
            .gives_nothing()
            .changing()
            .fails(&searching),
        told::delete("/targetgroups", "unassignGroupByQuery", "Takes what is searched for out")
            .asks(q())
            .gives_nothing()
            .changing()
            .fails(&searching),
        told::get(assigned, "getTargetsInGroupQuery", "Lists the targets of a group")
            .asks(group())
            .asks(flag("subgroups", "Whether groups below this one, divided by `/`, count"))
            .paged(sort::TARGETS)
            .gives_page::<wire::Target>()
            .fails(&[e::CONSTRAINT]),
        told::put(assigned, "assignGroupQuery", "Puts targets into a group")
            .asks(group())
            .takes_what(ids(), json!(["pump-7"]))
            .gives_nothing()
            .changing(),
        told::delete(assigned, "unassignGroup", "Takes targets out of their groups")
            .takes_what(ids(), json!(["pump-7"]))
            .gives_nothing()
            .changing(),
        told::put("/targetgroups/{group}", "assignGroupByQueryPath", "As PUT `/targetgroups`")
            .asks(q())
            .gives_nothing()
            .changing()
            .fails(&searching),
        told::get(of_path, "getTargetsInGroup", "Lists the targets of a group")
            .paged(sort::TARGETS)
            .gives_page::<wire::Target>()
            .fails(&[e::CONSTRAINT]),
        told::put(of_path, "assignGroup", "Puts targets into a group")
            .takes_what(ids(), json!(["pump-7"]))
            .gives_nothing()
            .changing(),
    ]
}
