//! `/distributionsettypes`.

use super::sets;
use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::Common;
use crate::error::Fault;
use crate::exception as e;
use crate::reply::{self, Answer, Reply};
use crate::rsql;
use crate::sort;
use crate::translate::{self, Detail, types};
use crate::wire;
use axum::Router;
use axum::routing::{delete as route_delete, get};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::resource;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<App> {
    let own = get(sets::get_type).put(update).delete(delete);
    let must = get(mandatory).post(add_mandatory);
    let may = get(optional).post(add_optional);
    Router::new()
        .route("/distributionsettypes", resource(get(sets::list_types).post(create), "GET, POST"))
        .route("/distributionsettypes/{id}", resource(own, "GET, PUT, DELETE"))
        .route("/distributionsettypes/{id}/mandatorymoduletypes", resource(must, "GET, POST"))
        .route("/distributionsettypes/{id}/optionalmoduletypes", resource(may, "GET, POST"))
        .route(
            "/distributionsettypes/{id}/mandatorymoduletypes/{module}",
            resource(route_delete(remove).get(one_mandatory), "GET, DELETE"),
        )
        .route(
            "/distributionsettypes/{id}/optionalmoduletypes/{module}",
            resource(route_delete(remove).get(one_optional), "GET, DELETE"),
        )
}

fn name(id: i64) -> String {
    names::numbered("distributionSetTypes", id)
}

async fn create(
    call: Call,
    answer: Answer,
    Body(bodies): Body<Vec<wire::DistributionSetTypeBody>>,
) -> Reply {
    let requests = bodies.into_iter().map(types::set_type_creation);
    let request = proto::BatchCreateDistributionSetTypesRequest {
        requests: requests.collect(),
        ..Default::default()
    };
    let made = call.set_types().batch_create_distribution_set_types(request).await?.into_inner();
    let made = made.distribution_set_types.into_iter();
    let compact = Detail::Compact;
    let shown = made.map(|kind| translate::distribution_set::set_type(kind, &call.base, compact));
    answer.created(&shown.collect::<Vec<_>>())
}

async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::DistributionSetTypeBody>,
) -> Reply {
    let changed = call
        .set_types()
        .update_distribution_set_type(types::set_type_update(id, body))
        .await?
        .into_inner();
    answer.ok(&translate::distribution_set::set_type(changed, &call.base, Detail::Full))
}

async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::DeleteDistributionSetTypeRequest { name: name(id) };
    call.set_types().delete_distribution_set_type(request).await?;
    Ok(reply::no_content())
}

/// One of the two lists of a set type.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// What a set must have.
    Mandatory,
    /// What a set may have.
    Optional,
}

/// The module types of a list, in its order.
async fn module_types(
    call: &Call,
    id: i64,
    place: Place,
) -> Result<Vec<wire::SoftwareModuleType>, Fault> {
    let request = proto::GetDistributionSetTypeRequest { name: name(id) };
    let found = call.set_types().get_distribution_set_type(request).await?.into_inner();
    let wanted = match place {
        Place::Mandatory => found.mandatory_module_types,
        Place::Optional => found.optional_module_types,
    };
    let request = proto::ListSoftwareModuleTypesRequest {
        page_size: 500,
        deleted_mode: proto::DeletedMode::Include.into(),
        distribution_set_type: name(id),
        ..Default::default()
    };
    let all = call
        .software_types()
        .list_software_module_types(request)
        .await?
        .into_inner()
        .software_module_types;
    let of_list =
        wanted.iter().filter_map(|name| all.iter().find(|kind| kind.name == *name).cloned());
    Ok(of_list.map(|kind| translate::software::module_type(kind, &call.base)).collect())
}

async fn mandatory(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    answer.ok(&module_types(&call, id, Place::Mandatory).await?)
}

async fn optional(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    answer.ok(&module_types(&call, id, Place::Optional).await?)
}

async fn one_mandatory(
    call: Call,
    Segments((id, module)): Segments<(i64, i64)>,
    answer: Answer,
) -> Reply {
    one(&call, answer, (id, module), Place::Mandatory).await
}

async fn one_optional(
    call: Call,
    Segments((id, module)): Segments<(i64, i64)>,
    answer: Answer,
) -> Reply {
    one(&call, answer, (id, module), Place::Optional).await
}

async fn one(call: &Call, answer: Answer, (id, module): (i64, i64), place: Place) -> Reply {
    let all = module_types(call, id, place).await?;
    match all.iter().find(|kind| kind.id == module) {
        Some(kind) => answer.ok(kind),
        None => Err(Fault::not_found("SoftwareModuleType", &module.to_string())),
    }
}

