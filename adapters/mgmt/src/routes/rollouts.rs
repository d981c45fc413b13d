//! `/rollouts`: the rollouts themselves, and what is done with them.

use crate::body::Body;
use crate::call::{App, Call, Segments};
use crate::docs::{ASSIGNMENT, Common, text};
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, JsonFirstAnswer, Reply};
use crate::translate::{Detail, rollout as translate, rollout_body, rollout_extras};
use crate::{rsql, sort, wire};
use axum::Router;
use axum::routing::{get, post};
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::resource;
use serde_json::json;

pub(super) fn routes() -> Router<App> {
    let own = get(self::get_one).put(update).delete(delete);
    let own_path = |verb: &str| format!("/rollouts/{{rolloutId}}/{verb}");
    Router::new()
        .route("/rollouts", resource(get(list).post(create), "GET, POST"))
        .route("/rollouts/plan", resource(post(plan), "POST"))
        .route("/rollouts/{rolloutId}", resource(own, "GET, PUT, DELETE"))
        .route(&own_path("approve"), resource(post(approve), "POST"))
        .route(&own_path("deny"), resource(post(deny), "POST"))
        .route(&own_path("start"), resource(post(start), "POST"))
        .route(&own_path("pause"), resource(post(pause), "POST"))
        .route(&own_path("resume"), resource(post(resume), "POST"))
        .route(&own_path("stop"), resource(post(stop), "POST"))
        .route(&own_path("triggerNextGroup"), resource(post(trigger_next_group), "POST"))
        .route(&own_path("retry"), resource(post(retry), "POST"))
}

fn name(id: i64) -> String {
    names::numbered("rollouts", id)
}

async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let window = query.window(sort::ROLLOUTS)?;
    let detail = if query.is_full() { Detail::Full } else { Detail::Compact };
    let request = proto::ListRolloutsRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: query.filter(rsql::ROLLOUTS)?,
        order_by: window.order_by,
        deleted_mode: query.deleted_mode()?.into(),
    };
    let listed = call.rollouts().list_rollouts(request).await?.into_inner();
    let content = listed.rollouts.into_iter();
    let content = content.map(|rollout| translate::rollout(rollout, &call.base, detail));
    answer.ok(&wire::Page::new(content.collect(), listed.total_size))
}

async fn create(call: Call, answer: Answer, Body(body): Body<wire::RolloutBody>) -> Reply {
    let request = rollout_body::creation(body)?;
    let made = call.rollouts().create_rollout(request).await?.into_inner();
    answer.created(&translate::rollout(made, &call.base, Detail::Full))
}

/// What a rollout would be; nothing is made.
async fn plan(call: Call, answer: Answer, Body(body): Body<wire::RolloutBody>) -> Reply {
    let rollout = Some(rollout_body::creation(body)?);
    let plan = call.rollouts().plan_rollout(proto::PlanRolloutRequest { rollout }).await?;
    answer.ok(&rollout_extras::plan(plan.into_inner()))
}

async fn get_one(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    show(&call, answer, fetch(&call, id).await?)
}

async fn fetch(call: &Call, id: i64) -> Result<proto::Rollout, Fault> {
    let request = proto::GetRolloutRequest { name: name(id) };
    Ok(call.rollouts().get_rollout(request).await?.into_inner())
}

fn show(call: &Call, answer: Answer, rollout: proto::Rollout) -> Reply {
    answer.ok(&translate::rollout(rollout, &call.base, Detail::Full))
}

async fn update(
    call: Call,
    Segments(id): Segments<i64>,
    JsonFirstAnswer(answer): JsonFirstAnswer,
    Body(body): Body<wire::RolloutChangeBody>,
) -> Reply {
    let changed = match rollout_body::update(id, body) {
        Some(request) => call.rollouts().update_rollout(request).await?.into_inner(),
        None => fetch(&call, id).await?,
    };
    show(&call, answer, changed)
}

async fn delete(call: Call, Segments(id): Segments<i64>) -> Reply {
    call.rollouts().delete_rollout(proto::DeleteRolloutRequest { name: name(id) }).await?;
    Ok(reply::no_content())
}

fn remark(query: &Query) -> String {
    query.text("remark").unwrap_or_default().to_owned()
}

async fn approve(call: Call, Segments(id): Segments<i64>, query: Query) -> Reply {
    let request = proto::ApproveRolloutRequest {
        name: name(id),
        remark: remark(&query),
        ..Default::default()
    };
    call.rollouts().approve_rollout(request).await?;
    Ok(reply::no_content())
}

async fn deny(call: Call, Segments(id): Segments<i64>, query: Query) -> Reply {
    let request =
        proto::DenyRolloutRequest { name: name(id), remark: remark(&query), ..Default::default() };
    call.rollouts().deny_rollout(request).await?;
    Ok(reply::no_content())
}

async fn start(call: Call, Segments(id): Segments<i64>) -> Reply {
    call.rollouts()
        .start_rollout(proto::StartRolloutRequest { name: name(id), ..Default::default() })
        .await?;
    Ok(reply::no_content())
}

