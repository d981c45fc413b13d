//! The same result as JSON, as YAML, as names and in chosen columns.

use crate::fake::{Fake, Running, run};
use otahub_client::proto::*;
use serde_json::{Value, json};

async fn hub() -> Running {
    let target = |id: &str| Target {
        name: otahub_client::names::target(id),
        controller_id: id.to_owned(),
        group: "site1".to_owned(),
        ..Default::default()
    };
    Fake::default()
        .unary("TargetService/ListTargets", move |_: ListTargetsRequest| {
            let targets = vec![target("a/b"), target("c")];
            Ok(ListTargetsResponse { targets, total_size: 2, ..Default::default() })
        })
        .unary("TargetService/GetTarget", move |_: GetTargetRequest| Ok(target("a/b")))
        .unary("TargetService/DeleteTarget", |_: DeleteTargetRequest| Ok(()))
        .unary("TargetService/ListTargetGroups", |_: ListTargetGroupsRequest| {
            let groups = vec!["site1".to_owned(), "site2".to_owned()];
            Ok(ListTargetGroupsResponse { groups, total_size: 2, ..Default::default() })
        })
        .unary("SoftwareService/ListSoftwareModules", |q: ListSoftwareModulesRequest| {
            let module = |id: i64, display_name: &str| SoftwareModule {
                name: otahub_client::names::software_module(id),
                id,
                display_name: display_name.to_owned(),
                version: "1:0".to_owned(),
                ..Default::default()
            };
            assert_eq!(q.filter, r#"display_name = "os\*" AND version = "1""#);
            let software_modules = vec![module(4, "OS*"), module(5, "os*")];
            Ok(ListSoftwareModulesResponse {
                software_modules,
                total_size: 2,
                ..Default::default()
            })
        })
        .start()
        .await
}

#[tokio::test]
async fn yaml_has_the_shape_of_json() {
    let hub = hub().await;
    for args in [
        vec!["targets", "list"],
        vec!["targets", "show", "a/b"],
        vec!["targets", "delete", "c"],
        vec!["targets", "groups"],
        vec!["profile", "list", "--config", "/nowhere/otactl.toml"],
    ] {
        let as_json = hub.json(&args).await;
        let ran = hub.run(&[&args[..], &["-o", "yaml"]].concat()).await;
        let as_yaml: Value = yaml_serde::from_str(&ran.out).unwrap();
        assert_eq!(as_yaml, as_json, "{args:?}");
    }
}

#[tokio::test]
async fn names_are_what_other_commands_take() {
    let hub = hub().await;
    for (args, expected) in [
        (&["targets", "list"][..], "a/b\nc\n"),
        (&["targets", "show", "a/b"], "a/b\n"),
        (&["targets", "delete", "c", "a/b"], "c\na/b\n"),
        (&["targets", "groups"], "site1\nsite2\n"),
    ] {
        let ran = hub.run(&[args, &["-o", "name"]].concat()).await;
        assert_eq!((ran.code, ran.out.as_str()), (0, expected), "{args:?}");
    }
}

#[tokio::test]
async fn a_table_has_the_columns_that_were_asked_for() {
    let hub = hub().await;
    let ran = hub.run(&["targets", "list", "--columns", "group,controllerId,no.such"]).await;
    let lines: Vec<Vec<_>> = ran.out.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["group", "controllerId", "no.such"]);
    assert_eq!(lines[1], ["site1", "a/b"]);
}

#[tokio::test]
async fn a_resource_goes_by_its_name_to_the_letter() {
    let hub = hub().await;
    let ran = hub.run(&["modules", "delete", "os*:1"]).await;
    let expected = "otactl: there is no module «os*:1».\n";
    assert_eq!((ran.code, ran.err.as_str()), (5, expected));
    assert_eq!(hub.run(&["modules", "delete", "linux"]).await.code, 2);
}

#[tokio::test]
async fn a_refusal_is_yaml_too() {
    let hub = hub().await;
    let ran = hub.run(&["users", "list", "-o", "yaml"]).await;
    let refusal: Value = yaml_serde::from_str(&ran.err).unwrap();
    assert_eq!(refusal["code"], "UNIMPLEMENTED");
    assert_eq!(refusal["fields"], json!([]));
}

#[tokio::test]
async fn every_shell_and_the_manual_are_there() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = run(&["completion", shell]).await;
        assert!(ran.code == 0 && ran.out.contains("target-types"), "{shell}");
    }
    let page = run(&["man"]).await;
    assert!(page.code == 0 && page.out.contains("Exit codes"), "{}", page.out);
}
