//! `/softwaremodules` and `/softwaremoduletypes`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::{self, Detail};
use crate::{rsql, sort, wire};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;

pub(super) async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::MODULES)?;
    let request = proto::ListSoftwareModulesRequest {
        page_size: window.page_size,
        skip: window.skip,
        filter: query.filter(rsql::MODULES)?,
        order_by: window.order_by,
        deleted_mode: query.deleted_mode()?.into(),
        ..Default::default()
    };
    page(&call, answer, request).await
}

/// A page of modules, as lists show them.
pub(super) async fn page(
    call: &Call,
    answer: Answer,
    request: proto::ListSoftwareModulesRequest,
) -> Reply {
    let listed = call.software().list_software_modules(request).await?.into_inner();
    let content = listed.software_modules.into_iter();
    let content = content.map(|m| translate::software::module(m, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

pub(super) async fn create(
    call: Call,
    answer: Answer,
    Body(bodies): Body<Vec<wire::SoftwareModuleBody>>,
) -> Reply {
    let requests = bodies.into_iter().map(translate::software::creation).collect();
    let request = proto::BatchCreateSoftwareModulesRequest { requests, ..Default::default() };
    let made = call.software().batch_create_software_modules(request).await?.into_inner();
    let made = made.software_modules.into_iter();
    let shown = made.map(|m| translate::software::module(m, &call.base, Detail::Compact));
    answer.created(&shown.collect::<Vec<_>>())
}

pub(super) async fn get(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    show(&call, answer, fetch(&call, id).await?)
}

async fn fetch(call: &Call, id: i64) -> Result<proto::SoftwareModule, Fault> {
    let request = proto::GetSoftwareModuleRequest { name: names::software_module(id) };
    Ok(call.software().get_software_module(request).await?.into_inner())
}

fn show(call: &Call, answer: Answer, module: proto::SoftwareModule) -> Reply {
    answer.ok(&translate::software::module(module, &call.base, Detail::Full))
}

pub(super) async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
    Body(body): Body<wire::SoftwareModuleBody>,
) -> Reply {
    let request = translate::software::update(id, body);
    if request.update_mask.as_ref().is_none_or(|mask| mask.paths.is_empty()) {
        return show(&call, answer, fetch(&call, id).await?);
    }
    show(&call, answer, call.software().update_software_module(request).await?.into_inner())
}

pub(super) async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::DeleteSoftwareModuleRequest { name: names::software_module(id) };
    call.software().delete_software_module(request).await?;
    Ok(reply::no_content())
}

pub(super) async fn list_types(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::MODULE_TYPES)?;
    let request = proto::ListSoftwareModuleTypesRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::MODULE_TYPES)?,
        order_by: window.order_by,
        deleted_mode: query.deleted_mode()?.into(),
        ..Default::default()
    };
    let listed = call.software_types().list_software_module_types(request).await?.into_inner();
    let content = listed.software_module_types.into_iter();
    let content = content.map(|t| translate::software::module_type(t, &call.base)).collect();
    answer.ok(&wire::Page::new(content, listed.total_size))
}

pub(super) async fn get_type(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let name = names::numbered("softwareModuleTypes", id);
    let request = proto::GetSoftwareModuleTypeRequest { name };
    let found = call.software_types().get_software_module_type(request).await?.into_inner();
    answer.ok(&translate::software::module_type(found, &call.base))
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!([{"name": "firmware", "version": "1.0", "type": "os"}]);
    let change = json!({"description": "for every pump"});
    vec![
        told::get("/softwaremodules", "getSoftwareModules", "Lists the software modules")
            .searched(rsql::MODULES, "name==firm*;type==os")
            .paged(sort::MODULES)
            .shows_deleted()
            .gives_page::<wire::SoftwareModule>(),
        told::post(
            "/softwaremodules",
            "createSoftwareModules",
            "Creates software modules, all or none",
        )
        .takes_list::<wire::SoftwareModuleBody>(&["name", "version", "type"], example)
        .creates_list::<wire::SoftwareModule>()
        .creating()
        .finding()
        .fails(&[e::DELETED, e::NO_ENCRYPTION]),
        told::get("/softwaremodules/{softwareModuleId}", "getSoftwareModule", "Shows a module")
            .gives::<wire::SoftwareModule>()
            .finding(),
        told::put(
            "/softwaremodules/{softwareModuleId}",
            "updateSoftwareModule",
            "Changes a module",
        )
        .explained("Counts: `description`, `vendor`, `locked`. What is left out stays.")
        .takes::<wire::SoftwareModuleBody>(&[], change)
        .gives::<wire::SoftwareModule>()
        .changing()
        .fails(&[e::DELETED]),
        told::delete(
            "/softwaremodules/{softwareModuleId}",
            "deleteSoftwareModule",
            "Deletes a module",
        )
        .explained("One that is part of a set stays, marked as deleted.")
        .gives_nothing()
        .finding()
        .fails(&[e::LOCKED]),
    ]
}
