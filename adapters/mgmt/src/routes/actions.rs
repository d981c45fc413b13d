//! `/actions`: actions across targets.

use crate::call::{Call, Segments};
use crate::query::{Query, Window};
use crate::reply::{Answer, Reply};
use crate::translate::{self, Detail};
use crate::{sort, wire};
use otahub_client::{names, proto};

pub(super) async fn list(call: Call, query: Query, answer: Answer) -> Reply {
    let detail = if query.is_full() { Detail::Full } else { Detail::Compact };
    page(&call, answer, query.window(sort::ACTIONS)?, String::new(), detail).await
}

/// A page of actions, of all targets or of `target` (`targets/{controller_id}`).
pub(super) async fn page(
    call: &Call,
    answer: Answer,
    window: Window,
    target: String,
    detail: Detail,
) -> Reply {
    let request = proto::ListActionsRequest {
        page_size: window.page_size,
        page_token: String::new(),
        skip: window.skip,
        filter: window.filter,
        order_by: window.order_by,
        target,
    };
    let listed = call.actions().list_actions(request).await?.into_inner();
    let content = listed.actions.into_iter();
    let content = content.map(|a| translate::action::action(a, &call.base, detail)).collect();
    answer.ok(&wire::Page::new(content, listed.total_size))
}

pub(super) async fn get(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let request = proto::GetActionRequest { name: names::action(id), target: String::new() };
    let action = call.actions().get_action(request).await?.into_inner();
    answer.ok(&translate::action::action(action, &call.base, Detail::Full))
}
