//! Whatever is sent, nothing breaks: no panic, and no fault that would be the hub's.

use crate::device::Device;
use axum::http::Method;
use otahub_client::device::{
    Deployment, PollResponse, ReportCancellationResponse, ReportConfirmationResponse,
    ReportFeedbackResponse, ReportInstalledResponse,
};
use proptest::prelude::*;

fn willing() -> Device {
    let device = Device::default();
    {
        let mut script = device.hub.script();
        script.poll.answer(PollResponse::default());
        script.get_deployment.answer(Deployment::default());
        script.report_feedback.answer(ReportFeedbackResponse::default());
        script.report_cancellation.answer(ReportCancellationResponse::default());
        script.report_confirmation.answer(ReportConfirmationResponse::default());
        script.report_installed.answer(ReportInstalledResponse::default());
        script.update_attributes.answer(());
    }
    device
}

fn status(method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(willing().send(method, path, headers, body)).status.as_u16()
}

const READERS: [(Method, &str); 5] = [
    (Method::POST, "deploymentBase/7/feedback"),
    (Method::POST, "cancelAction/7/feedback"),
    (Method::POST, "confirmationBase/7/feedback"),
    (Method::PUT, "configData"),
    (Method::PUT, "installedBase"),
];

/// JSON that has the outline of a feedback and anything in it.
fn nearly_feedback() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[[]]".to_owned()),
        Just("\"closed\"".to_owned()),
        Just("\"none\"".to_owned()),
        Just("1e400".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        "[a-z]{0,5}".prop_map(|s| format!("\"{s}\"")),
    ];
    prop::collection::vec(value, 6).prop_map(|v| {
        format!(
            r#"{{"timestamp": {}, "confirmation": {}, "data": {{"a": {}}}, "status": {{
            "execution": {}, "code": {}, "result": {{"finished": "none", "progress": {}}}}}}}"#,
            v[0], v[1], v[2], v[3], v[4], v[5]
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_as_a_body_are_accepted_or_refused(
        body in prop::collection::vec(any::<u8>(), 0..200), reader in 0..5usize, cbor: bool,
    ) {
        let content_type = if cbor { "application/cbor" } else { "application/json" };
        let (method, path) = READERS[reader].clone();
        let status = status(method, path, &[("content-type", content_type)], body);
        prop_assert!((200..500).contains(&status), "{status}");
    }

    #[test]
    fn nearly_right_bodies_are_accepted_or_refused(
        body in nearly_feedback(), reader in 0..5usize,
    ) {
        let (method, path) = READERS[reader].clone();
        let json = [("content-type", "application/json")];
        let status = status(method, path, &json, body.into_bytes());
        prop_assert!((200..500).contains(&status), "{status}");
    }

    #[test]
    fn random_paths_are_served_or_refused(
        tail in "[!-~]{0,40}", tenant in "[!-~]{1,9}", query in "[!-~]{0,20}",
    ) {
        let reserved = ['#', '?', '<', '>', '"', '{', '}', '^', '`'];
        let encode = |text: String| text.replace(reserved, "/");
        let (tail, tenant) = (encode(tail), encode(tenant));
        for path in [
            format!("/{tenant}/controller/v1/{tail}"),
            format!("/DEFAULT/controller/v1/d1/deploymentBase/{tail}"),
            format!("/DEFAULT/controller/v1/d1/deploymentBase/7?actionHistory={}", encode(query)),
        ] {
            if path.parse::<axum::http::Uri>().is_ok() {
                let status = status(Method::GET, &path, &[], Vec::new());
                prop_assert!((200..500).contains(&status), "{path} {status}");
            }
        }
    }

    #[test]
    fn random_headers_are_heeded_or_passed_over(value in "[ -~]{0,60}", name in 0..9usize) {
        let name = [
            "accept", "if-none-match", "host", "authorization", "x-forwarded-for", "forwarded",
            "x-forwarded-host", "x-controller-id", "range",
        ][name];
        let status = status(Method::GET, "deploymentBase/7", &[(name, &value)], Vec::new());
        prop_assert!((200..500).contains(&status), "{status}");
    }
}
