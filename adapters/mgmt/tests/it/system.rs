//! Settings and the user, as recorded from hawkBit 1.0.3.

use crate::fake::FakeHub;
use crate::support::{delete, get, put};
use otahub_client::proto::setting_value::Kind;
use otahub_client::{Reason, proto, timestamp};
use serde_json::json;

fn setting(key: &str, kind: Kind) -> proto::Setting {
    proto::Setting {
        name: format!("settings/{key}"),
        value: Some(proto::SettingValue { kind: Some(kind) }),
        global: true,
        audit: None,
    }
}

#[tokio::test]
async fn the_user_is_shown_as_recorded() {
    let caller = proto::Caller {
        tenant: "DEFAULT".into(),
        username: "admin".into(),
        authorities: vec!["ROLE_TENANT_ADMIN".into(), "SYSTEM_ADMIN".into()],
    };
    let hub = FakeHub::new().answers("get_caller", caller);
    let expected =
        json!({"tenant": "DEFAULT", "username": "admin", "permissions": ["ROLE_TENANT_ADMIN"]});
    assert_eq!(get(&hub, "/rest/v1/userinfo").await.json(), expected);
}

#[tokio::test]
async fn a_setting_is_shown_as_recorded() {
    let own = "http://hub:8080/rest/v1/system/configs/pollingTime";
    let default = setting("pollingTime", Kind::StringValue("00:05:00".into()));
    let hub = FakeHub::new().answers("get_setting", default.clone());
    assert_eq!(
        get(&hub, "/rest/v1/system/configs/pollingTime").await.json(),
        json!({"value": "00:05:00", "global": true, "_links": {"self": {"href": own}}})
    );
    let time = Some(timestamp(5));
    let audit = proto::Audit {
        create_time: time,
        creator: "admin".into(),
        update_time: time,
        updater: "admin".into(),
    };
    let own_value = proto::Setting { global: false, audit: Some(audit), ..default };
    let hub = FakeHub::new().answers("get_setting", own_value);
    assert_eq!(
        get(&hub, "/rest/v1/system/configs/pollingTime").await.json(),
        json!({
            "value": "00:05:00", "global": false, "lastModifiedAt": 5, "lastModifiedBy": "admin",
            "createdAt": 5, "createdBy": "admin", "_links": {"self": {"href": own}}
        })
    );
}

#[tokio::test]
async fn settings_are_listed_by_key_with_typed_values() {
    let listed = proto::ListSettingsResponse {
        settings: vec![
            setting("a.enabled", Kind::BoolValue(true)),
            setting("default.ds.type", Kind::IntValue(3)),
        ],
        ..Default::default()
    };
    let hub = FakeHub::new().answers("list_settings", listed);
    let answer = get(&hub, "/rest/v1/system/configs").await.json();
    assert_eq!(answer["a.enabled"]["value"], true);
    assert_eq!(answer["default.ds.type"]["value"], 3);
}

#[tokio::test]
async fn a_setting_that_hawkbit_lacks_is_listed_once_it_is_set() {
    let key = "anonymous.download.enabled";
    for global in [true, false] {
        let own = proto::Setting { global, ..setting(key, Kind::BoolValue(!global)) };
        let listed = proto::ListSettingsResponse { settings: vec![own], ..Default::default() };
        let hub = FakeHub::new().answers("list_settings", listed);
        let answer = get(&hub, "/rest/v1/system/configs").await.json();
        assert_eq!(answer.get(key).is_some(), !global);
    }
}

#[tokio::test]
async fn what_is_no_setting_can_be_reset_all_the_same() {
    for (reason, status) in
        [(Reason::ConfigurationKeyInvalid, 204), (Reason::PermissionDenied, 403)]
    {
        let hub = FakeHub::new().refuses("reset_setting", reason, &[]);
        assert_eq!(delete(&hub, "/rest/v1/system/configs/colour").await.status, status);
    }
}

#[tokio::test]
async fn settings_are_changed_alone_or_together() {
    let hub = FakeHub::new();
    let own = "/rest/v1/system/configs";
    for (value, kind) in [
        (json!(true), Some(Kind::BoolValue(true))),
        (json!(3), Some(Kind::IntValue(3))),
        (json!(1.5), Some(Kind::StringValue("1.5".into()))),
        (json!("x"), Some(Kind::StringValue("x".into()))),
        (json!(null), None),
        (json!({"a": 1}), None),
    ] {
        let answer = put(&hub, &format!("{own}/some.key"), json!({"value": value})).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
        let asked: proto::UpdateSettingsRequest = hub.asked("update_settings");
        assert_eq!(asked.settings[0].name, "settings/some.key");
        assert_eq!(asked.settings[0].value.as_ref().unwrap().kind, kind);
    }
    let both = json!({"pollingTime": "00:07:00", "maintenanceWindowPollCount": 2});
    assert_eq!(put(&hub, own, both).await.status, 204);
    assert_eq!(hub.asked::<proto::UpdateSettingsRequest>("update_settings").settings.len(), 2);
    assert_eq!(put(&hub, own, json!([1])).await.key(), "rest.body.notReadable");
    assert_eq!(delete(&hub, &format!("{own}/pollingTime")).await.status, 204);
}