async fn add_mandatory(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<wire::IdBody>,
) -> Reply {
    let request = proto::ChangeDistributionSetTypeModuleTypesRequest {
        name: name(id),
        add_mandatory: types::named("softwareModuleTypes", vec![body]),
        ..Default::default()
    };
    change(&call, request).await
}

async fn add_optional(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<wire::IdBody>,
) -> Reply {
    let request = proto::ChangeDistributionSetTypeModuleTypesRequest {
        name: name(id),
        add_optional: types::named("softwareModuleTypes", vec![body]),
        ..Default::default()
    };
    change(&call, request).await
}

/// Takes a module type out, whatever list it is in.
async fn remove(call: Call, Segments((id, module)): Segments<(i64, i64)>) -> Reply {
    let request = proto::ChangeDistributionSetTypeModuleTypesRequest {
        name: name(id),
        remove: vec![names::numbered("softwareModuleTypes", module)],
        ..Default::default()
    };
    change(&call, request).await
}

async fn change(call: &Call, request: proto::ChangeDistributionSetTypeModuleTypesRequest) -> Reply {
    call.set_types().change_distribution_set_type_module_types(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!([{
        "key": "plain",
        "name": "Plain",
        "mandatorymodules": [{"id": 1}],
        "optionalmodules": [{"id": 2}],
    }]);
    let mut all = vec![
        told::get("/distributionsettypes", "getDistributionSetTypes", "Lists the types of sets")
            .searched(rsql::SET_TYPES, "key==os")
            .paged(sort::SET_TYPES)
            .shows_deleted()
            .gives_page::<wire::DistributionSetType>(),
        told::post("/distributionsettypes", "createDistributionSetTypes", "Creates types of sets")
            .takes_list::<wire::DistributionSetTypeBody>(&["key", "name"], example)
            .creates_list::<wire::DistributionSetType>()
            .creating()
            .finding(),
        told::get(ONE, "getDistributionSetType", "Shows a type of sets")
            .gives::<wire::DistributionSetType>()
            .finding(),
        told::put(ONE, "updateDistributionSetType", "Changes a type of sets")
            .explained("Counts: `description`, `colour`. What is left out stays.")
            .takes::<wire::DistributionSetTypeBody>(&[], json!({"colour": "#00ff00"}))
            .gives::<wire::DistributionSetType>()
            .changing()
            .fails(&[e::DELETED]),
        told::delete(ONE, "deleteDistributionSetType", "Deletes a type of sets")
            .explained("One that is used stays, marked as deleted.")
            .gives_nothing()
            .finding()
            .fails(&[e::CONSTRAINT, e::CONFLICT]),
    ];
    all.extend(part_docs(
        (MUST, MUST_ONE),
        json!({"id": 1}),
        [
            "getMandatoryModules",
            "addMandatoryModule",
            "getMandatoryModule",
            "removeMandatoryModule",
        ],
    ));
    all.extend(part_docs(
        (MAY, MAY_ONE),
        json!({"id": 2}),
        ["getOptionalModules", "addOptionalModule", "getOptionalModule", "removeOptionalModule"],
    ));
    all
}

/// The operations on one of the two lists of a set type.
fn part_docs(
    (list, one): (&'static str, &'static str),
    example: Value,
    ids: [&'static str; 4],
) -> Vec<Operation> {
    let refused = [e::READ_ONLY, e::DELETED];
    vec![
        told::get(list, ids[0], "Lists the module types of a set type")
            .gives_list::<wire::SoftwareModuleType>()
            .finding(),
        told::post(list, ids[1], "Adds a module type to a set type")
            .takes::<wire::IdBody>(&[], example)
            .gives_nothing()
            .changing()
            .fails(&refused),
        told::get(one, ids[2], "Shows a module type of a set type")
            .gives::<wire::SoftwareModuleType>()
            .finding(),
        told::delete(one, ids[3], "Takes a module type out of a set type")
            .gives_nothing()
            .changing()
            .fails(&refused),
    ]
}

/// The paths of one, of its two lists, and of one of each.
const ONE: &str = "/distributionsettypes/{distributionSetTypeId}";
const MUST: &str = "/distributionsettypes/{distributionSetTypeId}/mandatorymoduletypes";
const MAY: &str = "/distributionsettypes/{distributionSetTypeId}/optionalmoduletypes";
const MUST_ONE: &str =
    "/distributionsettypes/{distributionSetTypeId}/mandatorymoduletypes/{softwareModuleTypeId}";
const MAY_ONE: &str =
    "/distributionsettypes/{distributionSetTypeId}/optionalmoduletypes/{optionalModuleTypeId}";
