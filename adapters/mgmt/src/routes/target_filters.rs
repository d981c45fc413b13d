//! `/targetfilters`.

use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::{ASSIGNMENT, Common};
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::target_filter::{self as translate, Linked};
use crate::translate::{Detail, distribution_set};
use crate::{rsql, sort, wire};
use axum::Router;
use axum::routing::get;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::resource;
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    let own = get(self::get_one).put(update).delete(delete);
    let assigned = get(assigned_set).post(assign).delete(unassign);
    Router::new()
        .route("/targetfilters", resource(get(list).post(create), "GET, POST"))
        .route("/targetfilters/{filterId}", resource(own, "GET, PUT, DELETE"))
        .route("/targetfilters/{filterId}/autoAssignDS", resource(assigned, "GET, POST, DELETE"))
        .route(
            "/distributionsets/{distributionSetId}/autoAssignTargetFilters",
            resource(get(of_set), "GET"),
        )
}

fn name(id: i64) -> String {
    names::numbered("targetFilters", id)
}

async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    page(&call, answer, &query, String::new(), sort::TARGET_FILTERS).await
}

/// The filters that assign a set; hawkBit takes the set's fields to sort by.
async fn of_set(call: Call, Segments(id): Segments<i64>, query: Query, answer: Answer) -> Reply {
    let set = names::distribution_set(id);
    page(&call, answer, &query, set, sort::FILTERS_OF_SET).await
}

async fn page(
    call: &Call,
    answer: Answer,
    query: &Query,
    distribution_set: String,
    fields: &[sort::Field],
) -> Reply {
    let window = query.window(fields)?;
    let linked = if query.is_full() { Linked::ToSet } else { Linked::Bare };
    let request = proto::ListTargetFiltersRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::TARGET_FILTERS)?,
        order_by: window.order_by,
        distribution_set,
    };
    let listed = call.target_filters().list_target_filters(request).await?.into_inner();
    let content = listed.target_filters.into_iter();
    let content = content.map(|filter| translate::target_filter(filter, &call.base, linked));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

async fn create(call: Call, answer: Answer, Body(body): Body<wire::TargetFilterBody>) -> Reply {
    let request = translate::creation(body)?;
    let made = call.target_filters().create_target_filter(request).await?.into_inner();
    answer.created(&translate::target_filter(made, &call.base, Linked::ToAssignment))
}

async fn get_one(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let found = fetch(&call, id).await?;
    answer.ok(&translate::target_filter(found, &call.base, Linked::Fully))
}

async fn fetch(call: &Call, id: i64) -> Result<proto::TargetFilter, Fault> {
    let request = proto::GetTargetFilterRequest { name: name(id) };
    Ok(call.target_filters().get_target_filter(request).await?.into_inner())
}

async fn change(call: &Call, answer: Answer, request: proto::UpdateTargetFilterRequest) -> Reply {
    let changed = call.target_filters().update_target_filter(request).await?.into_inner();
    answer.ok(&translate::target_filter(changed, &call.base, Linked::ToAssignment))
}

async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::TargetFilterBody>,
) -> Reply {
    match translate::update(id, body)? {
        Some(request) => change(&call, answer, request).await,
        None => {
            let found = fetch(&call, id).await?;
            answer.ok(&translate::target_filter(found, &call.base, Linked::ToAssignment))
        }
    }
}

async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::DeleteTargetFilterRequest { name: name(id) };
    call.target_filters().delete_target_filter(request).await?;
    Ok(reply::no_content())
}

/// The set that a filter assigns; 204 without one.
async fn assigned_set(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let Some(auto) = fetch(&call, id).await?.auto_assignment else {
        return Ok(reply::no_content());
    };
    let request = proto::GetDistributionSetRequest { name: auto.distribution_set };
    let set = call.sets().get_distribution_set(request).await?.into_inner();
    answer.ok(&distribution_set::set(set, &call.base, Detail::Full))
}

async fn assign(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::AutoAssignBody>,
) -> Reply {
    change(&call, answer, translate::auto_assignment(id, Some(body))?).await
}

async fn unassign(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = translate::auto_assignment(id, None)?;
    call.target_filters().update_target_filter(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!({"name": "old pumps", "query": "attribute.revision==1"});
    let mut all = vec![
        told::get("/targetfilters", "getFilters", "Lists the target filters")
            .searched(rsql::TARGET_FILTERS, "name==old*")
            .paged(sort::TARGET_FILTERS)
            .represented()
            .gives_page::<wire::TargetFilter>(),
        told::post("/targetfilters", "createFilter", "Creates a target filter")
            .takes::<wire::TargetFilterBody>(&["name", "query"], example)
            .creates::<wire::TargetFilter>()
            .creating()
            .fails(&[e::SEARCH_SYNTAX, e::SEARCH_FIELD]),
        told::get(ONE, "getFilter", "Shows a target filter")
            .gives::<wire::TargetFilter>()
            .finding(),
        told::put(ONE, "updateFilter", "Changes a target filter")
            .explained("What is left out stays.")
            .takes::<wire::TargetFilterBody>(&[], json!({"query": "attribute.revision==2"}))
            .gives::<wire::TargetFilter>()
            .changing()
            .fails(&[e::EXISTS, e::SEARCH_SYNTAX, e::SEARCH_FIELD]),
        told::delete(ONE, "deleteFilter", "Deletes a target filter").gives_nothing().finding(),
    ];
    all.extend(assignment_docs());
    all
}

fn assignment_docs() -> Vec<Operation> {
    let assigned = "/targetfilters/{filterId}/autoAssignDS";
    vec![
        told::get(
            assigned,
            "getAutoAssignedDistributionSet",
            "Shows the set that a filter assigns",
        )
        .gives::<wire::DistributionSet>()
        .gives_nothing()
        .finding(),
        told::post(assigned, "postAutoAssignDistributionSet", "Lets a filter assign a set")
            .explained("Every target that matches, now or later, gets the set once.")
            .takes::<wire::AutoAssignBody>(&["id"], json!({"id": 1, "type": "forced"}))
            .gives::<wire::TargetFilter>()
            .changing()
            .fails(ASSIGNMENT)
            .fails(&[e::AUTO_ASSIGNMENT_TYPE]),
        told::delete(assigned, "deleteAutoAssignDistributionSet", "Ends what a filter assigns")
            .gives_nothing()
            .finding(),
    ]
}

/// The path of one.
const ONE: &str = "/targetfilters/{filterId}";
