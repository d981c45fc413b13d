//! `/targettypes`.

use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::Common;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::{self, Detail, types};
use crate::{rsql, sort, wire};
use axum::Router;
use axum::routing::{delete as route_delete, get};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::resource;
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    let own = get(self::get_one).put(update).delete(delete);
    Router::new()
        .route("/targettypes", resource(get(list).post(create), "GET, POST"))
        .route("/targettypes/{id}", resource(own, "GET, PUT, DELETE"))
        .route(
            "/targettypes/{id}/compatibledistributionsettypes",
            resource(get(set_types).post(add_set_types), "GET, POST"),
        )
        .route(
            "/targettypes/{id}/compatibledistributionsettypes/{kind}",
            resource(route_delete(remove_set_type), "DELETE"),
        )
}

fn name(id: i64) -> String {
    names::numbered("targetTypes", id)
}

async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::SET_TYPES)?;
    let request = proto::ListTargetTypesRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::TARGET_TYPES)?,
        order_by: window.order_by,
    };
    let listed = call.target_types().list_target_types(request).await?.into_inner();
    let content = listed.target_types.into_iter();
    let content = content.map(|kind| types::target_type(kind, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

async fn create(
    call: Call,
    answer: Answer,
    Body(bodies): Body<Vec<wire::TargetTypeBody>>,
) -> Reply {
    let requests = bodies.into_iter().map(types::target_type_creation);
    let request =
        proto::BatchCreateTargetTypesRequest { requests: requests.collect(), ..Default::default() };
    let made = call.target_types().batch_create_target_types(request).await?.into_inner();
    let made = made.target_types.into_iter();
    let shown = made.map(|kind| types::target_type(kind, &call.base, Detail::Compact));
    answer.created(&shown.collect::<Vec<_>>())
}

async fn get_one(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let request = proto::GetTargetTypeRequest { name: name(id) };
    let found = call.target_types().get_target_type(request).await?.into_inner();
    answer.ok(&types::target_type(found, &call.base, Detail::Full))
}

async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::TargetTypeBody>,
) -> Reply {
    let changed = call
        .target_types()
        .update_target_type(types::target_type_update(id, body))
        .await?
        .into_inner();
    answer.ok(&types::target_type(changed, &call.base, Detail::Full))
}

async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::DeleteTargetTypeRequest { name: name(id) };
    call.target_types().delete_target_type(request).await?;
    Ok(reply::no_content())
}

/// The set types that targets of a type take: a plain list.
async fn set_types(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let request = proto::ListDistributionSetTypesRequest {
        page_size: 500,
        target_type: name(id),
        ..Default::default()
    };
    let listed = call.set_types().list_distribution_set_types(request).await?.into_inner();
    let kinds = listed.distribution_set_types.into_iter();
    let compact = Detail::Compact;
    let shown = kinds.map(|kind| translate::distribution_set::set_type(kind, &call.base, compact));
    answer.ok(&shown.collect::<Vec<_>>())
}

async fn add_set_types(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<wire::OneOrMany<wire::IdBody>>,
) -> Reply {
    let request = proto::ChangeTargetTypeSetTypesRequest {
        name: name(id),
        add_set_types: types::named("distributionSetTypes", body.into()),
        remove_set_types: Vec::new(),
    };
    call.target_types().change_target_type_set_types(request).await?;
    Ok(reply::no_content())
}

async fn remove_set_type(call: Call, Segments((id, kind)): Segments<(i64, i64)>) -> Reply {
    let request = proto::ChangeTargetTypeSetTypesRequest {
        name: name(id),
        add_set_types: Vec::new(),
        remove_set_types: vec![names::numbered("distributionSetTypes", kind)],
    };
    call.target_types().change_target_type_set_types(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let set_types = "/targettypes/{targetTypeId}/compatibledistributionsettypes";
    let example =
        json!([{"key": "pump", "name": "Pump", "compatibledistributionsettypes": [{"id": 1}]}]);
    vec![
        told::get("/targettypes", "getTargetTypes", "Lists the types of targets")
            .searched(rsql::TARGET_TYPES, "key==pump")
            .paged(sort::SET_TYPES)
            .gives_page::<wire::TargetType>(),
        told::post("/targettypes", "createTargetTypes", "Creates types of targets, all or none")
            .explained("A key or a name is needed; what is missing is the same as the other.")
            .takes_list::<wire::TargetTypeBody>(&["name"], example)
            .creates_list::<wire::TargetType>()
            .creating()
            .finding()
            .fails(&[e::KEY_OR_NAME]),
        told::get(ONE, "getTargetType", "Shows a type of targets")
            .gives::<wire::TargetType>()
            .finding(),
        told::put(ONE, "updateTargetType", "Changes a type of targets")
            .explained("Counts: `name`, `description`, `colour`. What is left out stays.")
            .takes::<wire::TargetTypeBody>(&[], json!({"description": "anything that pumps"}))
            .gives::<wire::TargetType>()
            .changing()
            .fails(&[e::EXISTS]),
        told::delete(ONE, "deleteTargetType", "Deletes a type of targets")
            .gives_nothing()
            .finding()
            .fails(&[e::TYPE_USED]),
        told::get(set_types, "getCompatibleDistributionSets", "Lists the set types a type takes")
            .gives_list::<wire::DistributionSetType>()
            .finding(),
        told::post(set_types, "addCompatibleDistributionSets", "Lets a type take more set types")
            .takes_list::<wire::IdBody>(&[], json!([{"id": 4}]))
            .gives_nothing()
            .changing(),
        told::delete(
            "/targettypes/{targetTypeId}/compatibledistributionsettypes/{distributionSetTypeId}",
            "removeCompatibleDistributionSet",
            "Lets a type no longer take a set type",
        )
        .gives_nothing()
        .finding(),
    ]
}

/// The path of one.
const ONE: &str = "/targettypes/{targetTypeId}";
