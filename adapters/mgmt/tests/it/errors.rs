//! Refusals, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{exchange, get, post, put, send};
use axum::body::Body;
use http::Request;
use otahub_client::Reason;
use serde_json::json;
use tonic::{Code, Status};

/// What the hub says, with a detail, and what is answered.
const REASONS: [(Reason, (&str, &str), u16, &str); 45] = [
    (Reason::NotFound, ("type", "Target"), 404, "repo.entityNotFound"),
    (Reason::NotRelated, ("type", "Artifact"), 404, "repo.entityNotFound"),
    (Reason::NotRelated, ("type", "Action"), 404, ""),
    (Reason::Deleted, ("", ""), 404, "deleted"),
    (Reason::AlreadyExists, ("", ""), 409, "repo.entityAlreadyExists"),
    (Reason::InvalidField, ("field", "name"), 400, "repo.constraintViolation"),
    (Reason::InvalidField, ("field", "filter"), 400, "rest.param.rsqlParamSyntax"),
    (Reason::InvalidField, ("field", "order_by"), 400, "rest.param.invalidField"),
    (Reason::InvalidMaintenanceSchedule, ("", ""), 400, "maintenanceScheduleInvalid"),
    (Reason::ActionClosed, ("", ""), 410, ""),
    (Reason::ActionNotWaiting, ("", ""), 404, ""),
    (Reason::ActionNotCancelable, ("", ""), 405, "action.notCancelable"),
    (Reason::ActionNotForceQuitable, ("", ""), 405, "action.notForceQuitable"),
    (Reason::AutoConfirmationActive, ("", ""), 409, "repo.autoConfAlreadyActive"),
    (Reason::QuotaExceeded, ("", ""), 429, "quota.tooManyEntries"),
    (Reason::FileTooLarge, ("", ""), 429, "quota.fileSizeExceeded"),
    (Reason::StorageFull, ("", ""), 429, "quota.storageExceeded"),
    (Reason::SetIncomplete, ("", ""), 400, "distributionset.incomplete"),
    (Reason::SetInvalid, ("", ""), 400, "distributionset.invalid"),
    (Reason::ModuleTypeUnsupported, ("", ""), 400, "distributionset.modules.unsupported"),
    (Reason::Locked, ("", ""), 423, "locked"),
    (Reason::TargetTypeIncompatible, ("", ""), 400, "target.type.incompatible"),
    (Reason::MultipleAssignments, ("", ""), 400, "multiAssignmentNotEnabled"),
    (
        Reason::ChecksumMismatch,
        ("algorithm", "md5"),
        400,
        "artifact.uploadFailed.checksum.md5.match",
    ),
    (
        Reason::ChecksumMismatch,
        ("algorithm", "sha1"),
        400,
        "artifact.uploadFailed.checksum.sha1.match",
    ),
    (
        Reason::ChecksumMismatch,
        ("algorithm", "sha256"),
        400,
        "artifact.uploadFailed.checksum.sha256.match",
    ),
    (Reason::EmptyFile, ("", ""), 400, ""),
    (Reason::BinaryDeleted, ("", ""), 410, "artifact.binaryDeleted"),
    (Reason::EncryptionNotSupported, ("", ""), 400, "artifact.encryptionNotSupported"),
    (Reason::EncryptionFailed, ("", ""), 500, "artifact.encryptionFailed"),
    (Reason::ConfigurationKeyInvalid, ("", ""), 400, "configKeyInvalid"),
    (Reason::ConfigurationValueInvalid, ("", ""), 400, "configValueInvalid"),
    (Reason::ReadOnly, ("", ""), 403, "entityReadOnly"),
    (Reason::Unauthenticated, ("", ""), 401, ""),
    (Reason::PermissionDenied, ("", ""), 403, "insufficientPermission"),
    (Reason::Conflict, ("", ""), 409, "repo.concurrentModification"),
    (Reason::EtagMismatch, ("", ""), 409, "repo.concurrentModification"),
    (Reason::RequestIdReused, ("", ""), 409, "repo.concurrentModification"),
    (Reason::Unavailable, ("", ""), 503, ""),
    (Reason::Internal, ("", ""), 500, "repo.genericError"),
    (Reason::NotImplemented, ("", ""), 501, ""),
    (Reason::InvalidAutoAssignmentType, ("", ""), 400, "repo.invalidAutoAssignActionType"),
    (Reason::TargetTypeInUse, ("", ""), 409, "target.type.used"),
    (Reason::RolloutState, ("", ""), 400, "rollout.illegalState"),
    (Reason::KeyOrNameRequired, ("", ""), 400, "target.type.keyOrNameRequired"),
];

