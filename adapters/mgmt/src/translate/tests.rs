//! hawkBit's documented words and examples, both ways.

use super::{Detail, action, assignment, config, distribution_set, software, target};
use crate::link::Base;
use crate::wire;
use otahub_client::proto::{self, ActionState, ActionType, EntryStatus, UpdateStatus};
use otahub_client::timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn base() -> Base {
    Base::new("https://h")
}

fn shown(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn each_state_of_an_action_has_hawkbits_word_and_type() {
    for (state, status, kind) in [
        (ActionState::Scheduled, "scheduled", "update"),
        (ActionState::WaitingForConfirmation, "wait_for_confirmation", "update"),
        (ActionState::Running, "running", "update"),
        (ActionState::Retrieved, "retrieved", "update"),
        (ActionState::Canceling, "canceling", "cancel"),
        (ActionState::Canceled, "canceled", "cancel"),
        (ActionState::Finished, "finished", "update"),
        (ActionState::Failed, "error", "update"),
        (ActionState::Downloaded, "downloaded", "update"),
    ] {
        let action = proto::Action { state: state.into(), ..Default::default() };
        let shown = action::action(action, &base(), Detail::Compact);
        assert_eq!((shown.status, shown.kind), (status, kind));
    }
}

#[test]
fn each_entry_of_a_history_has_hawkbits_word() {
    for (status, word) in [
        (EntryStatus::Finished, "finished"),
        (EntryStatus::Error, "error"),
        (EntryStatus::Warning, "warning"),
        (EntryStatus::Running, "running"),
        (EntryStatus::Canceled, "canceled"),
        (EntryStatus::Canceling, "canceling"),
        (EntryStatus::Retrieved, "retrieved"),
        (EntryStatus::Download, "download"),
        (EntryStatus::Scheduled, "scheduled"),
        (EntryStatus::CancelRejected, "cancel_rejected"),
        (EntryStatus::Downloaded, "downloaded"),
        (EntryStatus::WaitForConfirmation, "wait_for_confirmation"),
    ] {
        let entry = proto::ActionEntry { status: status.into(), ..Default::default() };
        assert_eq!(action::entry(entry).kind, word);
    }
}

#[test]
fn each_kind_of_assignment_survives_the_way_there_and_back() {
    for (word, kind) in [
        ("soft", ActionType::Soft),
        ("forced", ActionType::Forced),
        ("timeforced", ActionType::TimeForced),
        ("downloadonly", ActionType::DownloadOnly),
    ] {
        let body = json!({"id": "c", "type": word, "forcetime": 5});
        let body: wire::TargetAssignment = serde_json::from_value(body).unwrap();
        let order = assignment::assignment(body.id, 3, body.options);
        assert_eq!(order.r#type(), kind);
        let made = proto::Action {
            r#type: kind.into(),
            force_time: order.force_time,
            ..Default::default()
        };
        let shown = action::action(made, &base(), Detail::Compact);
        assert_eq!(shown.force_type, word);
        assert_eq!(shown.force_time, (word == "timeforced").then_some(5));
    }
}

#[test]
fn an_assignment_is_forced_unless_it_says_otherwise() {
    let body: wire::SetAssignment = serde_json::from_value(json!({"id": "3"})).unwrap();
    assert_eq!(body.id, wire::Id(3));
    let order = assignment::assignment("c".into(), body.id.0, body.options);
    assert_eq!((order.r#type(), order.weight), (ActionType::Forced, None));
    assert_eq!((order.force_time, order.confirmation_required), (None, None));
}

#[test]
fn each_state_of_a_target_has_hawkbits_word() {
    for (status, word) in [
        (UpdateStatus::Unknown, "unknown"),
        (UpdateStatus::Registered, "registered"),
        (UpdateStatus::Pending, "pending"),
        (UpdateStatus::InSync, "in_sync"),
        (UpdateStatus::Error, "error"),
    ] {
        let found = proto::Target { update_status: status.into(), ..Default::default() };
        assert_eq!(target::target(found, &base(), Detail::Compact).update_status, word);
    }
}

#[test]
fn a_target_that_was_never_seen_says_so_by_silence() {
    let found = proto::Target { controller_id: "c".into(), ..Default::default() };
    let links = json!({"self": {"href": "https://h/rest/v1/targets/c"}});
    let expected = json!({
        "name": "", "controllerId": "c", "updateStatus": "unknown", "requestAttributes": false,
        "_links": links
    });
    assert_eq!(shown(&target::target(found, &base(), Detail::Compact)), expected);
}

#[test]
fn the_consent_flow_shows_in_a_target_while_it_is_on() {
    let found = proto::Target { auto_confirmation_active: Some(false), ..Default::default() };
    let shown = shown(&target::target(found, &base(), Detail::Full));
    assert_eq!(shown["autoConfirmActive"], false);
    assert!(shown["_links"]["autoConfirm"].is_object());
}

#[test]
fn a_deleted_artifact_has_nothing_to_download() {
    let gone = proto::Artifact { id: 2, deleted: true, ..Default::default() };
    let shown = shown(&software::artifact(gone, 1, &base(), Detail::Full));
    let own = "https://h/rest/v1/softwaremodules/1/artifacts/2";
    assert_eq!(shown["_links"], json!({"self": {"href": own}}));
}

#[test]
fn a_set_can_be_created_from_the_documented_body_and_shown_again() {
    let body = json!({
        "name": "fw", "version": "2.0", "description": "d", "type": "os",
        "requiredMigrationStep": true, "modules": [{"id": 5}], "locked": true
    });
    let body: wire::DistributionSetBody = serde_json::from_value(body).unwrap();
    let set = distribution_set::creation(body).distribution_set.unwrap();
    assert!(!set.locked);
    let shown = shown(&distribution_set::set(set, &base(), Detail::Compact));
    for (field, value) in [
        ("name", json!("fw")),
        ("version", json!("2.0")),
        ("description", json!("d")),
        ("type", json!("os")),
        ("requiredMigrationStep", json!(true)),
    ] {
        assert_eq!(shown[field], value);
    }
    assert_eq!(shown["modules"][0]["id"], 5);
}

#[test]
fn a_window_opens_at_nought_when_it_never_does() {
    for (next, at) in [(Some(timestamp(9)), 9), (None, 0)] {
        let action = proto::Action {
            maintenance_window: Some(proto::MaintenanceWindow::default()),
            next_window_time: next,
            ..Default::default()
        };
        let shown = action::action(action, &base(), Detail::Compact);
        assert_eq!(shown.maintenance_window.map(|w| w.next_start_at), Some(at));
    }
}

proptest! {
    #[test]
    fn a_setting_survives_the_way_there_and_back(
        value in prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ],
        key in "[a-zA-Z.]{1,20}",
    ) {
        let setting = config::change(&key, value.clone());
        prop_assert_eq!(config::key(&setting), key);
        prop_assert_eq!(config::setting(setting, &base()).value, value);
    }
}
