//! What belongs to a distribution set: modules, targets, counts, invalidation.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::docs::flag;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::routes::{modules, targets};
use crate::translate::distribution_set::{Aspect, cancelation, statistics};
use crate::translate::{self};
use crate::{rsql, sort, wire};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;

pub(super) async fn modules_of(
    call: Call,
    Segments(id): Segments<i64>,
    query: Query,
    answer: Answer,
) -> Reply {
    let window = query.window(sort::MODULES_OF_SET)?;
    let request = proto::ListSoftwareModulesRequest {
        page_size: window.page_size,
        skip: window.skip,
        order_by: window.order_by,
        deleted_mode: proto::DeletedMode::Include.into(),
        distribution_set: names::distribution_set(id),
        ..Default::default()
    };
    modules::page(&call, answer, request).await
}

pub(super) async fn add_modules(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<wire::OneOrMany<wire::IdBody>>,
) -> Reply {
    let added = Vec::from(body).into_iter().map(|m: wire::IdBody| names::software_module(m.id.0));
    let request = proto::ChangeDistributionSetModulesRequest {
        name: names::distribution_set(id),
        add_modules: added.collect(),
        remove_modules: Vec::new(),
    };
    let changed = call.sets().change_distribution_set_modules(request).await;
    changed.map_err(|status| Fault::from(status).listing("SoftwareModule"))?;
    Ok(reply::no_content())
}

pub(super) async fn remove_module(
    call: Call,
    Segments((id, module)): Segments<(i64, i64)>,
) -> Reply {
    let request = proto::ChangeDistributionSetModulesRequest {
        name: names::distribution_set(id),
        add_modules: Vec::new(),
        remove_modules: vec![names::software_module(module)],
    };
    call.sets().change_distribution_set_modules(request).await?;
    Ok(reply::no_content())
}

pub(super) async fn assigned_targets(
    call: Call,
    Segments(id): Segments<i64>,
    query: Query,
    answer: Answer,
) -> Reply {
    let assigned_set = names::distribution_set(id);
    targets_of(
        &call,
        answer,
        &query,
        proto::ListTargetsRequest { assigned_set, ..Default::default() },
    )
    .await
}

pub(super) async fn installed_targets(
    call: Call,
    Segments(id): Segments<i64>,
    query: Query,
    answer: Answer,
) -> Reply {
    let installed_set = names::distribution_set(id);
    targets_of(
        &call,
        answer,
        &query,
        proto::ListTargetsRequest { installed_set, ..Default::default() },
    )
    .await
}

async fn targets_of(
    call: &Call,
    answer: Answer,
    query: &Query,
    request: proto::ListTargetsRequest,
) -> Reply {
    let window = query.window(sort::TARGETS_OF_SET)?;
    let request = proto::ListTargetsRequest {
        page_size: window.page_size,
        skip: window.skip,
        filter: query.filter(rsql::TARGETS)?,
        order_by: window.order_by,
        ..request
    };
    targets::page(call, answer, request).await
}

pub(super) async fn assign(
    call: Call,
    Segments(id): Segments<i64>,
    query: Query,
    answer: Answer,
    Body(body): Body<wire::OneOrMany<wire::TargetAssignment>>,
) -> Reply {
    let offline = query.flag("offline")?;
    let orders = Vec::from(body).into_iter().map(|order: wire::TargetAssignment| {
        translate::assignment::assignment(order.id, id, order.options.unless(offline))
    });
    let request = proto::AssignDistributionSetsRequest {
        assignments: orders.collect(),
        offline,
        skip_unknown_targets: true,
        request_id: String::new(),
    };
    let result = call.actions().assign_distribution_sets(request).await?.into_inner();
    answer.ok(&translate::assignment::result(result, &call.base))
}

pub(super) async fn all_statistics(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
) -> Reply {
    counts(&call, answer, id, Aspect::All).await
}

pub(super) async fn action_statistics(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
) -> Reply {
    counts(&call, answer, id, Aspect::Actions).await
}

pub(super) async fn rollout_statistics(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
) -> Reply {
    counts(&call, answer, id, Aspect::Rollouts).await
}

pub(super) async fn automatic_statistics(
    call: Call,
    Segments(id): Segments<i64>,
    answer: Answer,
) -> Reply {
    counts(&call, answer, id, Aspect::AutoAssignments).await
}

