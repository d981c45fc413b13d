//! Types of modules, sets and targets, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{delete, get, post, put};
use otahub_client::{Reason, proto};
use serde_json::json;

#[tokio::test]
async fn module_types_are_created_with_nought_for_what_is_left_out() {
    let made = proto::BatchCreateSoftwareModuleTypesResponse {
        software_module_types: vec![proto::SoftwareModuleType { id: 8, ..Default::default() }],
    };
    let hub = FakeHub::new().answers("batch_create_software_module_types", made);
    let body = json!([
        {"name": "Boot", "key": "boot", "maxAssignments": 1, "colour": "#ff0000"},
        {"name": "No key"},
    ]);
    let answer = post(&hub, "/rest/v1/softwaremoduletypes", body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()[0]["id"], 8);
    let asked: proto::BatchCreateSoftwareModuleTypesRequest =
        hub.asked("batch_create_software_module_types");
    let asked: Vec<_> = asked.requests.into_iter().filter_map(|r| r.software_module_type).collect();
    assert_eq!((asked[0].key.as_str(), asked[0].max_assignments), ("boot", 1));
    assert_eq!((asked[1].key.as_str(), asked[1].max_assignments), ("", 0));
    let null = json!([{"name": "n", "key": "k", "maxAssignments": null}]);
    let answer = post(&hub, "/rest/v1/softwaremoduletypes", null).await;
    assert_eq!(answer.key(), "rest.body.notReadable");
}

#[tokio::test]
async fn key_and_name_of_a_module_type_cannot_be_changed() {
    let hub = FakeHub::new();
    let own = "/rest/v1/softwaremoduletypes/8";
    let body = json!({"name": "n", "key": "k", "description": "d", "maxAssignments": 7});
    assert_eq!(put(&hub, own, body).await.status, 200);
    let asked: proto::UpdateSoftwareModuleTypeRequest = hub.asked("update_software_module_type");
    assert_eq!(asked.update_mask.unwrap().paths, ["description"]);
    assert_eq!(delete(&hub, own).await.status, 204);
}

fn set_type() -> proto::DistributionSetType {
    proto::DistributionSetType {
        name: "distributionSetTypes/2".into(),
        id: 2,
        key: "gw".into(),
        mandatory_module_types: vec!["softwareModuleTypes/5".into()],
        optional_module_types: vec!["softwareModuleTypes/6".into()],
        ..Default::default()
    }
}

fn module_types() -> proto::ListSoftwareModuleTypesResponse {
    let kind = |id: i64| proto::SoftwareModuleType {
        name: format!("softwareModuleTypes/{id}"),
        id,
        ..Default::default()
    };
    proto::ListSoftwareModuleTypesResponse {
        software_module_types: vec![kind(5), kind(6)],
        ..Default::default()
    }
}

#[tokio::test]
async fn a_set_type_has_two_lists_of_module_types() {
    let hub = FakeHub::new()
        .answers("get_distribution_set_type", set_type())
        .answers("list_software_module_types", module_types());
    let own = "/rest/v1/distributionsettypes/2";
    for (list, id, other) in [("mandatorymoduletypes", 5, 6), ("optionalmoduletypes", 6, 5)] {
        let all = get(&hub, &format!("{own}/{list}")).await.json();
        assert_eq!((all.as_array().unwrap().len(), &all[0]["id"]), (1, &json!(id)));
        let one = get(&hub, &format!("{own}/{list}/{id}")).await;
        assert_eq!(one.json()["id"], id);
        let none = get(&hub, &format!("{own}/{list}/{other}")).await;
        assert_eq!(none.key(), "repo.entityNotFound");
    }
}

#[tokio::test]
async fn module_types_get_and_lose_places_one_by_one() {
    let hub = FakeHub::new();
    let own = "/rest/v1/distributionsettypes/2";
    let asked = || -> proto::ChangeDistributionSetTypeModuleTypesRequest {
        hub.asked("change_distribution_set_type_module_types")
    };
    let (must, may) = ("mandatorymoduletypes", "optionalmoduletypes");
    let added = post(&hub, &format!("{own}/{must}"), json!({"id": 5})).await;
    assert_eq!(added.status, 204);
    assert_eq!(asked().add_mandatory, ["softwareModuleTypes/5"]);
    post(&hub, &format!("{own}/{may}"), json!({"id": 6})).await;
    assert_eq!(asked().add_optional, ["softwareModuleTypes/6"]);
    for list in [must, may] {
        assert_eq!(delete(&hub, &format!("{own}/{list}/5")).await.status, 204);
        assert_eq!(asked().remove, ["softwareModuleTypes/5"]);
    }
    let hub =
        FakeHub::new().refuses("change_distribution_set_type_module_types", Reason::ReadOnly, &[]);
    let refused = post(&hub, &format!("{own}/{must}"), json!({"id": 5})).await;
    assert_eq!((refused.status.as_u16(), refused.key().as_str()), (403, "entityReadOnly"));
}

