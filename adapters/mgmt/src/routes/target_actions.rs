//! `/targets/{controllerId}/actions`: a target's actions, their history, force, cancel, confirm.

use crate::body::{Body, OptionalBody};
use crate::call::{Call, Segments};
use crate::error::Fault;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::{self, Detail};
use crate::wire::{AssignmentWord, ConfirmationBody, ConfirmationWord, ForceBody, Id, Page};
use crate::{routes, sort};
use otahub_client::{names, proto};

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
    let request = proto::ForceActionRequest { name, target };
    show(&call, answer, call.actions().force_action(request).await?.into_inner())
}

pub(super) async fn cancel(call: Call, Segments((id, action)): OfTarget, query: Query) -> Reply {
    let (name, target) = (names::action(action), names::target(&id));
    if query.flag("force")? {
        call.actions().force_quit_action(proto::ForceQuitActionRequest { name, target }).await?;
    } else {
        call.actions().cancel_action(proto::CancelActionRequest { name, target }).await?;
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
            let request = proto::ConfirmActionRequest { name, target, code, messages };
            call.actions().confirm_action(request).await?;
        }
        ConfirmationWord::Denied => {
            let request = proto::DenyActionRequest { name, target, code, messages };
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
