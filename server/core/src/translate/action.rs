//! Actions, their history, and assignments.

use super::page::Asked;
use super::{audit, given, instant, name, time};
use crate::usecase::{ActionNews, Told};
use otahub_domain::action::{
    Action, ActionType, Assignment, Entry, EntryStatus, MaintenanceWindow, State,
};
use otahub_domain::request::etag;
use otahub_domain::{Error, Result, Timestamp};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;
use otahub_store::{ActionNames, ActionOrder, ActionView, EntryOrder};
use std::sync::Arc;

pub(crate) fn action(view: ActionView, now: Timestamp) -> proto::Action {
    let ActionView {
        action,
        names: ActionNames { target_name, controller_id, set_name, set_version, rollout_name },
    } = view;
    let (kind, force_at) = action_type(action.action_type);
    proto::Action {
        name: names::action(action.id.0),
        id: action.id.0,
        target: names::target(&controller_id),
        target_display_name: target_name,
        distribution_set: names::distribution_set(action.set.0),
        set_display_name: set_name,
        set_version,
        r#type: kind.into(),
        force_time: force_at.map(time),
        state: state(action.state).into(),
        active: action.state.is_active(),
        weight: action.weight,
        next_window_time: action.window.as_ref().and_then(|w| w.next_start_at(now)).map(time),
        maintenance_window: action.window.as_ref().map(window),
        last_code: action.last_code,
        rollout: rollout(&action),
        rollout_display_name: rollout_name.unwrap_or_default(),
        rollout_group: rollout_group(&action),
        audit: Some(audit(&action.audit)),
        etag: etag(action.id.0, action.version),
        external_ref: action.external_ref.unwrap_or_default(),
    }
}

/// A message of a stream of actions.
pub(crate) fn news(news: ActionNews, now: Timestamp) -> proto::WatchActionsResponse {
    use proto::ActionChange as Change;
    let resume_token = news.seq.map(|seq| seq.to_string()).unwrap_or_default();
    let empty = proto::WatchActionsResponse { resume_token, ..Default::default() };
    let about = |change: Change, view: Arc<ActionView>| {
        let action = action(Arc::unwrap_or_clone(view), now);
        proto::WatchActionsResponse {
            change: change.into(),
            name: action.name.clone(),
            target: action.target.clone(),
            action: Some(action),
            ..empty.clone()
        }
    };
    let gone = |change: Change, name: String, controller_id: &str| {
        let target = names::target(controller_id);
        proto::WatchActionsResponse { change: change.into(), name, target, ..empty.clone() }
    };
    match news.told {
        Told::Present(view) => about(Change::Present, view),
        Told::Changed(view) => about(Change::Updated, view),
        Told::Left(id, target) => gone(Change::Left, names::action(id.0), &target),
        Told::TargetDeleted(target) => gone(Change::TargetDeleted, String::new(), &target),
        Told::Complete => proto::WatchActionsResponse { snapshot_complete: true, ..empty },
        Told::Alive => empty,
    }
}

fn rollout(action: &Action) -> String {
    action.rollout.map_or(String::new(), |id| names::numbered("rollouts", id.0))
}

fn rollout_group(action: &Action) -> String {
    match (action.rollout, action.rollout_group) {
        (Some(rollout), Some(group)) => format!("rollouts/{rollout}/groups/{group}"),
        _ => String::new(),
    }
}

pub(crate) fn window(window: &MaintenanceWindow) -> proto::MaintenanceWindow {
    proto::MaintenanceWindow {
        schedule: window.schedule.clone(),
        duration: window.duration.clone(),
        timezone: window.timezone.clone(),
    }
}

pub(crate) fn action_type(kind: ActionType) -> (proto::ActionType, Option<Timestamp>) {
    match kind {
        ActionType::Soft => (proto::ActionType::Soft, None),
        ActionType::Forced => (proto::ActionType::Forced, None),
        ActionType::TimeForced { at } => (proto::ActionType::TimeForced, Some(at)),
        ActionType::DownloadOnly => (proto::ActionType::DownloadOnly, None),
    }
}

fn state(state: State) -> proto::ActionState {
    match state {
        State::Scheduled => proto::ActionState::Scheduled,
        State::WaitingForConfirmation => proto::ActionState::WaitingForConfirmation,
        State::Running => proto::ActionState::Running,
        State::Retrieved => proto::ActionState::Retrieved,
        State::Canceling => proto::ActionState::Canceling,
        State::Canceled => proto::ActionState::Canceled,
        State::Finished => proto::ActionState::Finished,
        State::Error => proto::ActionState::Failed,
        State::Downloaded => proto::ActionState::Downloaded,
    }
}

