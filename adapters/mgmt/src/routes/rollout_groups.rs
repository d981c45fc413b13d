//! `/rollouts/{rolloutId}/deploygroups`: the groups of a rollout and their targets.

use crate::call::{App, Call, Segments};
use crate::docs::Common;
use crate::query::Query;
use crate::reply::{Answer, Reply};
use crate::translate::{self, Detail, rollout};
use crate::{rsql, sort, wire};
use axum::Router;
use axum::routing::get;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::resource;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/rollouts/{rolloutId}/deploygroups", resource(get(list), "GET"))
        .route("/rollouts/{rolloutId}/deploygroups/{groupId}", resource(get(self::get_one), "GET"))
        .route(
            "/rollouts/{rolloutId}/deploygroups/{groupId}/targets",
            resource(get(targets), "GET"),
        )
}

fn name(rollout: i64, group: i64) -> String {
    format!("{}/groups/{group}", names::numbered("rollouts", rollout))
}

async fn list(call: Call, Segments(id): Segments<i64>, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::GROUPS_OF_ROLLOUT)?;
    let detail = if query.is_full() { Detail::Full } else { Detail::Compact };
    let request = proto::ListRolloutGroupsRequest {
        parent: names::numbered("rollouts", id),
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::ROLLOUT_GROUPS)?,
        order_by: window.order_by,
    };
    let listed = call.rollouts().list_rollout_groups(request).await?.into_inner();
    let content = listed.rollout_groups.into_iter();
    let content = content.map(|group| rollout::group(group, &call.base, detail));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

async fn get_one(call: Call, Segments((id, group)): Segments<(i64, i64)>, answer: Answer) -> Reply {
    let request = proto::GetRolloutGroupRequest { name: name(id, group) };
    let found = call.rollouts().get_rollout_group(request).await?.into_inner();
    answer.ok(&rollout::group(found, &call.base, Detail::Full))
}

async fn targets(
    call: Call,
    Segments((id, group)): Segments<(i64, i64)>,
    query: Query,
    answer: Answer,
) -> Reply {
    let window = query.window(sort::TARGETS_OF_GROUP)?;
    let request = proto::ListRolloutGroupTargetsRequest {
        parent: name(id, group),
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::TARGETS)?,
        order_by: window.order_by,
    };
    let listed = call.rollouts().list_rollout_group_targets(request).await?.into_inner();
    let content = listed.targets.into_iter();
    let content = content.map(|t| translate::target::target(t, &call.base, Detail::Compact));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

pub(super) fn docs() -> Vec<Operation> {
    let all = "/rollouts/{rolloutId}/deploygroups";
    let one = "/rollouts/{rolloutId}/deploygroups/{groupId}";
    let targets = "/rollouts/{rolloutId}/deploygroups/{groupId}/targets";
    vec![
        told::get(all, "getRolloutGroups", "Lists the groups of a rollout")
            .searched(rsql::ROLLOUT_GROUPS, "name==group*")
            .paged(sort::GROUPS_OF_ROLLOUT)
            .represented()
            .gives_page::<wire::RolloutGroup>()
            .finding(),
        told::get(one, "getRolloutGroup", "Shows a group of a rollout")
            .gives::<wire::RolloutGroup>()
            .finding(),
        told::get(targets, "getRolloutGroupTargets", "Lists the targets of a group")
            .searched(rsql::TARGETS, "name==pump*")
            .paged(sort::TARGETS_OF_GROUP)
            .gives_page::<wire::Target>()
            .finding(),
    ]
}