async fn counts(call: &Call, answer: Answer, id: i64, aspect: Aspect) -> Reply {
    let name = names::distribution_set(id);
    let request = proto::GetDistributionSetStatisticsRequest { name };
    let found = call.sets().get_distribution_set_statistics(request).await?.into_inner();
    answer.ok(&statistics(found, aspect))
}

pub(super) async fn invalidate(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<wire::InvalidateBody>,
) -> Reply {
    let request = proto::InvalidateDistributionSetRequest {
        name: names::distribution_set(id),
        cancelation_mode: cancelation(body.action_cancelation_type).into(),
    };
    call.sets().invalidate_distribution_set(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let mut all = content_docs();
    let counts: [(&str, &str, &str); 4] = [
        (
            "/distributionsets/{distributionSetId}/statistics",
            "getStatistics",
            "Counts around a set",
        ),
        (
            "/distributionsets/{distributionSetId}/statistics/actions",
            "getActionStatistics",
            "Counts the actions of a set by their status",
        ),
        (
            "/distributionsets/{distributionSetId}/statistics/rollouts",
            "getRolloutStatistics",
            "Counts the rollouts of a set by their status",
        ),
        (
            "/distributionsets/{distributionSetId}/statistics/autoassignments",
            "getAutoAssignmentStatistics",
            "Counts the filters that assign a set",
        ),
    ];
    for (path, id, summary) in counts {
        all.push(told::get(path, id, summary).gives::<wire::Statistics>().finding());
    }
    all
}

fn content_docs() -> Vec<Operation> {
    let modules = "/distributionsets/{distributionSetId}/assignedSM";
    let targets = "/distributionsets/{distributionSetId}/assignedTargets";
    vec![
        told::get(modules, "getAssignedSoftwareModules", "Lists the modules of a set")
            .paged(sort::MODULES_OF_SET)
            .gives_page::<wire::SoftwareModule>()
            .finding(),
        told::post(modules, "assignSoftwareModules", "Adds modules to a set")
            .takes_list::<wire::IdBody>(&[], json!([{"id": 1}]))
            .gives_nothing()
            .changing()
            .fails(&[e::DELETED, e::INVALIDATED, e::LOCKED, e::UNSUPPORTED_MODULE]),
        told::delete(
            "/distributionsets/{distributionSetId}/assignedSM/{softwareModuleId}",
            "deleteAssignSoftwareModules",
            "Takes a module out of a set",
        )
        .gives_nothing()
        .changing()
        .fails(&[e::DELETED, e::INVALIDATED, e::LOCKED]),
        told::get(targets, "getAssignedTargets", "Lists the targets that are to have a set")
            .searched(rsql::TARGETS, "updatestatus==pending")
            .paged(sort::TARGETS_OF_SET)
            .gives_page::<wire::Target>()
            .finding(),
        told::post(targets, "createAssignedTarget", "Assigns a set to targets")
            .explained("Targets that are not there are passed over. All or nothing is done.")
            .asks(flag("offline", "Whether the targets have it already"))
            .takes_list::<wire::TargetAssignment>(
                &[],
                json!([{"id": "pump-7", "type": "forced"}, {"id": "pump-8", "type": "soft"}]),
            )
            .gives::<wire::AssignmentResult>()
            .changing()
            .fails(crate::docs::ASSIGNMENT),
        told::get(
            "/distributionsets/{distributionSetId}/installedTargets",
            "getInstalledTargets",
            "Lists the targets that have a set",
        )
        .searched(rsql::TARGETS, "updatestatus==in_sync")
        .paged(sort::TARGETS_OF_SET)
        .gives_page::<wire::Target>()
        .finding(),
        told::get(
            "/distributionsets/{distributionSetId}/autoAssignTargetFilters",
            "getAutoAssignTargetFilterQueries",
            "Lists the filters that assign a set",
        )
        .gives_page::<wire::TargetFilter>()
        .finding(),
        told::post(
            "/distributionsets/{distributionSetId}/invalidate",
            "invalidateDistributionSet",
            "Makes a set invalid for good",
        )
        .takes::<wire::InvalidateBody>(&[], json!({"actionCancelationType": "none"}))
        .gives_nothing()
        .changing()
        .fails(&[e::DELETED, e::INCOMPLETE, e::INVALIDATED]),
    ]
}
