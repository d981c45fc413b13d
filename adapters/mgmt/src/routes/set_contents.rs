//! What belongs to a distribution set: modules, targets, counts, invalidation.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::error::Fault;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::routes::{modules, targets};
use crate::translate::distribution_set::{Aspect, cancelation, statistics};
use crate::translate::{self};
use crate::{rsql, sort, wire};
use otahub_client::{names, proto};

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
