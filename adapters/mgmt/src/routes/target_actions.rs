//! `/targets/{controllerId}/actions`: a target's actions, their history, force, cancel, confirm.

use crate::body::{Body, OptionalBody};
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::docs::flag;
use crate::docs::number;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::rsql;
use crate::translate::{self, Detail};
use crate::wire::{
    Action, ActionStatus, AssignmentWord, ConfirmationBody, ConfirmationWord, ForceBody, Id, Page,
};
use crate::{routes, sort};
use http::StatusCode;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, ArrayBuilder, Operation, PartialSchema, Schema};
use serde_json::json;

/// The controller id and the number of an action, from the path.
type OfTarget = Segments<(String, i64)>;

pub(super) async fn list(
    call: Call,
    Segments(id): Segments<String>,
    query: Query,
    answer: Answer,
) -> Reply {
    let request = routes::actions::request(&query, names::target(&id))?;
    routes::actions::page(&call, answer, request, Detail::Compact).await
}

pub(super) async fn get(call: Call, Segments((id, action)): OfTarget, answer: Answer) -> Reply {
    let request =
        proto::GetActionRequest { name: names::action(action), target: names::target(&id) };
    show(&call, answer, call.actions().get_action(request).await?.into_inner())
}

fn show(call: &Call, answer: Answer, action: proto::Action) -> Reply {
    answer.ok(&translate::action::action(action, &call.base, Detail::Full))
}

pub(super) async fn force(
    call: Call,
    Segments((id, action)): OfTarget,
    answer: Answer,
    Body(body): Body<ForceBody>,
) -> Reply {
    let (name, target) = (names::action(action), names::target(&id));
    if body.force_type != Some(AssignmentWord::Forced) {
        call.actions().get_action(proto::GetActionRequest { name, target }).await?;
        return Err(Fault::constraint("Resource supports only switch to FORCED."));
    }
    let request = proto::ForceActionRequest { name, target, ..Default::default() };
    show(&call, answer, call.actions().force_action(request).await?.into_inner())
}

pub(super) async fn cancel(call: Call, Segments((id, action)): OfTarget, query: Query) -> Reply {
    let (name, target) = (names::action(action), names::target(&id));
    if query.flag("force")? {
        call.actions()
            .force_quit_action(proto::ForceQuitActionRequest { name, target, ..Default::default() })
            .await?;
    } else {
        call.actions()
            .cancel_action(proto::CancelActionRequest { name, target, ..Default::default() })
            .await?;
    }
    Ok(reply::no_content())
}

pub(super) async fn confirm(
    call: Call,
    Segments((id, action)): OfTarget,
    Body(body): Body<ConfirmationBody>,
) -> Reply {
    let (name, target) = (names::action(action), names::target(&id));
    let (code, messages) = (body.code, body.details.unwrap_or_default());
    match body.confirmation {
        ConfirmationWord::Confirmed => {
            let request =
                proto::ConfirmActionRequest { name, target, code, messages, ..Default::default() };
            call.actions().confirm_action(request).await?;
        }
        ConfirmationWord::Denied => {
            let request =
                proto::DenyActionRequest { name, target, code, messages, ..Default::default() };
            call.actions().deny_action(request).await?;
        }
    }
    Ok(reply::no_content())
}

pub(super) async fn history(
    call: Call,
    Segments((id, action)): OfTarget,
    query: Query,
    answer: Answer,
) -> Reply {
    let window = query.window(sort::ENTRIES)?;
    let request = proto::ListActionEntriesRequest {
        parent: names::action(action),
        target: names::target(&id),
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        order_by: window.order_by,
    };
    let listed = call.actions().list_action_entries(request).await?.into_inner();
    let content = listed.entries.into_iter().map(translate::action::entry).collect();
    answer.ok(&Page::new(content, listed.total_size))
}

/// Deletes all but the newest `keepLast`, or the actions of the body: one of both must be given.
pub(super) async fn purge(
    call: Call,
    Segments(id): Segments<String>,
    query: Query,
    OptionalBody(body): OptionalBody<Vec<Id>>,
) -> Reply {
    let keep_last = Some(query.number("keepLast", -1)?).filter(|keep| *keep >= 0);
    let ids = body.unwrap_or_default();
    if keep_last.is_some() != ids.is_empty() {
        return Err(Fault::unreadable("either keepLast or a list of ids is needed".to_owned()));
    }
    let request = proto::DeleteActionsRequest {
        names: ids.into_iter().map(|id| names::action(id.0)).collect(),
        filter: String::new(),
        target: names::target(&id),
        keep_last,
    };
    call.actions().delete_actions(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let ids = ArrayBuilder::new().items(i64::schema()).build();
    let confirmation = json!({"confirmation": "confirmed", "details": ["by phone"]});
    vec![
        told::get(
            "/targets/{targetId}/actions",
            "getActionHistory",
            "Lists the actions of a target",
        )
        .searched(rsql::ACTIONS, "active==true")
        .paged(sort::ACTIONS)
        .gives_page::<Action>()
        .finding(),
        told::delete("/targets/{targetId}/actions", "deleteActionsForTarget", "Deletes actions")
            .explained("Either `keepLast` or a list of numbers has to be given, and not both.")
            .asks(number("keepLast", "How many of the newest actions stay; -1 for none", (-1, -1)))
            .takes_what(Schema::Array(ids), json!([7, 8]))
            .or_nothing()
            .gives_nothing()
            .finding()
            .fails(&[e::CONSTRAINT]),
        told::get(ONE, "getAction", "Shows an action of a target")
            .gives::<Action>()
            .finding_action(),
        told::put(ONE, "updateAction", "Makes an action forced")
            .takes::<ForceBody>(&["forceType"], json!({"forceType": "forced"}))
            .gives::<Action>()
            .changing()
            .finding_action()
            .fails_silently(StatusCode::GONE),
        told::delete(
            ONE,
            "cancelAction",
            "Asks the device to stop, or ends the action with `force`",
        )
        .asks(flag("force", "Whether the device is not waited for; after a cancellation only"))
        .gives_nothing()
        .finding_action()
        .fails(&[e::NOT_CANCELABLE, e::NOT_QUITABLE, e::CONFLICT]),
        told::get(
            "/targets/{targetId}/actions/{actionId}/status",
            "getActionStatusList",
            "Lists what happened to an action",
        )
        .paged(sort::ENTRIES)
        .gives_page::<ActionStatus>()
        .finding_action(),
        told::put(
            "/targets/{targetId}/actions/{actionId}/confirmation",
            "updateActionConfirmation",
            "Confirms or denies an action that waits for it",
        )
        .takes::<ConfirmationBody>(&[], confirmation)
        .gives_nothing()
        .changing()
        .finding_action()
        .fails_silently(StatusCode::GONE),
    ]
}

/// The path of one.
const ONE: &str = "/targets/{targetId}/actions/{actionId}";
