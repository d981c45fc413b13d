//! `/targets` and `/targets/{controllerId}`: the targets themselves, their attributes and sets.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::docs::flag;
use crate::error::Fault;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::{self, Detail};
use crate::{rsql, sort, wire};
use http::StatusCode;
use otahub_client::{Reason, names, proto};
use otahub_rest::docs::{self as told, ObjectBuilder, Operation, PartialSchema};
use serde_json::json;

pub(super) async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::TARGETS)?;
    let request = proto::ListTargetsRequest {
        page_size: window.page_size,
        skip: window.skip,
        filter: query.filter(rsql::TARGETS)?,
        order_by: window.order_by,
        ..Default::default()
    };
    page(&call, answer, request).await
}

/// A page of targets, as lists show them.
pub(super) async fn page(call: &Call, answer: Answer, request: proto::ListTargetsRequest) -> Reply {
    let listed = call.targets().list_targets(request).await?.into_inner();
    let content = listed.targets.into_iter();
    let content = content.map(|t| translate::target::target(t, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

pub(super) async fn create(
    call: Call,
    answer: Answer,
    Body(bodies): Body<Vec<wire::TargetBody>>,
) -> Reply {
    let requests = bodies.into_iter().map(translate::target::creation).collect();
    let request = proto::BatchCreateTargetsRequest { requests, ..Default::default() };
    let made = call.targets().batch_create_targets(request).await?.into_inner().targets;
    let shown = made.into_iter().map(|t| translate::target::target(t, &call.base, Detail::Compact));
    answer.created(&shown.collect::<Vec<_>>())
}

pub(super) async fn get(call: Call, Segments(id): Segments<String>, answer: Answer) -> Reply {
    show(&call, answer, fetch(&call, &id).await?)
}

async fn fetch(call: &Call, id: &str) -> Result<proto::Target, Fault> {
    let request = proto::GetTargetRequest { name: names::target(id) };
    Ok(call.targets().get_target(request).await?.into_inner())
}

fn show(call: &Call, answer: Answer, target: proto::Target) -> Reply {
    answer.ok(&translate::target::target(target, &call.base, Detail::Full))
}

pub(super) async fn update(
    call: Call,
    Segments(id): Segments<String>,
    answer: Answer,
    Body(body): Body<wire::TargetBody>,
) -> Reply {
    if body.request_attributes == Some(false) {
        return Err(Fault::empty(StatusCode::BAD_REQUEST));
    }
    let request = translate::target::update(&id, body);
    if request.update_mask.as_ref().is_none_or(|mask| mask.paths.is_empty()) {
        return show(&call, answer, fetch(&call, &id).await?);
    }
    show(&call, answer, call.targets().update_target(request).await?.into_inner())
}

pub(super) async fn delete(call: Call, Segments(id): Segments<String>) -> Reply {
    let request = proto::DeleteTargetRequest { name: names::target(&id), ..Default::default() };
    call.targets().delete_target(request).await?;
    Ok(reply::no_content())
}

pub(super) async fn attributes(
    call: Call,
    Segments(id): Segments<String>,
    answer: Answer,
) -> Reply {
    let request = proto::GetTargetAttributesRequest { name: names::target(&id) };
    let found = call.targets().get_target_attributes(request).await?.into_inner().attributes;
    if found.is_empty() { Ok(reply::no_content()) } else { answer.ok(&found) }
}

pub(super) async fn assigned_set(
    call: Call,
    Segments(id): Segments<String>,
    answer: Answer,
) -> Reply {
    set_of(&call, answer, &id, |target| target.assigned_set).await
}

pub(super) async fn installed_set(
    call: Call,
    Segments(id): Segments<String>,
    answer: Answer,
) -> Reply {
    set_of(&call, answer, &id, |target| target.installed_set).await
}

/// A set that a target refers to; 204 without one, and also for a target that is not there.
async fn set_of(call: &Call, answer: Answer, id: &str, pick: fn(proto::Target) -> String) -> Reply {
    let name = match fetch(call, id).await {
        Ok(target) => pick(target),
        Err(fault) if fault.reason() == Some(Reason::NotFound) => String::new(),
        Err(fault) => return Err(fault),
    };
    if name.is_empty() {
        return Ok(reply::no_content());
    }
    let request = proto::GetDistributionSetRequest { name };
    let set = call.sets().get_distribution_set(request).await?.into_inner();
    answer.ok(&translate::distribution_set::set(set, &call.base, Detail::Full))
}

pub(super) async fn assign(
    call: Call,
    Segments(id): Segments<String>,
    query: Query,
    answer: Answer,
    Body(body): Body<wire::OneOrMany<wire::SetAssignment>>,
) -> Reply {
    let offline = query.flag("offline")?;
    let orders = Vec::from(body).into_iter().map(|order: wire::SetAssignment| {
        translate::assignment::assignment(id.clone(), order.id.0, order.options.unless(offline))
    });
    let request = proto::AssignDistributionSetsRequest {
        assignments: orders.collect(),
        offline,
        skip_unknown_targets: false,
        request_id: String::new(),
    };
    let result = call.actions().assign_distribution_sets(request).await?.into_inner();
    answer.ok(&translate::assignment::result(result, &call.base))
}

pub(super) async fn set_type(
    call: Call,
    Segments(id): Segments<String>,
    Body(body): Body<wire::TypeBody>,
) -> Reply {
    let Some(kind) = body.id else {
        return Err(Fault::constraint("id: must not be null"));
    };
    let body = wire::TargetBody { target_type: Some(kind), ..Default::default() };
    call.targets().update_target(translate::target::update(&id, body)).await?;
    Ok(reply::no_content())
}

pub(super) async fn clear_type(call: Call, Segments(id): Segments<String>) -> Reply {
    let body = wire::TargetBody { target_type: Some(wire::Id(-1)), ..Default::default() };
    call.targets().update_target(translate::target::update(&id, body)).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!([
        {"controllerId": "pump-7", "name": "Pump 7", "group": "plant1"},
        {"controllerId": "pump-8", "description": "spare"},
    ]);
    let mut all = vec![
        told::get("/targets", "getTargets", "Lists the targets")
            .searched(rsql::TARGETS, "name==pump*;updatestatus!=error")
            .paged(sort::TARGETS)
            .gives_page::<wire::Target>(),
        told::post("/targets", "createTargets", "Creates targets, all or none")
            .takes_list::<wire::TargetBody>(&["controllerId"], example)
            .creates_list::<wire::Target>()
            .creating()
            .finding(),
        told::get("/targets/{targetId}", "getTarget", "Shows a target")
            .gives::<wire::Target>()
            .finding(),
        told::put("/targets/{targetId}", "updateTarget", "Changes a target")
            .explained(
                "What is left out stays. A `targetType` of -1 takes the type away; \
                 `requestAttributes` can only be set to true; `controllerId` and `group` do not \
                 count.",
            )
            .takes::<wire::TargetBody>(&[], json!({"name": "Pump 7", "description": "hall 3"}))
            .gives::<wire::Target>()
            .changing()
            .fails_silently(StatusCode::BAD_REQUEST),
        told::delete("/targets/{targetId}", "deleteTarget", "Deletes a target with its history")
            .gives_nothing()
            .finding(),
    ];
    all.extend(relation_docs());
    all
}

fn relation_docs() -> Vec<Operation> {
    let attributes = ObjectBuilder::new().additional_properties(Some(String::schema())).build();
    vec![
        told::post("/targets/{targetId}/targettype", "assignTargetType", "Gives a target a type")
            .takes::<wire::TypeBody>(&["id"], json!({"id": 1}))
            .gives_nothing()
            .changing(),
        told::delete("/targets/{targetId}/targettype", "unassignTargetType", "Takes the type away")
            .gives_nothing()
            .finding(),
        told::get(
            "/targets/{targetId}/attributes",
            "getAttributes",
            "What a device tells of itself",
        )
        .explained("204 as long as it has told nothing.")
        .gives_what(attributes)
        .gives_nothing()
        .finding(),
        told::get(
            "/targets/{targetId}/assignedDS",
            "getAssignedDistributionSet",
            "Shows the set that a target is to have",
        )
        .explained("204 without one, and for a target that is not there.")
        .gives::<wire::DistributionSet>()
        .gives_nothing(),
        told::post(
            "/targets/{targetId}/assignedDS",
            "postAssignedDistributionSet",
            "Assigns a set to a target",
        )
        .asks(flag("offline", "Whether the target has it already"))
        .takes_list::<wire::SetAssignment>(&[], json!([{"id": 1, "type": "forced"}]))
        .gives::<wire::AssignmentResult>()
        .changing()
        .fails(crate::docs::ASSIGNMENT),
        told::get(
            "/targets/{targetId}/installedDS",
            "getInstalledDistributionSet",
            "Shows the set that a target has",
        )
        .explained("204 without one, and for a target that is not there.")
        .gives::<wire::DistributionSet>()
        .gives_nothing(),
    ]
}
