//! Targets, modules, sets and settings.

use crate::fake::{Fake, refusal};
use otahub_client::proto::*;
use otahub_client::{names, timestamp};
use serde_json::json;
use setting_value::Kind;
use std::sync::{Arc, Mutex};
use tonic::Code;

fn target(id: &str) -> Target {
    Target {
        name: names::target(id),
        controller_id: id.to_owned(),
        update_status: UpdateStatus::InSync.into(),
        assigned_set: names::distribution_set(4),
        poll_status: Some(PollStatus {
            last_poll_time: Some(timestamp(1_700_000_000_500)),
            next_poll_time: None,
            overdue: true,
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn targets_are_listed_page_by_page() {
    let hub = Fake::default()
        .unary("TargetService/ListTargets", |q: ListTargetsRequest| {
            assert_eq!((q.filter.as_str(), q.assigned_set.as_str()), ("x", "distributionSets/4"));
            let from: i32 = q.page_token.parse().unwrap_or(0);
            let to = (from + q.page_size.min(2)).min(5);
            Ok(ListTargetsResponse {
                targets: (from..to).map(|n| target(&format!("d{n}"))).collect(),
                next_page_token: if to < 5 { to.to_string() } else { String::new() },
                total_size: 5,
            })
        })
        .start()
        .await;
    let list = ["targets", "list", "--filter", "x", "--assigned", "4"];
    let ran = hub.run(&[&list[..], &["--limit", "3"]].concat()).await;
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.out);
    assert!(lines[0].starts_with("CONTROLLER ID"), "{}", lines[0]);
    assert!(lines[1].contains("in sync") && lines[1].contains("2023-11-14T22:13:20Z (overdue)"));
    assert_eq!(ran.err, "3 of 5; --limit 0 shows all\n");
    let all = hub.json(&[&list[..], &["--limit", "0"]].concat()).await;
    assert_eq!((all["targets"].as_array().unwrap().len(), &all["totalSize"]), (5, &json!(5)));
    let poll = &all["targets"][0]["pollStatus"];
    assert_eq!(*poll, json!({ "lastPollTime": "2023-11-14T22:13:20.500Z", "overdue": true }));
}

#[tokio::test]
async fn only_what_is_said_of_a_target_changes() {
    let hub = Fake::default()
        .unary("TargetService/UpdateTarget", |q: UpdateTargetRequest| {
            let paths = q.update_mask.unwrap_or_default().paths;
            assert_eq!(paths, ["description", "group", "attributes_requested"]);
            let target = q.target.unwrap_or_default();
            assert_eq!((target.name.as_str(), target.group.as_str()), ("targets/a%2Fb", ""));
            Ok(target)
        })
        .start()
        .await;
    let args = ["targets", "update", "a/b", "--description", "d", "--group", ""];
    let ran = hub.run(&[&args[..], &["--request-attributes"]].concat()).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(hub.run(&["targets", "update", "a/b"]).await.code, 2);
}

#[tokio::test]
async fn targets_are_made_shown_and_deleted() {
    let gone = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&gone);
    let hub = Fake::default()
        .unary("TargetService/CreateTarget", |q: CreateTargetRequest| {
            let made = q.target.unwrap_or_default();
            assert_eq!((made.target_type.as_str(), made.name.as_str()), ("targetTypes/2", ""));
            Ok(target(&made.controller_id))
        })
        .unary("TargetService/GetTarget", |q: GetTargetRequest| {
            let text = format!("there is no {}", q.name);
            Err::<Target, _>(refusal(Code::NotFound, "NOT_FOUND", &text))
        })
        .unary("TargetService/GetTargetAttributes", |_: GetTargetAttributesRequest| {
            let attributes = [("board".to_owned(), "b\u{1b}[1".to_owned())].into();
            Ok(TargetAttributes { attributes })
        })
        .unary("TargetService/DeleteTarget", move |q: DeleteTargetRequest| {
            sink.lock().unwrap().push(q.name);
            Ok(())
        })
        .start()
        .await;
    let made = hub.json(&["targets", "create", "d1", "--type", "2"]).await;
    assert_eq!(made["controllerId"], "d1");
    let ran = hub.run(&["targets", "show", "d1"]).await;
    let expected = "otactl: the hub refused: there is no targets/d1 (not found).\n";
    assert_eq!((ran.code, ran.err.as_str()), (5, expected));
    let ran = hub.run(&["targets", "attributes", "d1"]).await;
    assert!(ran.out.contains("board") && ran.out.contains("b\\u{1b}[1"), "{}", ran.out);
    let ran = hub.run(&["targets", "delete", "d1", "d2"]).await;
    assert_eq!(ran.out, "deleted targets/d1, targets/d2\n");
    assert_eq!(gone.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn modules_and_sets_are_made() {
    let hub = Fake::default()
        .unary("SoftwareService/CreateSoftwareModule", |q: CreateSoftwareModuleRequest| {
            let made = q.software_module.unwrap_or_default();
            assert_eq!((made.type_key.as_str(), made.version.as_str()), ("os", "2.0"));
            Ok(SoftwareModule { id: 7, name: names::software_module(7), ..made })
        })
        .unary("DistributionSetService/CreateDistributionSet", |q: CreateDistributionSetRequest| {
            let made = q.distribution_set.unwrap_or_default();
            Ok(DistributionSet { id: 9, valid: true, ..made })
        })
        .start()
        .await;
    let made = hub.json(&["modules", "create", "linux", "2.0", "--type", "os"]).await;
    assert_eq!((&made["id"], &made["locked"]), (&json!(7), &json!(false)));
    let args = ["sets", "create", "all", "1", "--module", "7", "--module", "8"];
    let made = hub.json(&args).await;
    assert_eq!(made["softwareModules"][1]["name"], "softwareModules/8");
}

#[tokio::test]
async fn a_setting_keeps_its_kind() {
    let hub = Fake::default()
        .unary("TenantService/GetSetting", |q: GetSettingRequest| {
            let kind = match q.name.as_str() {
                "settings/key" => Kind::StringValue("old".to_owned()),
                "settings/on" => Kind::BoolValue(false),
                _ => return Err(refusal(Code::PermissionDenied, "PERMISSION_DENIED", "no")),
            };
            Ok(Setting { value: Some(SettingValue { kind: Some(kind) }), ..Default::default() })
        })
        .unary("TenantService/UpdateSettings", |q: UpdateSettingsRequest| {
            Ok(UpdateSettingsResponse { settings: q.settings })
        })
        .start()
        .await;
    for (args, expected) in [
        (["key", "12"], json!("12")),
        (["on", "true"], json!(true)),
        (["hidden", "12"], json!(12)),
        (["hidden", "text"], json!("text")),
    ] {
        let answer = hub.json(&[&["settings", "set"][..], &args].concat()).await;
        assert_eq!(answer["settings"][0]["value"], expected, "{args:?}");
    }
    let ran = hub.run(&["settings", "set", "on", "maybe"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (2, "otactl: «maybe» is not true or false.\n"));
}