#[tokio::test]
async fn each_reason_has_hawkbits_status_and_key() {
    for (reason, metadata, status, key) in REASONS {
        let hub = FakeHub::new().refuses("get_target", reason, &[metadata]);
        let answer = get(&hub, "/rest/v1/targets/x").await;
        assert_eq!((answer.status.as_u16(), answer.key().as_str()), (status, key), "{reason:?}");
        let is_empty = matches!(status, 404 | 410 | 400) && key.is_empty();
        assert_eq!(answer.bytes.is_empty(), is_empty, "{reason:?}");
    }
}

#[tokio::test]
async fn a_reason_that_is_not_known_yet_goes_by_its_code() {
    for (code, status) in [
        (Code::NotFound, 404),
        (Code::InvalidArgument, 400),
        (Code::Unauthenticated, 401),
        (Code::PermissionDenied, 403),
        (Code::DeadlineExceeded, 503),
        (Code::Cancelled, 503),
        (Code::Unimplemented, 501),
        (Code::Unknown, 500),
    ] {
        let hub = FakeHub::new().fails("get_target", Status::new(code, "new"));
        assert_eq!(get(&hub, "/rest/v1/targets/x").await.status.as_u16(), status, "{code:?}");
    }
}

#[tokio::test]
async fn a_missing_entity_is_named() {
    for (kind, id, shown) in [
        ("Target", "007", json!("007")),
        ("SoftwareModule", "7", json!(7)),
        ("SoftwareModuleType", "nonesuch", json!("nonesuch")),
    ] {
        let hub =
            FakeHub::new().refuses("get_target", Reason::NotFound, &[("type", kind), ("id", id)]);
        let body = get(&hub, "/rest/v1/targets/x").await.json();
        assert_eq!(body["info"], json!({"type": kind, "entityId": shown}));
        assert_eq!(body["message"], "no");
        let class = "org.eclipse.hawkbit.repository.exception.EntityNotFoundException";
        assert_eq!(body["exceptionClass"], class);
    }
}

#[tokio::test]
async fn modules_that_are_not_there_are_named_in_a_list() {
    let missing = [("type", "SoftwareModule"), ("id", "9")];
    let hub = FakeHub::new().refuses("change_distribution_set_modules", Reason::NotFound, &missing);
    let answer = post(&hub, "/rest/v1/distributionsets/1/assignedSM", json!([{"id": 9}])).await;
    assert_eq!(answer.json()["info"], json!({"type": "SoftwareModule", "entityId": [9]}));
}

