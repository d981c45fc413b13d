//! `/targettags`.

use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::Common;
use crate::docs::choice;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::{Detail, tag};
use crate::{rsql, sort, wire};
use axum::Router;
use axum::routing::{get, post};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, ArrayBuilder, Operation, PartialSchema, Schema};
use otahub_rest::resource;
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    let own = get(get_one).put(update).delete(delete);
    let several = get(assigned).post(assign).delete(unassign);
    Router::new()
        .route("/targettags", resource(get(list).post(create), "GET, POST"))
        .route("/targettags/{id}", resource(own, "GET, PUT, DELETE"))
        .route("/targettags/{id}/assigned", resource(several, "GET, POST, DELETE"))
        .route(
            "/targettags/{id}/assigned/{controller}",
            resource(post(assign_one).delete(unassign_one), "POST, DELETE"),
        )
        .route("/targets/{id}/tags", resource(get(tags_of_target), "GET"))
}

fn name(id: i64) -> String {
    names::numbered("targetTags", id)
}

async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::TAGS)?;
    let request = proto::ListTargetTagsRequest {
        page_size: window.page_size,
        skip: window.skip,
        filter: query.filter(rsql::TARGET_TAGS)?,
        order_by: window.order_by,
        ..Default::default()
    };
    let listed = call.target_tags().list_target_tags(request).await?.into_inner();
    let content = listed.target_tags.into_iter();
    let content = content.map(|one| tag::target_tag(one, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

async fn create(call: Call, answer: Answer, Body(bodies): Body<Vec<wire::TagBody>>) -> Reply {
    let requests = bodies.into_iter().map(tag::target_tag_creation);
    let request =
        proto::BatchCreateTargetTagsRequest { requests: requests.collect(), ..Default::default() };
    let made = call.target_tags().batch_create_target_tags(request).await?.into_inner();
    let made = made.target_tags.into_iter();
    let shown = made.map(|one| tag::target_tag(one, &call.base, Detail::Compact));
    answer.created(&shown.collect::<Vec<_>>())
}

async fn get_one(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let request = proto::GetTargetTagRequest { name: name(id) };
    let found = call.target_tags().get_target_tag(request).await?.into_inner();
    answer.ok(&tag::target_tag(found, &call.base, Detail::Full))
}

async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::TagBody>,
) -> Reply {
    let request = tag::target_tag_update(id, body);
    let changed = call.target_tags().update_target_tag(request).await?.into_inner();
    answer.ok(&tag::target_tag(changed, &call.base, Detail::Full))
}

async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::DeleteTargetTagRequest { name: name(id) };
    call.target_tags().delete_target_tag(request).await?;
    Ok(reply::no_content())
}

/// The tags of a target: a plain list.
async fn tags_of_target(call: Call, Segments(id): Segments<String>, answer: Answer) -> Reply {
    let mut request = proto::ListTargetTagsRequest {
        page_size: 500,
        target: names::target(&id),
        ..Default::default()
    };
    let mut tags = Vec::new();
    loop {
        let listed = call.target_tags().list_target_tags(request.clone()).await?.into_inner();
        let shown = listed.target_tags.into_iter();
        tags.extend(shown.map(|one| tag::target_tag(one, &call.base, Detail::Compact)));
        request.page_token = listed.next_page_token;
        if request.page_token.is_empty() {
            return answer.ok(&tags);
        }
    }
}

async fn assigned(call: Call, Segments(id): Segments<i64>, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::OF_TAG)?;
    let request = proto::ListTargetsRequest {
        page_size: window.page_size,
        skip: window.skip,
        filter: query.filter(rsql::TARGETS)?,
        order_by: window.order_by,
        target_tag: name(id),
        ..Default::default()
    };
    super::targets::page(&call, answer, request).await
}

/// What a list with unknown targets comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotFoundPolicy {
    /// Nothing is done, and that is an error.
    Fail,
    /// What is there is done, and that is an error.
    DoAndFail,
    /// What is there is done, and that is well.
    Do,
}

fn policy(query: &Query) -> Result<NotFoundPolicy, Fault> {
    match query.text("onNotFoundPolicy") {
        None | Some("FAIL") => Ok(NotFoundPolicy::Fail),
        Some("ON_WHAT_FOUND_AND_FAIL") => Ok(NotFoundPolicy::DoAndFail),
        Some("ON_WHAT_FOUND_AND_SUCCESS") => Ok(NotFoundPolicy::Do),
        Some(_) => Err(Fault::unreadable("unknown onNotFoundPolicy".to_owned())),
    }
}

