//! Refusals of the hub and of the router.

use crate::device::{BASE, Device};
use crate::hub::refusal;
use axum::http::Method;
use serde_json::json;
use tonic::{Code, Status};

const NOT_FOUND: &str = "hawkbit.server.error.repo.entityNotFound";

#[tokio::test]
async fn a_stranger_is_told_nothing() {
    let device = Device::default();
    let refusal = refusal(Code::Unauthenticated, "UNAUTHENTICATED", &[]);
    device.hub.script().poll.refuse(refusal);
    let answer = device.get(BASE).await;
    assert!(answer.is_empty(401));
    assert_eq!(answer.header("content-length"), Some("0"));
    assert_eq!(answer.header("www-authenticate"), None);
}

#[tokio::test]
async fn an_unknown_entity_is_named_in_the_recorded_form() {
    for (metadata, info) in [
        (&[("type", "Action"), ("id", "9")][..], json!({"type": "Action", "entityId": 9})),
        (&[("type", "Target"), ("id", "9")], json!({"type": "Target", "entityId": "9"})),
        (&[], json!(null)),
    ] {
        let device = Device::default();
        let refusal = refusal(Code::NotFound, "NOT_FOUND", metadata);
        device.hub.script().get_deployment.refuse(refusal);
        let answer = device.get("deploymentBase/9").await;
        assert_eq!((answer.status.as_u16(), answer.error_code()), (404, NOT_FOUND.into()));
        assert_eq!(answer.header("content-type"), Some("application/hal+json"));
        let body = answer.json();
        assert_eq!(body.get("info").cloned().unwrap_or_default(), info);
        let class = "org.eclipse.hawkbit.repository.exception.EntityNotFoundException";
        assert_eq!(
            (&body["exceptionClass"], &body["message"]),
            (&class.into(), &"the hub's words".into())
        );
    }
}

#[tokio::test]
async fn an_entity_of_somebody_else_is_not_named() {
    let device = Device::default();
    let metadata = [("type", "Action"), ("id", "9"), ("parent", "d1")];
    device.hub.script().get_deployment.refuse(refusal(Code::NotFound, "NOT_RELATED", &metadata));
    let answer = device.get("deploymentBase/9").await;
    assert_eq!((answer.status.as_u16(), answer.error_code()), (404, NOT_FOUND.into()));
    assert!(answer.json().get("info").is_none());
}

#[tokio::test]
async fn an_action_in_another_state_is_gone_or_not_found_without_words() {
    for (reason, status) in [
        ("ACTION_CLOSED", 410),
        ("ACTION_WAITING", 404),
        ("ACTION_CANCELING", 404),
        ("ACTION_ACTIVE", 404),
        ("ACTION_NOT_WAITING", 404),
    ] {
        let device = Device::default();
        device.hub.script().get_installed.refuse(refusal(Code::FailedPrecondition, reason, &[]));
        assert!(device.get("installedBase/9").await.is_empty(status), "{reason}");
    }
}

#[tokio::test]
async fn a_hub_that_does_not_answer_is_to_be_asked_again() {
    for status in [
        refusal(Code::Unavailable, "UNAVAILABLE", &[]),
        Status::deadline_exceeded("late"),
        Status::cancelled("late"),
    ] {
        let device = Device::default();
        device.hub.script().poll.refuse(status);
        let answer = device.get(BASE).await;
        assert_eq!(answer.status, 503);
        assert!(answer.header("retry-after").is_some());
    }
}

#[tokio::test]
async fn a_fault_of_the_hub_is_not_told_in_detail() {
    let device = Device::default();
    device.hub.script().poll.refuse(Status::internal("table targets is locked"));
    let answer = device.get(BASE).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.error_code(), "hawkbit.server.error.repo.genericError");
    assert!(!answer.text().contains("locked"));
}

#[tokio::test]
async fn ids_that_are_no_numbers_are_not_readable() {
    let device = Device::default();
    for path in ["deploymentBase/abc", "cancelAction/1x", "installedBase/9999999999999999999"] {
        let answer = device.get(path).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.error_code(), "hawkbit.server.error.rest.body.notReadable");
    }
}

#[tokio::test]
async fn methods_and_paths_that_are_not_served_are_refused_as_recorded() {
    let device = Device::default();
    for (method, path, allow) in [
        (Method::POST, BASE, "GET"),
        (Method::DELETE, "deploymentBase/7", "GET"),
        (Method::POST, "deploymentBase/7?c=1/feedback", "GET"),
        (Method::GET, "deploymentBase/7/feedback", "POST"),
        (Method::GET, "configData", "PUT"),
    ] {
        let answer = device.send(method, path, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some(allow)), "{path}");
    }
    let asked = device.send(Method::OPTIONS, "configData", &[], "").await;
    assert_eq!((asked.status.as_u16(), asked.header("allow")), (200, Some("PUT,OPTIONS")));
    for path in ["/DEFAULT/controller/v1", "", "configData/", "nowhere", "deploymentBase"] {
        assert_eq!(device.get(path).await.json()["status"], 404, "{path}");
    }
    assert!(device.hub.script().metadata.is_empty());
}

#[tokio::test]
async fn controller_ids_of_blanks_or_too_many_characters_are_refused() {
    let device = Device::default();
    let (long, longer) = ("ä".repeat(256), "ä".repeat(257));
    let encode = |id: &str| id.replace('ä', "%C3%A4");
    for (id, status) in [("a%20b", 400), ("%C2%A0", 400), (&encode(&longer), 400), ("%FF", 400)] {
        let answer = device.get(&format!("/DEFAULT/controller/v1/{id}")).await;
        assert_eq!(answer.status.as_u16(), status, "{id}");
    }
    device.get(&format!("/DEFAULT/controller/v1/{}", encode(&long))).await;
    assert_eq!(device.hub.script().poll.asked.len(), 1);
}

#[tokio::test]
async fn characters_that_hide_the_ends_of_segments_are_refused() {
    let device = Device::default();
    for id in ["a%2Fb", "a%25b", "a;b", "a%5Cb", "a%5c"] {
        assert_eq!(device.get(&format!("/DEFAULT/controller/v1/{id}")).await.status, 400, "{id}");
    }
}
