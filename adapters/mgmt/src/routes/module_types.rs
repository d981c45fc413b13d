//! `/softwaremoduletypes`.

use super::modules;
use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::Common;
use crate::exception as e;
use crate::reply::{self, Answer, Reply};
use crate::rsql;
use crate::sort;
use crate::translate::{self, types};
use crate::wire;
use axum::Router;
use axum::routing::get;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::resource;
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    let own = get(modules::get_type).put(update).delete(delete);
    Router::new()
        .route("/softwaremoduletypes", resource(get(modules::list_types).post(create), "GET, POST"))
        .route("/softwaremoduletypes/{id}", resource(own, "GET, PUT, DELETE"))
}

async fn create(
    call: Call,
    answer: Answer,
    Body(bodies): Body<Vec<wire::SoftwareModuleTypeBody>>,
) -> Reply {
    let requests = bodies.into_iter().map(types::module_type_creation);
    let request = proto::BatchCreateSoftwareModuleTypesRequest {
        requests: requests.collect(),
        ..Default::default()
    };
    let made =
        call.software_types().batch_create_software_module_types(request).await?.into_inner();
    let made = made.software_module_types.into_iter();
    let shown = made.map(|kind| translate::software::module_type(kind, &call.base));
    answer.created(&shown.collect::<Vec<_>>())
}

async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::SoftwareModuleTypeBody>,
) -> Reply {
    let request = types::module_type_update(id, body);
    let changed = call.software_types().update_software_module_type(request).await?.into_inner();
    answer.ok(&translate::software::module_type(changed, &call.base))
}

async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request =
        proto::DeleteSoftwareModuleTypeRequest { name: names::numbered("softwareModuleTypes", id) };
    call.software_types().delete_software_module_type(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!([{"key": "config", "name": "Configuration", "maxAssignments": 1}]);
    let change = json!({"description": "Files of settings", "colour": "#00ff00"});
    vec![
        told::get("/softwaremoduletypes", "getTypes", "Lists the types of modules")
            .searched(rsql::MODULE_TYPES, "key==os")
            .paged(sort::MODULE_TYPES)
            .shows_deleted()
            .gives_page::<wire::SoftwareModuleType>(),
        told::post("/softwaremoduletypes", "createSoftwareModuleTypes", "Creates types of modules")
            .takes_list::<wire::SoftwareModuleTypeBody>(&["key", "name", "maxAssignments"], example)
            .creates_list::<wire::SoftwareModuleType>()
            .creating(),
        told::get(ONE, "getSoftwareModuleType", "Shows a type of modules")
            .gives::<wire::SoftwareModuleType>()
            .finding(),
        told::put(ONE, "updateSoftwareModuleType", "Changes a type of modules")
            .explained("Counts: `description`, `colour`. What is left out stays.")
            .takes::<wire::SoftwareModuleTypeBody>(&[], change)
            .gives::<wire::SoftwareModuleType>()
            .changing()
            .fails(&[e::DELETED]),
        told::delete(ONE, "deleteSoftwareModuleType", "Deletes a type of modules")
            .explained("One that is used stays, marked as deleted.")
            .gives_nothing()
            .finding(),
    ]
}

/// The path of one.
const ONE: &str = "/softwaremoduletypes/{softwareModuleTypeId}";
