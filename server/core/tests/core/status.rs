//! Every refusal of the rules has its status: the table is a golden file.
//!
//! `UPDATE_GOLDEN=1` writes the file anew.

use otahub_core::from_error;
use otahub_domain::{ActionId, Entity, Error};
use std::collections::BTreeSet;
use std::path::Path;
use tonic_types::StatusExt;

/// Lists refusals; leaves none out, or the match is not exhaustive.
macro_rules! refusals {
    ($($variant:ident { $($field:ident: $value:expr),* }),* $(,)?) => {
        fn every() -> Vec<(&'static str, Error)> {
            let all = vec![
                $((stringify!($variant), Error::$variant { $($field: $value),* })),*
            ];
            for (_, error) in &all {
                match error {
                    $(Error::$variant { .. } => {})*
                }
            }
            all
        }
    };
}

refusals! {
    NotFound { entity: Entity::Target, id: "x".into() },
    NotRelated { entity: Entity::Action, id: "1".into(), parent: "x".into() },
    Deleted { entity: Entity::SoftwareModule, id: "1".into() },
    AlreadyExists { entity: Entity::Target },
    Invalid { field: "name", message: "is odd".into() },
    FilterField { path: "x".into(), message: "is odd".into(), allowed: vec!["a"] },
    InvalidAttributes { message: "are odd".into() },
    InvalidMaintenanceSchedule { message: "is odd".into() },
    ActionClosed { action: ActionId(1) },
    ActionWaiting { action: ActionId(1) },
    ActionNotWaiting { action: ActionId(1) },
    ActionCanceling { action: ActionId(1) },
    ActionNotCanceling { action: ActionId(1) },
    ActionActive { action: ActionId(1) },
    ActionNotCancelable { action: ActionId(1) },
    ActionNotForceQuitable { action: ActionId(1) },
    AutoConfirmationActive { controller_id: "x".into() },
    QuotaExceeded { what: "things", limit: 1 },
    FileTooLarge { limit: 1 },
    StorageFull { limit: 1 },
    SetIncomplete { id: "1".into() },
    SetInvalid { id: "1".into() },
    ModuleTypeUnsupported { module_type: "os".into(), set_type: "app".into() },
    Locked { entity: Entity::DistributionSet, id: "1".into(), operation: "DELETE" },
    TargetTypeIncompatible { controller_id: "x".into(), set_type: "app".into() },
    MultipleAssignments { controller_id: "x".into() },
    ChecksumMismatch { algorithm: "md5" },
    EmptyFile {},
    BinaryDeleted { id: "1".into() },
    EncryptionNotSupported {},
    EncryptionFailed {},
    ConfigurationKeyInvalid { key: "k".into() },
    ConfigurationValueInvalid { key: "k".into(), message: "is odd".into() },
    ReadOnly { entity: Entity::SoftwareModuleType, id: "1".into() },
    RolloutState { rollout: otahub_domain::RolloutId(1) },
    TargetTypeInUse { id: "1".into() },
    KeyOrNameRequired {},
    InvalidAutoAssignmentType {},
    Unauthenticated {},
    PermissionDenied { permission: "READ_TARGET" },
    Conflict {},
    EtagMismatch {},
    RequestIdReused { request_id: "x".into() },
    Unavailable {},
    Internal {},
}

fn line((name, error): &(&'static str, Error)) -> String {
    let status = from_error(error);
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.domain, "otahub.dev");
    assert_eq!(status.message(), error.to_string());
    let keys: BTreeSet<String> = info.metadata.into_keys().collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let details = status.get_error_details();
    let more = [
        (details.bad_request().is_some(), " +BadRequest"),
        (details.quota_failure().is_some(), " +QuotaFailure"),
        (details.retry_info().is_some(), " +RetryInfo"),
    ];
    let more = more.into_iter().filter(|(is, _)| *is).map(|(_, text)| text);
    let line = format!(
        "{name:26} {:18} {:28} {}{}",
        format!("{:?}", status.code()),
        info.reason,
        keys.join(","),
        more.collect::<String>()
    );
    line.trim_end().to_owned()
}

#[test]
fn every_refusal_has_its_status() {
    let lines: Vec<String> = every().iter().map(line).collect();
    let table = format!(
        "# refusal, code, reason, keys of the metadata, further details (UPDATE_GOLDEN=1)\n{}\n",
        lines.join("\n")
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/status.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(path).unwrap());
}

#[test]
fn every_reason_is_one_that_clients_know() {
    for (name, error) in every() {
        let hub_error = otahub_client::HubError::from(from_error(&error));
        let reason = hub_error.reason;
        assert_ne!(reason, otahub_client::Reason::Unspecified, "{name}");
    }
}

#[test]
fn what_the_message_mentions_is_in_the_metadata() {
    let status = from_error(&Error::NotRelated {
        entity: Entity::Action,
        id: "7".into(),
        parent: "dévice/1".into(),
    });
    let error = otahub_client::HubError::from(status);
    assert_eq!(error.detail("type"), Some("Action"));
    assert_eq!(error.detail("id"), Some("7"));
    assert_eq!(error.detail("parent"), Some("dévice/1"));
}

#[test]
fn whoever_sends_what_is_wrong_is_told_which_field() {
    for (name, error) in every() {
        let status = from_error(&error);
        let told = status.get_details_bad_request().is_some_and(|bad| {
            bad.field_violations
                .iter()
                .all(|one| !one.field.is_empty() && !one.description.is_empty())
        });
        assert_eq!(told, status.code() == tonic::Code::InvalidArgument, "{name}");
        let quota = status.get_details_quota_failure().is_some();
        assert_eq!(quota, status.code() == tonic::Code::ResourceExhausted, "{name}");
    }
}
