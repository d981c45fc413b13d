//! Cancellations.

use crate::device::Device;
use crate::hub::refusal;
use otahub_client::device::{CancelOutcome, Cancellation, ReportCancellationResponse};
use tonic::Code;

const NOT_CANCELING: &str = "ACTION_NOT_CANCELING";

fn body(execution: &str, finished: &str) -> String {
    format!(
        r#"{{"status": {{"execution": "{execution}", "result": {{"finished": "{finished}"}},
        "details": ["Acknowledged"]}}}}"#
    )
}

#[tokio::test]
async fn the_wish_to_stop_names_the_action_twice() {
    let device = Device::default();
    device.hub.script().get_cancellation.answer(Cancellation { id: 7, stop_action: 7 });
    let answer = device.get("cancelAction/7").await;
    assert_eq!(answer.text(), r#"{"id":"7","cancelAction":{"stopId":"7"}}"#);
}

#[tokio::test]
async fn the_manuals_words_and_hawkbits_both_agree_to_a_cancellation() {
    let device = Device::default();
    let answer = ReportCancellationResponse { active: false };
    device.hub.script().report_cancellation.answer(answer);
    for (execution, finished, outcome) in [
        ("canceled", "none", CancelOutcome::Accepted),
        ("closed", "success", CancelOutcome::Accepted),
        ("closed", "failure", CancelOutcome::Failed),
        ("rejected", "success", CancelOutcome::Refused),
    ] {
        let answer = device.post("cancelAction/7/feedback", &body(execution, finished)).await;
        assert!(answer.is_empty(200));
        let script = device.hub.script();
        let asked = script.report_cancellation.asked.last().unwrap();
        assert_eq!((asked.action, asked.outcome()), (7, outcome));
        assert_eq!(asked.messages.last().map(String::as_str), Some("Acknowledged"));
    }
}

#[tokio::test]
async fn an_action_nobody_cancels_is_not_found_to_read_and_not_allowed_to_answer() {
    let device = Device::default();
    let refusal = refusal(Code::FailedPrecondition, NOT_CANCELING, &[("action", "7")]);
    device.hub.script().get_cancellation.refuse(refusal.clone());
    device.hub.script().report_cancellation.refuse(refusal);
    assert!(device.get("cancelAction/7").await.is_empty(404));
    let answer = device.post("cancelAction/7/feedback", &body("closed", "success")).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.error_code(), "hawkbit.server.error.action.notCancelable");
}
