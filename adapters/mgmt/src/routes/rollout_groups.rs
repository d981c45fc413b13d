//! `/rollouts/{id}/deploygroups`: the groups of a rollout and their targets.

use crate::call::{App, Call, Segments};
use crate::query::Query;
use crate::reply::{Answer, Reply};
use crate::translate::{self, Detail, rollout};
use crate::{rsql, sort, wire};
use axum::Router;
use axum::routing::get;
use otahub_client::{names, proto};
use otahub_rest::resource;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/rollouts/{id}/deploygroups", resource(get(list), "GET"))
        .route("/rollouts/{id}/deploygroups/{group}", resource(get(self::get_one), "GET"))
        .route("/rollouts/{id}/deploygroups/{group}/targets", resource(get(targets), "GET"))
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
