//! Consent.

use crate::deployment::deployment;
use crate::device::{BASE, Device};
use otahub_client::device::{
    AutoConfirmation, Consent, Offer, OfferKind, ReportConfirmationResponse,
};
use serde_json::json;

#[tokio::test]
async fn an_absent_consent_can_be_given() {
    let device = Device::default();
    let waiting = Offer { action: 7, kind: OfferKind::Confirmation.into(), revision: 3 };
    let state = AutoConfirmation { waiting: Some(waiting), ..AutoConfirmation::default() };
    device.hub.script().get_auto_confirmation.answer(state);
    let base = format!("http://h:8080{BASE}/confirmationBase");
    assert_eq!(
        device.get("confirmationBase").await.json(),
        json!({
            "autoConfirm": {"active": false, "activatedAt": 0},
            "_links": {
                "activateAutoConfirm": {"href": format!("{base}/activateAutoConfirm")},
                "confirmationBase": {"href": format!("{base}/7?c=3")},
            },
        })
    );
}

#[tokio::test]
async fn a_standing_consent_can_be_taken_back() {
    let device = Device::default();
    let state = AutoConfirmation {
        active: true,
        initiator: "the driver".into(),
        remark: "always yes".into(),
        activate_time: Some(otahub_client::timestamp(1_700_000_000_123)),
        waiting: None,
    };
    device.hub.script().get_auto_confirmation.answer(state);
    let href = format!("http://h:8080{BASE}/confirmationBase/deactivateAutoConfirm");
    assert_eq!(
        device.get("confirmationBase").await.json(),
        json!({
            "autoConfirm": {
                "active": true, "initiator": "the driver", "remark": "always yes",
                "activatedAt": 1_700_000_000_123_i64,
            },
            "_links": {"deactivateAutoConfirm": {"href": href}},
        })
    );
}

#[tokio::test]
async fn what_waits_is_told_under_its_own_key() {
    let device = Device::default();
    device.hub.script().get_confirmation.answer(deployment());
    let document = device.get("confirmationBase/7?c=3").await.json();
    assert_eq!(document["confirmation"]["download"], "forced");
    assert!(document.get("deployment").is_none());
}

#[tokio::test]
async fn an_answer_reaches_the_hub() {
    let device = Device::default();
    device.hub.script().report_confirmation.answer(ReportConfirmationResponse {});
    let body = r#"{"confirmation": "denied", "code": -1, "details": ["not now"]}"#;
    assert!(device.post("confirmationBase/7/feedback", body).await.is_empty(200));
    let script = device.hub.script();
    let asked = &script.report_confirmation.asked[0];
    assert_eq!((asked.action, asked.consent(), asked.code), (7, Consent::Denied, Some(-1)));
    assert_eq!(asked.messages, ["not now"]);
}

#[tokio::test]
async fn a_standing_consent_needs_no_body() {
    let device = Device::default();
    device.hub.script().activate_auto_confirmation.answer(AutoConfirmation::default());
    device.hub.script().deactivate_auto_confirmation.answer(AutoConfirmation::default());
    let activate = "confirmationBase/activateAutoConfirm";
    assert!(device.send(axum::http::Method::POST, activate, &[], "").await.is_empty(200));
    let body = r#"{"initiator": "the driver", "remark": null}"#;
    assert!(device.post(activate, body).await.is_empty(200));
    let deactivate = "confirmationBase/deactivateAutoConfirm";
    assert!(device.send(axum::http::Method::POST, deactivate, &[], "").await.is_empty(200));
    let script = device.hub.script();
    let initiators: Vec<_> =
        script.activate_auto_confirmation.asked.iter().map(|a| a.initiator.as_str()).collect();
    assert_eq!(initiators, ["", "the driver"]);
}
