//! Software modules and their types, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{delete, get, post, put};
use otahub_client::proto;
use serde_json::json;

fn loader() -> proto::SoftwareModule {
    proto::SoftwareModule {
        name: "softwareModules/5".into(),
        id: 5,
        type_key: "boot".into(),
        r#type: "softwareModuleTypes/8".into(),
        type_display_name: "Boot loader".into(),
        display_name: "loader".into(),
        version: "1.0".into(),
        vendor: "ACME".into(),
        complete: true,
        ..Default::default()
    }
}

const OWN: &str = "http://hub:8080/rest/v1/softwaremodules/5";

#[tokio::test]
async fn a_module_is_shown_as_recorded() {
    let hub = FakeHub::new().answers("get_software_module", loader());
    assert_eq!(
        get(&hub, "/rest/v1/softwaremodules/5").await.json(),
        json!({
            "name": "loader", "id": 5, "version": "1.0", "type": "boot",
            "typeName": "Boot loader", "vendor": "ACME", "encrypted": false, "locked": false,
            "deleted": false, "complete": true,
            "_links": {
                "self": {"href": OWN},
                "artifacts": {"href": format!("{OWN}/artifacts")},
                "type": {"href": "http://hub:8080/rest/v1/softwaremoduletypes/8"},
                "metadata": {"href": format!("{OWN}/metadata")}
            }
        })
    );
}

#[tokio::test]
async fn modules_are_created_all_in_one_call() {
    let made = proto::BatchCreateSoftwareModulesResponse { software_modules: vec![loader()] };
    let hub = FakeHub::new().answers("batch_create_software_modules", made);
    let body = json!([{"name": "loader", "version": "1.0", "type": "boot", "vendor": "ACME"}]);
    let answer = post(&hub, "/rest/v1/softwaremodules", body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()[0]["_links"], json!({"self": {"href": OWN}}));
    let asked: proto::BatchCreateSoftwareModulesRequest =
        hub.asked("batch_create_software_modules");
    let made = asked.requests[0].software_module.as_ref().unwrap();
    assert_eq!((made.type_key.as_str(), made.display_name.as_str()), ("boot", "loader"));
}

#[tokio::test]
async fn a_module_is_changed_by_what_the_body_holds() {
    let hub = FakeHub::new().answers("update_software_module", loader());
    let body = json!({"locked": false, "vendor": "Emca", "name": "other"});
    assert_eq!(put(&hub, "/rest/v1/softwaremodules/5", body).await.status, 200);
    let asked: proto::UpdateSoftwareModuleRequest = hub.asked("update_software_module");
    assert_eq!(asked.update_mask.unwrap().paths, ["vendor", "locked"]);
    assert_eq!(asked.software_module.unwrap().name, "softwareModules/5");
    assert_eq!(delete(&hub, "/rest/v1/softwaremodules/5").await.status, 204);
}

#[tokio::test]
async fn soft_deleted_modules_are_listed_on_demand() {
    let hub = FakeHub::new();
    let path = |mode: &str| format!("/rest/v1/softwaremodules?soft_deleted_mode={mode}");
    for (mode, expected) in [
        ("", proto::DeletedMode::Exclude),
        ("INCLUDE_SOFT_DELETED", proto::DeletedMode::Include),
        ("ONLY_SOFT_DELETED", proto::DeletedMode::Only),
    ] {
        assert_eq!(get(&hub, &path(mode)).await.status, 200);
        let asked: proto::ListSoftwareModulesRequest = hub.asked("list_software_modules");
        assert_eq!(asked.deleted_mode(), expected);
    }
    assert_eq!(get(&hub, &path("odd")).await.status, 400);
}

#[tokio::test]
async fn metadata_tells_whether_devices_see_it() {
    let slot = proto::Metadata { key: "slot".into(), value: "A".into(), target_visible: true };
    let listed =
        proto::ListSoftwareModuleMetadataResponse { metadata: vec![slot], ..Default::default() };
    let hub = FakeHub::new().answers("list_software_module_metadata", listed);
    let own = "/rest/v1/softwaremodules/5/metadata";
    let item = json!({"key": "slot", "value": "A", "targetVisible": true});
    let page = json!({"content": [item], "total": 1, "size": 1});
    assert_eq!(get(&hub, own).await.json(), page);
    assert_eq!(get(&hub, &format!("{own}/slot")).await.json(), item);
    let missing = get(&hub, &format!("{own}/note")).await;
    assert_eq!(missing.status, 404);
    let info = json!({"type": "SoftwareModule metadata", "entityId": "5:note"});
    assert_eq!(missing.json()["info"], info);
    let body = json!([{"key": "note", "value": "for us"}]);
    assert_eq!(post(&hub, own, body).await.status, 201);
    let body = json!({"value": "B", "targetVisible": true});
    assert_eq!(put(&hub, &format!("{own}/slot"), body).await.status, 204);
    let asked: proto::UpdateSoftwareModuleMetadataRequest =
        hub.asked("update_software_module_metadata");
    assert!(asked.metadata[0].target_visible && asked.metadata[0].key == "slot");
    assert_eq!(delete(&hub, &format!("{own}/slot")).await.status, 204);
}

#[tokio::test]
async fn a_type_is_shown_as_recorded() {
    let kind = proto::SoftwareModuleType {
        id: 8,
        key: "boot".into(),
        display_name: "Boot loader".into(),
        colour: "#ff0000".into(),
        max_assignments: 1,
        ..Default::default()
    };
    let hub = FakeHub::new().answers("get_software_module_type", kind);
    assert_eq!(
        get(&hub, "/rest/v1/softwaremoduletypes/8").await.json(),
        json!({
            "name": "Boot loader", "key": "boot", "colour": "#ff0000", "deleted": false, "id": 8,
            "minArtifacts": 0, "maxAssignments": 1,
            "_links": {"self": {"href": "http://hub:8080/rest/v1/softwaremoduletypes/8"}}
        })
    );
    assert_eq!(get(&hub, "/rest/v1/softwaremoduletypes?sort=key:ASC").await.status, 200);
    let asked: proto::ListSoftwareModuleTypesRequest = hub.asked("list_software_module_types");
    assert_eq!(asked.order_by, "key");
}