#[tokio::test]
async fn a_search_by_an_unknown_field_or_word_is_told_from_one_that_is_none() {
    for (details, key, says) in [
        (vec![("field", "filter")], "rest.param.rsqlParamSyntax", false),
        (
            vec![("field", "filter"), ("filter_field", "x"), ("allowed", "")],
            "rest.param.rsqlInvalidField",
            false,
        ),
        (
            vec![("field", "filter"), ("filter_field", "x"), ("allowed", "A, B")],
            "rest.param.rsqlInvalidField",
            true,
        ),
    ] {
        let hub = FakeHub::new().refuses("list_targets", Reason::InvalidField, &details);
        let answer = get(&hub, "/rest/v1/targets?q=name==x").await;
        assert_eq!((answer.status.as_u16(), answer.key().as_str()), (400, key));
        assert_eq!(answer.json().get("message").is_some(), says, "{details:?}");
    }
    for (path, key) in [
        ("/targets?q=colour==red", "rest.param.rsqlInvalidField"),
        ("/targets?q=(name==a", "rest.param.rsqlParamSyntax"),
        ("/actions?q=status==dancing", "rest.param.rsqlInvalidField"),
        ("/distributionsets?q=tags.name==a", "rest.param.rsqlInvalidField"),
        ("/softwaremodules?soft_deleted_mode=NEVER", "rest.body.notReadable"),
        ("/distributionsets/1/assignedTargets?sort=controllerId:ASC", "rest.param.invalidField"),
    ] {
        let hub = FakeHub::new();
        let answer = get(&hub, &format!("/rest/v1{path}")).await;
        assert_eq!(answer.key(), key, "{path}");
        assert!(hub.methods().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn without_a_credential_nothing_is_told() {
    for (method, path) in [("GET", "/targets"), ("PATCH", "/targets"), ("GET", "/nonesuch")] {
        let hub = FakeHub::new();
        let request = Request::builder().method(method).uri(format!("/rest/v1{path}"));
        let answer = exchange(&hub, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 401, "{method} {path}");
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"hawkBit\"");
        assert!(hub.methods().is_empty());
    }
}

#[tokio::test]
async fn a_bad_credential_is_judged_by_the_hub() {
    let hub = FakeHub::new().refuses("list_targets", Reason::Unauthenticated, &[]);
    let answer = get(&hub, "/rest/v1/targets").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), "Basic realm=\"hawkBit\"");
}

#[tokio::test]
async fn methods_and_paths_that_are_not_served_are_refused() {
    let hub = FakeHub::new();
    let answer = send(&hub, Request::patch("/rest/v1/targets"), Body::from("{}")).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET, POST"));
    assert_eq!(get(&hub, "/rest/v1/nonesuch").await.status, 404);
    assert_eq!(get(&hub, "/rest/v1/targets/a/actions/x").await.key(), "rest.body.notReadable");
    assert_eq!(get(&hub, "/rest/v1/targets?limit=many").await.key(), "rest.body.notReadable");
    assert_eq!(
        get(&hub, "/rest/v1/targets?sort=name:UP").await.key(),
        "rest.param.invalidDirection"
    );
}

#[tokio::test]
async fn a_body_has_to_be_json_and_say_so() {
    let hub = FakeHub::new();
    let plain = Request::post("/rest/v1/targets").header("content-type", "text/plain");
    assert_eq!(send(&hub, plain, Body::from("[]")).await.status, 415);
    let silent = Request::post("/rest/v1/targets");
    assert_eq!(send(&hub, silent, Body::from("[]")).await.status, 415);
    let hal = Request::post("/rest/v1/targets").header("content-type", "application/hal+json");
    assert_eq!(send(&hub, hal, Body::from("[]")).await.status, 201);
    let answer = put(&hub, "/rest/v1/targets/x", json!("text")).await;
    assert_eq!(answer.key(), "rest.body.notReadable");
}

#[tokio::test]
async fn the_representation_is_what_the_request_accepts() {
    for (accept, content_type) in [
        ("*/*", "application/hal+json"),
        ("application/json", "application/json"),
        ("application/hal+json, application/json, */*", "application/hal+json"),
    ] {
        let request = || Request::get("/rest/v1/userinfo").header("accept", accept);
        let answer = send(&FakeHub::new(), request(), Body::empty()).await;
        assert_eq!(answer.header("content-type"), content_type, "{accept}");
        let hub = FakeHub::new().refuses("get_caller", Reason::Locked, &[]);
        let answer = send(&hub, request(), Body::empty()).await;
        assert_eq!(answer.header("content-type"), content_type, "{accept}");
    }
    let request = Request::get("/rest/v1/userinfo").header("accept", "text/html");
    assert_eq!(send(&FakeHub::new(), request, Body::empty()).await.status, 406);
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let hub = FakeHub::new();
    let tag = get(&hub, "/rest/v1/userinfo").await.header("etag").to_owned();
    let again = Request::get("/rest/v1/userinfo").header("if-none-match", tag);
    let answer = send(&hub, again, Body::empty()).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0));
}