pub(crate) fn entry(entry: Entry) -> proto::ActionEntry {
    proto::ActionEntry {
        id: entry.id,
        status: entry_status(entry.status).into(),
        messages: entry.messages,
        code: entry.code,
        occur_time: Some(time(entry.occurred_at)),
        report_time: Some(time(entry.reported_at)),
    }
}

fn entry_status(status: EntryStatus) -> proto::EntryStatus {
    match status {
        EntryStatus::Finished => proto::EntryStatus::Finished,
        EntryStatus::Error => proto::EntryStatus::Error,
        EntryStatus::Warning => proto::EntryStatus::Warning,
        EntryStatus::Running => proto::EntryStatus::Running,
        EntryStatus::Canceled => proto::EntryStatus::Canceled,
        EntryStatus::Canceling => proto::EntryStatus::Canceling,
        EntryStatus::Retrieved => proto::EntryStatus::Retrieved,
        EntryStatus::Download => proto::EntryStatus::Download,
        EntryStatus::Scheduled => proto::EntryStatus::Scheduled,
        EntryStatus::CancelRejected => proto::EntryStatus::CancelRejected,
        EntryStatus::Downloaded => proto::EntryStatus::Downloaded,
        EntryStatus::WaitForConfirmation => proto::EntryStatus::WaitForConfirmation,
    }
}

pub(crate) fn assignment(wanted: proto::Assignment, now: Timestamp) -> Result<Assignment> {
    let kind = wanted.r#type();
    Ok(Assignment {
        set: name::set(&wanted.distribution_set)?,
        action_type: wanted_type(kind, wanted.force_time.as_ref())?,
        weight: wanted.weight,
        confirmation_required: wanted.confirmation_required,
        window: wanted_window(wanted.maintenance_window.as_ref(), now)?,
        external_ref: given(wanted.external_ref),
        controller_id: wanted.controller_id,
    })
}

/// A maintenance window that is wanted.
pub(crate) fn wanted_window(
    window: Option<&proto::MaintenanceWindow>,
    now: Timestamp,
) -> Result<Option<MaintenanceWindow>> {
    let part = |f: fn(&proto::MaintenanceWindow) -> &String| {
        window.map(f).map(String::as_str).filter(|s| !s.is_empty())
    };
    MaintenanceWindow::parse(
        part(|w| &w.schedule),
        part(|w| &w.duration),
        part(|w| &w.timezone),
        now,
    )
}

pub(crate) fn wanted_type(
    kind: proto::ActionType,
    force_time: Option<&prost_types::Timestamp>,
) -> Result<ActionType> {
    Ok(match kind {
        proto::ActionType::Unspecified | proto::ActionType::Forced => ActionType::Forced,
        proto::ActionType::Soft => ActionType::Soft,
        proto::ActionType::DownloadOnly => ActionType::DownloadOnly,
        proto::ActionType::TimeForced => {
            let at = force_time.ok_or_else(|| Error::invalid("force_time", "is required"))?;
            ActionType::TimeForced { at: instant(at) }
        }
    })
}

/// The field that actions are ordered by.
pub(crate) fn order(field: &str) -> Option<ActionOrder> {
    Some(match field {
        "id" => ActionOrder::Id,
        "state" | "status" => ActionOrder::State,
        "active" => ActionOrder::Active,
        "weight" => ActionOrder::Weight,
        "last_code" => ActionOrder::LastCode,
        "external_ref" => ActionOrder::ExternalRef,
        "target" => ActionOrder::Target,
        "distribution_set" => ActionOrder::Set,
        "rollout" => ActionOrder::Rollout,
        "rollout_group" => ActionOrder::RolloutGroup,
        "create_time" => ActionOrder::CreatedAt,
        "creator" => ActionOrder::CreatedBy,
        "update_time" => ActionOrder::ModifiedAt,
        "updater" => ActionOrder::ModifiedBy,
        _ => return None,
    })
}

/// The field that history entries are ordered by.
pub(crate) fn entry_order(field: &str) -> Option<EntryOrder> {
    Some(match field {
        "id" => EntryOrder::Id,
        "occur_time" => EntryOrder::OccurredAt,
        "report_time" | "create_time" => EntryOrder::ReportedAt,
        _ => return None,
    })
}

/// What a list of actions is asked for.
pub(crate) fn asked(request: &proto::ListActionsRequest) -> Asked {
    super::page::asked!(request, request.filter, request.target)
}

/// What a list of history entries is asked for.
pub(crate) fn entries_asked(request: &proto::ListActionEntriesRequest) -> Asked {
    super::page::asked!(request, request.parent)
}
