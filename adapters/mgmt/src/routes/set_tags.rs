//! `/distributionsettags`.

use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::Common;
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
        .route("/distributionsettags", resource(get(list).post(create), "GET, POST"))
        .route("/distributionsettags/{id}", resource(own, "GET, PUT, DELETE"))
        .route("/distributionsettags/{id}/assigned", resource(several, "GET, POST, DELETE"))
        .route(
            "/distributionsettags/{id}/assigned/{set}",
            resource(post(assign_one).delete(unassign_one), "POST, DELETE"),
        )
}

fn name(id: i64) -> String {
    names::numbered("distributionSetTags", id)
}

async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::TAGS)?;
    let request = proto::ListDistributionSetTagsRequest {
        page_size: window.page_size,
        skip: window.skip,
        filter: query.filter(rsql::SET_TAGS)?,
        order_by: window.order_by,
        ..Default::default()
    };
    let listed = call.set_tags().list_distribution_set_tags(request).await?.into_inner();
    let content = listed.distribution_set_tags.into_iter();
    let content = content.map(|one| tag::set_tag(one, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

async fn create(call: Call, answer: Answer, Body(bodies): Body<Vec<wire::TagBody>>) -> Reply {
    let requests = bodies.into_iter().map(tag::set_tag_creation);
    let request = proto::BatchCreateDistributionSetTagsRequest {
        requests: requests.collect(),
        ..Default::default()
    };
    let made = call.set_tags().batch_create_distribution_set_tags(request).await?.into_inner();
    let made = made.distribution_set_tags.into_iter();
    let shown = made.map(|one| tag::set_tag(one, &call.base, Detail::Compact));
    answer.created(&shown.collect::<Vec<_>>())
}

async fn get_one(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let request = proto::GetDistributionSetTagRequest { name: name(id) };
    let found = call.set_tags().get_distribution_set_tag(request).await?.into_inner();
    answer.ok(&tag::set_tag(found, &call.base, Detail::Full))
}

async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::TagBody>,
) -> Reply {
    let request = tag::set_tag_update(id, body);
    let changed = call.set_tags().update_distribution_set_tag(request).await?.into_inner();
    answer.ok(&tag::set_tag(changed, &call.base, Detail::Full))
}

async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::DeleteDistributionSetTagRequest { name: name(id) };
    call.set_tags().delete_distribution_set_tag(request).await?;
    Ok(reply::no_content())
}

async fn assigned(call: Call, Segments(id): Segments<i64>, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::OF_TAG)?;
    let request = proto::ListDistributionSetsRequest {
        page_size: window.page_size,
        skip: window.skip,
        filter: query.filter(rsql::SETS)?,
        order_by: window.order_by,
        distribution_set_tag: name(id),
        ..Default::default()
    };
    super::sets::page(&call, answer, request).await
}

fn sets(body: wire::OneOrMany<wire::Id>) -> Vec<String> {
    let ids = Vec::from(body).into_iter();
    ids.map(|id: wire::Id| names::distribution_set(id.0)).collect()
}

async fn tag_sets(call: &Call, request: proto::AssignDistributionSetTagRequest) -> Reply {
    let done = call.set_tags().assign_distribution_set_tag(request).await;
    done.map_err(|status| Fault::from(status).listing("DistributionSet"))?;
    Ok(reply::no_content())
}

async fn assign(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<wire::OneOrMany<wire::Id>>,
) -> Reply {
    let request = proto::AssignDistributionSetTagRequest {
        name: name(id),
        assign_sets: sets(body),
        unassign_sets: Vec::new(),
    };
    tag_sets(&call, request).await
}

async fn unassign(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<wire::OneOrMany<wire::Id>>,
) -> Reply {
    let request = proto::AssignDistributionSetTagRequest {
        name: name(id),
        assign_sets: Vec::new(),
        unassign_sets: sets(body),
    };
    tag_sets(&call, request).await
}

async fn assign_one(call: Call, Segments((id, set)): Segments<(i64, i64)>) -> Reply {
    let request = proto::AssignDistributionSetTagRequest {
        name: name(id),
        assign_sets: vec![names::distribution_set(set)],
        unassign_sets: Vec::new(),
    };
    tag_sets(&call, request).await
}

async fn unassign_one(call: Call, Segments((id, set)): Segments<(i64, i64)>) -> Reply {
    let request = proto::AssignDistributionSetTagRequest {
        name: name(id),
        assign_sets: Vec::new(),
        unassign_sets: vec![names::distribution_set(set)],
    };
    tag_sets(&call, request).await
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!([{"name": "north", "colour": "#0000ff"}]);
    let change = json!({"description": "north of the river"});
    let mut all = vec![
        told::get("/distributionsettags", "getDistributionSetTags", "Lists the tags of sets")
            .searched(rsql::SET_TAGS, "name==north")
            .paged(sort::TAGS)
            .gives_page::<wire::Tag>(),
        told::post(
            "/distributionsettags",
            "createDistributionSetTags",
            "Creates tags of sets, all or none",
        )
        .takes_list::<wire::TagBody>(&["name"], example)
        .creates_list::<wire::Tag>()
        .creating(),
        told::get(ONE, "getDistributionSetTag", "Shows a tag").gives::<wire::Tag>().finding(),
        told::put(ONE, "updateDistributionSetTag", "Changes a tag")
            .explained("What is left out stays.")
            .takes::<wire::TagBody>(&[], change)
            .gives::<wire::Tag>()
            .changing()
            .fails(&[e::EXISTS]),
        told::delete(ONE, "deleteDistributionSetTag", "Deletes a tag").gives_nothing().finding(),
    ];
    all.extend(assignment_docs());
    all
}

fn assignment_docs() -> Vec<Operation> {
    let assigned = "/distributionsettags/{tagId}/assigned";
    let one = "/distributionsettags/{tagId}/assigned/{distributionSetId}";
    let ids = || Schema::Array(ArrayBuilder::new().items(i64::schema()).build());
    let several = || json!([1]);
    vec![
        told::get(assigned, "getSetsWithTag", "Lists the sets with a tag")
            .searched(rsql::SETS, "name==pumps")
            .paged(sort::OF_TAG)
            .gives_page::<wire::DistributionSet>()
            .finding(),
        told::post(assigned, "assignDistributionSets", "Tags sets")
            .takes_what(ids(), several())
            .gives_nothing()
            .changing(),
        told::delete(assigned, "unassignDistributionSets", "Takes a tag off sets")
            .takes_what(ids(), several())
            .gives_nothing()
            .changing(),
        told::post(one, "assignDistributionSet", "Tags one set").gives_nothing().changing(),
        told::delete(one, "unassignDistributionSet", "Takes a tag off one set")
            .gives_nothing()
            .changing(),
    ]
}

/// The path of one.
const ONE: &str = "/distributionsettags/{tagId}";