#[tokio::test]
async fn set_types_are_created_with_their_lists_and_changed_without_them() {
    let hub = FakeHub::new();
    let body = json!([{
        "key": "gw", "name": "Gateway",
        "mandatorymodules": [{"id": 5}], "optionalmodules": [{"id": 6}],
    }]);
    let answer = post(&hub, "/rest/v1/distributionsettypes", body).await;
    assert_eq!(answer.status, 201);
    let asked: proto::BatchCreateDistributionSetTypesRequest =
        hub.asked("batch_create_distribution_set_types");
    let made = asked.requests[0].distribution_set_type.clone().unwrap();
    assert_eq!(made.mandatory_module_types, ["softwareModuleTypes/5"]);
    assert_eq!(made.optional_module_types, ["softwareModuleTypes/6"]);
    let body = json!({"colour": "#00f", "mandatorymodules": [{"id": 7}]});
    put(&hub, "/rest/v1/distributionsettypes/2", body).await;
    let asked: proto::UpdateDistributionSetTypeRequest = hub.asked("update_distribution_set_type");
    assert_eq!(asked.update_mask.unwrap().paths, ["colour"]);
}

#[tokio::test]
async fn a_target_type_is_shown_as_recorded() {
    let kind = proto::TargetType {
        name: "targetTypes/4".into(),
        key: "valve".into(),
        display_name: "Valve".into(),
        colour: "#aabbcc".into(),
        ..Default::default()
    };
    let hub = FakeHub::new().answers("get_target_type", kind);
    let own = "http://hub:8080/rest/v1/targettypes/4";
    assert_eq!(
        get(&hub, "/rest/v1/targettypes/4").await.json(),
        json!({
            "name": "Valve", "key": "valve", "colour": "#aabbcc", "deleted": false, "id": 4,
            "_links": {
                "self": {"href": own},
                "compatibledistributionsettypes":
                    {"href": format!("{own}/compatibledistributionsettypes")}
            }
        })
    );
}

#[tokio::test]
async fn a_target_type_takes_set_types_and_gives_them_up() {
    let listed = proto::ListDistributionSetTypesResponse {
        distribution_set_types: vec![set_type()],
        ..Default::default()
    };
    let hub = FakeHub::new().answers("list_distribution_set_types", listed);
    let own = "/rest/v1/targettypes/4/compatibledistributionsettypes";
    assert_eq!(get(&hub, own).await.json()[0]["key"], "gw");
    let asked: proto::ListDistributionSetTypesRequest = hub.asked("list_distribution_set_types");
    assert_eq!(asked.target_type, "targetTypes/4");
    let asked =
        || -> proto::ChangeTargetTypeSetTypesRequest { hub.asked("change_target_type_set_types") };
    assert_eq!(post(&hub, own, json!([{"id": 2}])).await.status, 204);
    assert_eq!(asked().add_set_types, ["distributionSetTypes/2"]);
    assert_eq!(delete(&hub, &format!("{own}/2")).await.status, 204);
    assert_eq!(asked().remove_set_types, ["distributionSetTypes/2"]);
    assert_eq!(get(&hub, &format!("{own}/2")).await.status, 405);
}

#[tokio::test]
async fn target_types_are_created_and_changed_but_for_their_key() {
    let hub = FakeHub::new();
    let body = json!([{"name": "Valve", "compatibledistributionsettypes": [{"id": 2}]}]);
    let answer = post(&hub, "/rest/v1/targettypes", body).await;
    assert_eq!(answer.status, 201);
    let asked: proto::BatchCreateTargetTypesRequest = hub.asked("batch_create_target_types");
    let made = asked.requests[0].target_type.clone().unwrap();
    assert_eq!(made.distribution_set_types, ["distributionSetTypes/2"]);
    let body = json!({"name": "Tap", "key": "tap"});
    put(&hub, "/rest/v1/targettypes/4", body).await;
    let asked: proto::UpdateTargetTypeRequest = hub.asked("update_target_type");
    assert_eq!(asked.update_mask.unwrap().paths, ["display_name"]);
    let listed = get(&hub, "/rest/v1/targettypes?sort=key:DESC").await;
    assert_eq!(listed.json(), json!({"content": [], "total": 0, "size": 0}));
    assert_eq!(delete(&hub, "/rest/v1/targettypes/4").await.status, 204);
}