async fn pause(call: Call, Segments(id): Segments<i64>) -> Reply {
    call.rollouts()
        .pause_rollout(proto::PauseRolloutRequest { name: name(id), ..Default::default() })
        .await?;
    Ok(reply::no_content())
}

async fn resume(call: Call, Segments(id): Segments<i64>) -> Reply {
    call.rollouts()
        .resume_rollout(proto::ResumeRolloutRequest { name: name(id), ..Default::default() })
        .await?;
    Ok(reply::no_content())
}

async fn stop(call: Call, Segments(id): Segments<i64>) -> Reply {
    call.rollouts()
        .stop_rollout(proto::StopRolloutRequest { name: name(id), ..Default::default() })
        .await?;
    Ok(reply::no_content())
}

async fn trigger_next_group(call: Call, Segments(id): Segments<i64>) -> Reply {
    let request = proto::TriggerNextGroupRequest { name: name(id), ..Default::default() };
    call.rollouts().trigger_next_group(request).await?;
    Ok(reply::no_content())
}

/// A new rollout of what failed.
async fn retry(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let request = proto::RetryRolloutRequest { name: name(id), ..Default::default() };
    let made = call.rollouts().retry_rollout(request).await?.into_inner();
    answer.created(&translate::rollout(made, &call.base, Detail::Full))
}

pub(super) fn docs() -> Vec<Operation> {
    let example = json!({
        "name": "spring", "distributionSetId": 1, "targetFilterQuery": "id==pump*",
        "amountGroups": 1
    });
    let mut all = vec![
        told::get("/rollouts", "getRollouts", "Lists the rollouts")
            .searched(rsql::ROLLOUTS, "name==spring")
            .paged(sort::ROLLOUTS)
            .represented()
            .shows_deleted()
            .gives_page::<wire::Rollout>(),
        told::post("/rollouts", "create", "Creates a rollout")
            .explained("It gathers its targets, and is `ready` when it has.")
            .takes::<wire::RolloutBody>(
                &["name", "distributionSetId", "targetFilterQuery"],
                example,
            )
            .creates::<wire::Rollout>()
            .creating()
            .fails(ASSIGNMENT)
            .fails(&[e::NOT_FOUND, e::SEARCH_SYNTAX, e::SEARCH_FIELD]),
        told::post("/rollouts/plan", "planRollout", "Tells what a rollout would be")
            .explained("It takes what creates a rollout, and makes nothing.")
            .takes::<wire::RolloutBody>(
                &["name", "distributionSetId", "targetFilterQuery"],
                json!({
                    "name": "summer", "distributionSetId": 1, "targetFilterQuery": "id==pump*",
                    "amountGroups": 1, "pace": {"targetsPerMinute": 100}
                }),
            )
            .gives::<wire::RolloutPlan>()
            .fails(ASSIGNMENT)
            .fails(&[e::NOT_FOUND, e::SEARCH_SYNTAX, e::SEARCH_FIELD]),
        told::get(ONE, "getRollout", "Shows a rollout").gives::<wire::Rollout>().finding(),
        told::put(ONE, "update", "Changes a rollout's name, description and pace")
            .takes::<wire::RolloutChangeBody>(&[], json!({"description": "in spring"}))
            .gives::<wire::Rollout>()
            .changing()
            .fails(&[e::EXISTS, e::ROLLOUT_STATE, e::DELETED]),
        told::delete(ONE, "delete", "Deletes a rollout")
            .gives_nothing()
            .finding()
            .fails(&[e::ROLLOUT_STATE]),
    ];
    all.extend(command_docs());
    all
}

fn command_docs() -> Vec<Operation> {
    let remark = || text("remark", "Why").example(Some(json!("as agreed")));
    let command = |path, id, summary| {
        let operation = told::post(path, id, summary).gives_nothing().changing();
        operation.fails(&[e::ROLLOUT_STATE, e::DELETED])
    };
    vec![
        command("/rollouts/{rolloutId}/approve", "approve", "Approves a rollout").asks(remark()),
        command("/rollouts/{rolloutId}/deny", "deny", "Denies a rollout").asks(remark()),
        command("/rollouts/{rolloutId}/start", "start", "Starts a rollout that is ready"),
        command("/rollouts/{rolloutId}/pause", "pause", "Pauses a rollout that runs"),
        command("/rollouts/{rolloutId}/resume", "resume", "Lets a paused rollout go on"),
        command("/rollouts/{rolloutId}/stop", "stop", "Ends a rollout and cancels its actions"),
        command(
            "/rollouts/{rolloutId}/triggerNextGroup",
            "triggerNextGroup",
            "Starts the next group before its time",
        ),
        told::post(
            "/rollouts/{rolloutId}/retry",
            "retryRollout",
            "Creates a rollout for what failed in a finished one",
        )
        .creates::<wire::Rollout>()
        .changing()
        .fails(&[e::EXISTS, e::ROLLOUT_STATE, e::DELETED]),
    ]
}

/// The path of one.
const ONE: &str = "/rollouts/{rolloutId}";
