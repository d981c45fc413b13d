//! Distribution sets, their contents and types, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{delete, get, post, put};
use otahub_client::proto;
use serde_json::json;

fn set() -> proto::DistributionSet {
    let module = proto::SoftwareModule {
        name: "softwareModules/5".into(),
        id: 5,
        type_key: "os".into(),
        type_display_name: "OS".into(),
        display_name: "osa".into(),
        version: "1.0.0".into(),
        complete: true,
        ..Default::default()
    };
    proto::DistributionSet {
        name: "distributionSets/3".into(),
        id: 3,
        type_key: "os".into(),
        r#type: "distributionSetTypes/2".into(),
        type_display_name: "OS only".into(),
        display_name: "fw".into(),
        version: "2.0".into(),
        valid: true,
        complete: true,
        software_modules: vec![module],
        ..Default::default()
    }
}

const OWN: &str = "http://hub:8080/rest/v1/distributionsets/3";

#[tokio::test]
async fn a_set_is_shown_as_recorded_with_its_modules() {
    let hub = FakeHub::new().answers("get_distribution_set", set());
    assert_eq!(
        get(&hub, "/rest/v1/distributionsets/3").await.json(),
        json!({
            "name": "fw", "id": 3, "version": "2.0", "type": "os", "typeName": "OS only",
            "locked": false, "deleted": false, "valid": true, "requiredMigrationStep": false,
            "complete": true,
            "modules": [{
                "name": "osa", "id": 5, "version": "1.0.0", "type": "os", "typeName": "OS",
                "encrypted": false, "locked": false, "deleted": false, "complete": true,
                "_links": {"self": {"href": "http://hub:8080/rest/v1/softwaremodules/5"}}
            }],
            "_links": {
                "self": {"href": OWN},
                "modules": {"href": format!("{OWN}/assignedSM?offset=0&limit=50")},
                "type": {"href": "http://hub:8080/rest/v1/distributionsettypes/2"},
                "metadata": {"href": format!("{OWN}/metadata")}
            }
        })
    );
}

#[tokio::test]
async fn sets_are_created_with_modules_and_without() {
    let made = proto::BatchCreateDistributionSetsResponse { distribution_sets: vec![set()] };
    let hub = FakeHub::new().answers("batch_create_distribution_sets", made);
    let body = json!([
        {"name": "fw", "version": "2.0", "type": "os", "modules": [{"id": 5}]},
        {"name": "bare", "version": "1", "requiredMigrationStep": true},
    ]);
    assert_eq!(post(&hub, "/rest/v1/distributionsets", body).await.status, 201);
    let asked: proto::BatchCreateDistributionSetsRequest =
        hub.asked("batch_create_distribution_sets");
    let made: Vec<_> = asked.requests.into_iter().filter_map(|r| r.distribution_set).collect();
    assert_eq!(made[0].software_modules[0].name, "softwareModules/5");
    assert!(made[1].required_migration_step && made[1].type_key.is_empty());
}

#[tokio::test]
async fn a_set_is_changed_by_what_the_body_holds() {
    let hub = FakeHub::new().answers("update_distribution_set", set());
    let body = json!({"name": "n", "version": "v", "locked": true, "requiredMigrationStep": false});
    let answer = put(&hub, "/rest/v1/distributionsets/3", body).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let asked: proto::UpdateDistributionSetRequest = hub.asked("update_distribution_set");
    let paths = ["display_name", "version", "required_migration_step", "locked"];
    assert_eq!(asked.update_mask.unwrap().paths, paths);
}

#[tokio::test]
async fn modules_are_put_in_and_taken_out() {
    let hub = FakeHub::new();
    let own = "/rest/v1/distributionsets/3/assignedSM";
    assert_eq!(post(&hub, own, json!([{"id": 5}, {"id": 6}])).await.status, 204);
    let asked: proto::ChangeDistributionSetModulesRequest =
        hub.asked("change_distribution_set_modules");
    assert_eq!(asked.add_modules, ["softwareModules/5", "softwareModules/6"]);
    assert_eq!(delete(&hub, &format!("{own}/5")).await.status, 204);
    let asked: proto::ChangeDistributionSetModulesRequest =
        hub.asked("change_distribution_set_modules");
    assert_eq!(asked.remove_modules, ["softwareModules/5"]);
    assert_eq!(get(&hub, &format!("{own}?sort=id:DESC")).await.status, 200);
    let asked: proto::ListSoftwareModulesRequest = hub.asked("list_software_modules");
    assert_eq!(
        (asked.distribution_set.as_str(), asked.order_by.as_str()),
        ("distributionSets/3", "id desc")
    );
}

