//! Feedback and attributes.

use crate::device::Device;
use axum::http::Method;
use otahub_client::device::{AttributeMode, Outcome, ReportFeedbackResponse};

const FEEDBACK: &str = "deploymentBase/15/feedback";

#[tokio::test]
async fn the_manuals_four_steps_reach_the_hub() {
    let device = Device::default();
    device.hub.script().report_feedback.answer(ReportFeedbackResponse { active: true });
    for (body, outcome, message) in [
        (
            concat!(
                r#"{"status":{"execution":"download","#,
                r#""result":{"finished":"none"},"#,
                r#""details":["Starting download"]}}"#
            ),
            Outcome::Downloading,
            "Starting download",
        ),
        (
            concat!(
                r#"{"status":{"execution":"downloaded","#,
                r#""result":{"finished":"none"},"#,
                r#""details":["Downloaded update.zip"]}}"#
            ),
            Outcome::Downloaded,
            "Downloaded update.zip",
        ),
        (
            concat!(
                r#"{"status":{"execution":"proceeding","#,
                r#""result":{"finished":"none","progress":{"cnt":2,"of":5}},"#,
                r#""details":["Downloading artifact 2/5"]}}"#
            ),
            Outcome::Proceeding,
            "Downloading artifact 2/5",
        ),
        (
            concat!(
                r#"{"status":{"execution":"closed","#,
                r#""result":{"finished":"failure"},"#,
                r#""details":["Installation failed"],"code":500}}"#
            ),
            Outcome::Failed,
            "Installation failed",
        ),
    ] {
        assert!(device.post(&format!("{FEEDBACK}?c=1"), body).await.is_empty(200), "{body}");
        let script = device.hub.script();
        let asked = script.report_feedback.asked.last().unwrap();
        assert_eq!((asked.action, asked.outcome()), (15, outcome));
        assert_eq!((asked.messages.as_slice(), &asked.occur_time), (&[message.into()][..], &None));
        assert!(asked.request_id.is_empty() && !asked.after_download);
    }
    assert_eq!(device.hub.script().report_feedback.asked[3].code, Some(500));
}

#[tokio::test]
async fn the_devices_clock_and_cbor_are_understood() {
    let device = Device::default();
    device.hub.script().report_feedback.answer(ReportFeedbackResponse { active: true });
    let body = serde_json::json!({
        "timestamp": 1_750_000_000_001_i64,
        "status": {"execution": "closed", "result": {"finished": "success"}},
    });
    let mut bytes = Vec::new();
    ciborium::into_writer(&body, &mut bytes).unwrap();
    let cbor = [("content-type", "application/cbor")];
    assert!(device.send(Method::POST, FEEDBACK, &cbor, bytes).await.is_empty(200));
    let script = device.hub.script();
    let occurred = script.report_feedback.asked[0].occur_time.as_ref().unwrap();
    assert_eq!(otahub_client::millis(occurred), 1_750_000_000_001);
}

#[tokio::test]
async fn a_bad_body_is_refused_before_the_hub_is_asked() {
    let device = Device::default();
    for path in [FEEDBACK, "cancelAction/15/feedback", "confirmationBase/15/feedback"] {
        for body in ["", "{oops", "{}", r#"{"status":{"execution":"dancing","result":{}}}"#] {
            let answer = device.post(path, body).await;
            assert_eq!(answer.status, 400, "{path} {body}");
            assert_eq!(answer.error_code(), "hawkbit.server.error.rest.body.notReadable");
            assert_eq!(answer.header("content-type"), Some("application/hal+json"));
        }
        let text = [("content-type", "text/plain")];
        assert_eq!(device.send(Method::POST, path, &text, "a=b").await.status, 415);
        assert_eq!(device.send(Method::POST, path, &[], "{}").await.status, 415);
        let long = format!("\"{}\"", "x".repeat(1 << 20));
        let answer = device.post(path, &long).await;
        assert_eq!((answer.status.as_u16(), answer.json()["status"].as_u64()), (413, Some(413)));
    }
    assert!(device.hub.script().metadata.is_empty());
}

#[tokio::test]
async fn attributes_reach_the_hub_with_their_mode() {
    let device = Device::default();
    device.hub.script().update_attributes.answer(());
    for (mode, expected) in [
        ("", AttributeMode::Merge),
        (r#""mode": null,"#, AttributeMode::Merge),
        (r#""mode": "merge","#, AttributeMode::Merge),
        (r#""mode": "replace","#, AttributeMode::Replace),
        (r#""mode": "remove","#, AttributeMode::Remove),
    ] {
        let body = format!(r#"{{{mode} "data": {{"a": "1", "gone": null}}}}"#);
        assert!(device.put("configData", &body).await.is_empty(200));
        let script = device.hub.script();
        let asked = script.update_attributes.asked.last().unwrap();
        assert_eq!(asked.mode(), expected);
        assert_eq!(asked.attributes["a"].value.as_deref(), Some("1"));
        assert_eq!(asked.attributes["gone"].value, None);
    }
}
