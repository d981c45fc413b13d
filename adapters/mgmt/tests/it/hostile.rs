//! Whatever comes in, nothing panics and nothing is the server's fault.

use crate::fake::FakeHub;
use crate::support::send;
use axum::body::Body;
use http::Request;
use proptest::prelude::*;

const PATHS: [&str; 26] = [
    "targets",
    "targets/{}",
    "targets/{}/attributes",
    "targets/{}/assignedDS",
    "targets/{}/actions",
    "targets/{}/actions/{}",
    "targets/{}/actions/{}/status",
    "targets/{}/actions/{}/confirmation",
    "targets/{}/metadata",
    "targets/{}/metadata/{}",
    "targets/{}/autoConfirm/activate",
    "actions",
    "actions/{}",
    "softwaremodules",
    "softwaremodules/{}",
    "softwaremodules/{}/metadata",
    "softwaremodules/{}/artifacts",
    "softwaremodules/{}/artifacts/{}/download",
    "distributionsets",
    "distributionsets/{}",
    "distributionsets/{}/assignedSM",
    "distributionsets/{}/assignedTargets",
    "distributionsets/{}/invalidate",
    "system/configs",
    "system/configs/{}",
    "userinfo",
];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

/// What forms are made of.
const FORM: [&str; 5] = [
    "--mark",
    "\r\n",
    "Content-Disposition: form-data; name=\"file\"; filename=\"f\"",
    "bytes",
    "--",
];

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9%._~:@-]{1,12}",
        any::<i64>().prop_map(|n| n.to_string()),
        Just("_%23ETE%24ER".to_owned()),
        Just("%FF%FE".to_owned()),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("offset"),
        Just("limit"),
        Just("sort"),
        Just("q"),
        Just("force"),
        Just("keepLast"),
        Just("soft_deleted_mode"),
        Just("representation"),
        Just("offline"),
        Just("filename"),
    ];
    prop::collection::vec((key, "[a-zA-Z0-9:,%=*-]{0,12}"), 0..4).prop_map(|pairs| {
        let pairs: Vec<_> = pairs.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join("&")
    })
}

fn json() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("id"),
        Just("name"),
        Just("value"),
        Just("type"),
        Just("controllerId"),
        Just("targetType"),
        Just("weight"),
        Just("forcetime"),
        Just("confirmation"),
        Just("forceType"),
        Just("maintenanceWindow"),
        Just("modules"),
        Just("key"),
        Just("actionCancelationType"),
        Just("details"),
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("1e999".to_owned()),
        Just("\"forced\"".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        "\"[a-z<>]{0,6}\"",
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec((key.clone(), inner), 0..4).prop_map(|pairs| {
                let pairs: Vec<_> =
                    pairs.into_iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", pairs.join(","))
            }),
        ]
    })
}

fn body() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    prop_oneof![
        4 => json().prop_map(|text| ("application/json", text.into_bytes())),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(|b| ("application/json", b)),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(|b| ("text/plain", b)),
        1 => prop::collection::vec(prop::sample::select(&FORM[..]), 0..9)
            .prop_map(|pieces| pieces.concat())
            .prop_map(|b| ("multipart/form-data; boundary=mark", b.into_bytes())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_request_panics_or_is_the_servers_fault(
        method in prop::sample::select(&METHODS[..]),
        path in prop::sample::select(&PATHS[..]),
        segments in prop::array::uniform2(segment()),
        query in query(),
        (content_type, bytes) in body(),
    ) {
        let path = path.replacen("{}", &segments[0], 1).replacen("{}", &segments[1], 1);
        let request = Request::builder()
            .method(method)
            .uri(format!("/rest/v1/{path}?{query}"))
            .header("content-type", content_type);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let hub = FakeHub::new();
        let answer = runtime.block_on(send(&hub, request, Body::from(bytes)));
        prop_assert!(answer.status.as_u16() < 500, "{method} {path}?{query}: {}", answer.status);
    }
}