#[tokio::test]
async fn the_targets_of_a_set_are_listed_by_what_they_are_to_have_and_have() {
    let hub = FakeHub::new();
    let own = "/rest/v1/distributionsets/3";
    assert_eq!(get(&hub, &format!("{own}/assignedTargets?sort=id:ASC")).await.status, 200);
    let asked: proto::ListTargetsRequest = hub.asked("list_targets");
    assert_eq!(asked.assigned_set, "distributionSets/3");
    assert_eq!(asked.order_by, "controller_id");
    assert_eq!(get(&hub, &format!("{own}/installedTargets")).await.status, 200);
    let asked: proto::ListTargetsRequest = hub.asked("list_targets");
    assert_eq!(asked.installed_set, "distributionSets/3");
}

#[tokio::test]
async fn counts_are_given_whole_or_by_aspect() {
    let counts = proto::DistributionSetStatistics {
        actions: [("RUNNING".to_owned(), 1), ("FINISHED".to_owned(), 2)].into(),
        ..Default::default()
    };
    let hub = FakeHub::new().answers("get_distribution_set_statistics", counts);
    let actions = json!({"RUNNING": 1, "FINISHED": 2, "total": 3});
    for (aspect, expected) in [
        ("", json!({"actions": actions, "rollouts": {"total": 0}, "totalAutoAssignments": 0})),
        ("/actions", json!({"actions": actions})),
        ("/rollouts", json!({})),
        ("/autoassignments", json!({})),
    ] {
        let path = format!("/rest/v1/distributionsets/3/statistics{aspect}");
        assert_eq!(get(&hub, &path).await.json(), expected, "{aspect}");
    }
}

#[tokio::test]
async fn a_set_is_invalidated_in_one_of_three_ways() {
    let hub = FakeHub::new();
    let own = "/rest/v1/distributionsets/3/invalidate";
    for (word, mode) in [
        ("soft", proto::CancelationMode::Soft),
        ("force", proto::CancelationMode::Force),
        ("none", proto::CancelationMode::None),
    ] {
        let body = json!({"actionCancelationType": word, "cancelRollouts": true});
        assert_eq!(post(&hub, own, body).await.status, 204);
        let asked: proto::InvalidateDistributionSetRequest =
            hub.asked("invalidate_distribution_set");
        assert_eq!(asked.cancelation_mode(), mode);
    }
    for body in [json!({"actionCancelationType": "gently"}), json!({})] {
        assert_eq!(post(&hub, own, body).await.key(), "rest.body.notReadable");
    }
}

#[tokio::test]
async fn metadata_of_a_set_is_plain_json() {
    let entry =
        proto::Metadata { key: "track".into(), value: "beta".into(), target_visible: false };
    let listed =
        proto::ListDistributionSetMetadataResponse { metadata: vec![entry], ..Default::default() };
    let hub = FakeHub::new().answers("list_distribution_set_metadata", listed);
    let answer = get(&hub, "/rest/v1/distributionsets/3/metadata/track").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json(), json!({"key": "track", "value": "beta"}));
    let missing = get(&hub, "/rest/v1/distributionsets/3/metadata/x").await;
    assert_eq!(missing.json()["info"]["entityId"], "3:x");
}

#[tokio::test]
async fn a_type_links_to_its_modules_when_it_is_shown_alone() {
    let kind = proto::DistributionSetType { id: 2, key: "os".into(), ..Default::default() };
    let hub = FakeHub::new().answers("get_distribution_set_type", kind);
    let own = "http://hub:8080/rest/v1/distributionsettypes/2";
    assert_eq!(
        get(&hub, "/rest/v1/distributionsettypes/2").await.json()["_links"],
        json!({
            "self": {"href": own},
            "mandatorymodules": {"href": format!("{own}/mandatorymoduletypes")},
            "optionalmodules": {"href": format!("{own}/optionalmoduletypes")}
        })
    );
    assert_eq!(get(&hub, "/rest/v1/distributionsettypes?q=key==os").await.status, 200);
}
