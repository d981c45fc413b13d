//! `/softwaremoduletypes`.

use super::modules;
use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::reply::{self, Answer, Reply};
use crate::translate::{self, types};
use crate::wire;
use axum::Router;
use axum::routing::get;
use otahub_client::{names, proto};
use otahub_rest::resource;

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
    let request = proto::BatchCreateSoftwareModuleTypesRequest { requests: requests.collect() };
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
