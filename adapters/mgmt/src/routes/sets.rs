//! `/distributionsets` and `/distributionsettypes`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, JsonFirstAnswer, Reply};
use crate::translate::{self, Detail};
use crate::{rsql, sort, wire};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;

pub(super) async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::SETS)?;
    let request = proto::ListDistributionSetsRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::SETS)?,
        order_by: window.order_by,
        deleted_mode: query.deleted_mode()?.into(),
        ..Default::default()
    };
    page(&call, answer, request).await
}

/// A page of sets, as lists show them.
pub(super) async fn page(
    call: &Call,
    answer: Answer,
    request: proto::ListDistributionSetsRequest,
) -> Reply {
    let listed = call.sets().list_distribution_sets(request).await?.into_inner();
    let content = listed.distribution_sets.into_iter();
    let content = content.map(|s| translate::distribution_set::set(s, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

pub(super) async fn create(
    call: Call,
    answer: Answer,
    Body(bodies): Body<Vec<wire::DistributionSetBody>>,
) -> Reply {
    let requests = bodies.into_iter().map(translate::distribution_set::creation).collect();
    let request = proto::BatchCreateDistributionSetsRequest { requests, ..Default::default() };
    let made = call.sets().batch_create_distribution_sets(request).await?.into_inner();
    let made = made.distribution_sets.into_iter();
    let shown = made.map(|s| translate::distribution_set::set(s, &call.base, Detail::Compact));
    answer.created(&shown.collect::<Vec<_>>())
}

pub(super) async fn get(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    show(&call, answer, fetch(&call, id).await?)
}

async fn fetch(call: &Call, id: i64) -> Result<proto::DistributionSet, Fault> {
    let request = proto::GetDistributionSetRequest { name: names::distribution_set(id) };
    Ok(call.sets().get_distribution_set(request).await?.into_inner())
}

fn show(call: &Call, answer: Answer, set: proto::DistributionSet) -> Reply {
    answer.ok(&translate::distribution_set::set(set, &call.base, Detail::Full))
}

pub(super) async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    JsonFirstAnswer(answer): JsonFirstAnswer,
    Body(body): Body<wire::DistributionSetBody>,
) -> Reply {
    let request = translate::distribution_set::update(id, body);
    if request.update_mask.as_ref().is_none_or(|mask| mask.paths.is_empty()) {
        return show(&call, answer, fetch(&call, id).await?);
    }
    show(&call, answer, call.sets().update_distribution_set(request).await?.into_inner())
}

pub(super) async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::DeleteDistributionSetRequest { name: names::distribution_set(id) };
    call.sets().delete_distribution_set(request).await?;
    Ok(reply::no_content())
}

pub(super) async fn list_types(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::SET_TYPES)?;
    let request = proto::ListDistributionSetTypesRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::SET_TYPES)?,
        order_by: window.order_by,
        deleted_mode: query.deleted_mode()?.into(),
        ..Default::default()
    };
    let listed = call.set_types().list_distribution_set_types(request).await?.into_inner();
    let kinds = listed.distribution_set_types.into_iter();
    let kinds =
        kinds.map(|t| translate::distribution_set::set_type(t, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(kinds.collect(), listed.total_size))
}

pub(super) async fn get_type(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let name = names::numbered("distributionSetTypes", id);
    let request = proto::GetDistributionSetTypeRequest { name };
    let found = call.set_types().get_distribution_set_type(request).await?.into_inner();
    answer.ok(&translate::distribution_set::set_type(found, &call.base, Detail::Full))
}

pub(super) fn docs() -> Vec<Operation> {
    let example =
        json!([{"name": "pumps", "version": "1.0", "type": "os", "modules": [{"id": 1}]}]);
    let change = json!({"description": "for every pump"});
    vec![
        told::get("/distributionsets", "getDistributionSets", "Lists the distribution sets")
            .searched(rsql::SETS, "name==pumps;version==1.*")
            .paged(sort::SETS)
            .shows_deleted()
            .gives_page::<wire::DistributionSet>(),
        told::post("/distributionsets", "createDistributionSets", "Creates sets, all or none")
            .explained("Without `type` a set is of the type that the tenant has as its default.")
            .takes_list::<wire::DistributionSetBody>(&["name", "version"], example)
            .creates_list::<wire::DistributionSet>()
            .creating()
            .finding()
            .fails(&[e::DELETED, e::UNSUPPORTED_MODULE]),
        told::get(ONE, "getDistributionSet", "Shows a set")
            .gives::<wire::DistributionSet>()
            .finding(),
        told::put(ONE, "updateDistributionSet", "Changes a set")
            .explained("What is left out stays; `type` and `modules` do not count.")
            .takes::<wire::DistributionSetBody>(&[], change)
            .gives::<wire::DistributionSet>()
            .changing()
            .fails(&[e::DELETED, e::EXISTS, e::INVALIDATED, e::LOCKED, e::INCOMPLETE]),
        told::delete(ONE, "deleteDistributionSet", "Deletes a set")
            .explained("One that was ever assigned stays, marked as deleted.")
            .gives_nothing()
            .finding(),
    ]
}

/// The path of one.
const ONE: &str = "/distributionsets/{distributionSetId}";