async fn tag_targets(
    call: &Call,
    request: proto::AssignTargetTagRequest,
    policy: NotFoundPolicy,
) -> Reply {
    let request =
        proto::AssignTargetTagRequest { skip_unknown: policy != NotFoundPolicy::Fail, ..request };
    let done = call.target_tags().assign_target_tag(request).await;
    let unknown = done
        .map_err(|status| Fault::from(status).listing("Target"))?
        .into_inner()
        .unknown_controller_ids;
    if policy == NotFoundPolicy::DoAndFail && !unknown.is_empty() {
        return Err(Fault::not_found_all("Target", &unknown));
    }
    Ok(reply::no_content())
}

async fn assign(
    call: Call,
    Segments(id): Segments<i64>,
    query: Query,
    Body(body): Body<wire::OneOrMany<String>>,
) -> Reply {
    let request = proto::AssignTargetTagRequest {
        name: name(id),
        assign_controller_ids: body.into(),
        ..Default::default()
    };
    tag_targets(&call, request, policy(&query)?).await
}

async fn unassign(
    call: Call,
    Segments(id): Segments<i64>,
    query: Query,
    Body(body): Body<wire::OneOrMany<String>>,
) -> Reply {
    let request = proto::AssignTargetTagRequest {
        name: name(id),
        unassign_controller_ids: body.into(),
        ..Default::default()
    };
    tag_targets(&call, request, policy(&query)?).await
}

async fn assign_one(call: Call, Segments((id, target)): Segments<(i64, String)>) -> Reply {
    let request = proto::AssignTargetTagRequest {
        name: name(id),
        assign_controller_ids: vec![target],
        ..Default::default()
    };
    tag_targets(&call, request, NotFoundPolicy::Fail).await
}

async fn unassign_one(call: Call, Segments((id, target)): Segments<(i64, String)>) -> Reply {
    let request = proto::AssignTargetTagRequest {
        name: name(id),
        unassign_controller_ids: vec![target],
        ..Default::default()
    };
    tag_targets(&call, request, NotFoundPolicy::Fail).await
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!([{"name": "north", "colour": "#0000ff"}]);
    let change = json!({"description": "north of the river"});
    let mut all = vec![
        told::get("/targettags", "getTargetTags", "Lists the tags of targets")
            .searched(rsql::TARGET_TAGS, "name==north")
            .paged(sort::TAGS)
            .gives_page::<wire::Tag>(),
        told::post("/targettags", "createTargetTags", "Creates tags of targets, all or none")
            .takes_list::<wire::TagBody>(&["name"], example)
            .creates_list::<wire::Tag>()
            .creating(),
        told::get(ONE, "getTargetTag", "Shows a tag").gives::<wire::Tag>().finding(),
        told::put(ONE, "updateTargetTag", "Changes a tag")
            .explained("What is left out stays.")
            .takes::<wire::TagBody>(&[], change)
            .gives::<wire::Tag>()
            .changing()
            .fails(&[e::EXISTS]),
        told::delete(ONE, "deleteTargetTag", "Deletes a tag").gives_nothing().finding(),
    ];
    all.extend(assignment_docs());
    all
}

fn assignment_docs() -> Vec<Operation> {
    let assigned = "/targettags/{tagId}/assigned";
    let one = "/targettags/{tagId}/assigned/{controllerId}";
    let ids = || Schema::Array(ArrayBuilder::new().items(String::schema()).build());
    let several = || json!(["pump-7"]);
    vec![
        told::get(assigned, "getTargetsWithTag", "Lists the targets with a tag")
            .searched(rsql::TARGETS, "name==pump*")
            .paged(sort::OF_TAG)
            .gives_page::<wire::Target>()
            .finding(),
        told::post(assigned, "assignTargets", "Tags targets")
            .asks(policy_doc())
            .takes_what(ids(), several())
            .gives_nothing()
            .changing(),
        told::delete(assigned, "unassignTargets", "Takes a tag off targets")
            .asks(policy_doc())
            .takes_what(ids(), several())
            .gives_nothing()
            .changing(),
        told::post(one, "assignTarget", "Tags one target").gives_nothing().changing(),
        told::delete(one, "unassignTarget", "Takes a tag off one target")
            .gives_nothing()
            .changing(),
        told::get("/targets/{targetId}/tags", "getTags", "Lists the tags of a target")
            .gives_list::<wire::Tag>()
            .finding(),
    ]
}

fn policy_doc() -> told::ParameterBuilder {
    let words = ["FAIL", "ON_WHAT_FOUND_AND_FAIL", "ON_WHAT_FOUND_AND_SUCCESS"];
    choice("onNotFoundPolicy", "What to do if a target is not there", &words)
}

/// The path of one.
const ONE: &str = "/targettags/{tagId}";
