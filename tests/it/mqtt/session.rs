//! A device's whole life with `mosquitto_pub` and `mosquitto_sub`.

use super::{ID, Scene, status, with_broker};
use futures::TryStreamExt;
use otahub_client::proto::ActionState;
use otahub_client::{Caller, Hub};
use otahub_tests::{Database, allow_gateway, eventually, set_setting};
use serde_json::{Value, json};
use tokio::sync::watch;

/// Watches an action over gRPC; the state that was told last.
fn watched(scene: &Scene, action: i64) -> watch::Receiver<ActionState> {
    let caller = Caller::basic("admin", "admin");
    let hub = Hub::connect(&scene.hub.grpc_url(), caller).expect("a URL");
    let (tell, told) = watch::channel(ActionState::Unspecified);
    tokio::spawn(async move {
        let changes = hub.watch_action(&format!("actions/{action}"));
        let note = |action: otahub_client::proto::Action| {
            tell.send_replace(action.state());
            async { Ok(()) }
        };
        changes.try_for_each(note).await
    });
    told
}

/// Waits until the watcher was told this.
async fn told(watcher: &watch::Receiver<ActionState>, state: ActionState) {
    eventually("the watcher is told", 60, || async {
        let last = *watcher.borrow();
        if last == state { Ok(()) } else { Err(format!("{last:?}")) }
    })
    .await;
}

/// What every other way to look at the device shows.
async fn seen(scene: &Scene, action: i64, state: &str, offer: Option<&str>) {
    scene.status(action, state).await;
    let poll = scene.hub.device(ID).poll().await;
    let offered = offer.map(|rel| poll["_links"][rel]["href"].is_string());
    assert_ne!(offered, Some(false), "{poll}");
    if offer.is_none() {
        let links = poll["_links"].as_object().expect("links");
        assert!(!links.contains_key("deploymentBase"), "{poll}");
    }
}

async fn whole_update(scene: &Scene) {
    let action = scene.assign().await;
    let watcher = watched(scene, action);
    let (id, request) = scene.device.requested(1).await;
    assert_eq!(request["operation"], "Update");
    assert_eq!(request["version"], "1.0.0");
    assert_eq!(request["sha256"], scene.software.sha256.as_str());
    assert_eq!(request["size"], 40_000);
    seen(scene, action, "running", Some("deploymentBase")).await;
    told(&watcher, ActionState::Running).await;

    let link = request["url"].as_str().expect("a link");
    let file = scene.hub.http().get(link).await.expect(200);
    assert_eq!(file.header("content-length"), Some("40000"));
    assert!(file.body == scene.bytes, "the link needs no header");

    let say = async |status: &str, progress, code: &str, message: &str| {
        scene.device.event(&id, status, progress, (code, message)).await;
    };
    say("Acknowledged", 0, "", "").await;
    seen(scene, action, "retrieved", Some("deploymentBase")).await;
    say("Downloading", 0, "", "").await;
    say("Error", 0, "ErrorNetwork", "line lost").await;
    say("Downloading", 0, "", "").await;
    say("Downloading", 100, "", "").await;
    say("Deploying", 20, "", "writing").await;
    say("Deployed", 0, "", "").await;
    say("Rebooting", 0, "", "").await;
    seen(scene, action, "retrieved", Some("deploymentBase")).await;
    say("Success", 0, "", "all well").await;
    seen(scene, action, "finished", None).await;
    told(&watcher, ActionState::Finished).await;
    let words = [
        "running",
        "download",
        "retrieved",
        "download",
        "warning",
        "download",
        "downloaded",
        "running",
        "running",
        "running",
        "finished",
    ];
    scene.history(action, &words).await;
    let messages = messages(scene, action).await;
    for line in ["NetworkError: line lost", "Deploying 20 %", "writing", "all well"] {
        assert!(messages.iter().any(|known| known == line), "{line}: {messages:?}");
    }
    let target = scene.hub.admin().get(&format!("/targets/{ID}")).await.expect(200).json();
    assert_eq!(target["updateStatus"], "in_sync", "{target}");
    // its attributes are wanted after an update
    let notice = scene.device.hears("notice", 1).await;
    assert_eq!(notice["code"], "AttributesRequested");
    scene.device.say("attributes", &json!({"values": {"colour": "red", "size": 3}})).await;
    eventually("the attributes", 20, || async {
        let path = format!("/targets/{ID}/attributes");
        let seen = scene.hub.admin().get(&path).await.json();
        if seen["colour"] == "red" && seen["size"] == "3" { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
    assert_eq!(scene.device.heard("request").len(), 1, "nothing is sent twice");
}

async fn messages(scene: &Scene, action: i64) -> Vec<String> {
    let path = format!("/targets/{ID}/actions/{action}/status?limit=500");
    let body = scene.hub.admin().get(&path).await.expect(200).json();
    let entries = body["content"].as_array().expect("content").clone();
    let lines = entries.iter().flat_map(|e| e["messages"].as_array().cloned().unwrap_or_default());
    lines.filter_map(|line| line.as_str().map(str::to_owned)).collect()
}

async fn a_session_goes_from_hello_to_success(database: Database) {
    let scene = Scene::on(database, "5").await;
    allow_gateway(&scene.hub).await;
    whole_update(&scene).await;
}
with_broker!(a_session_goes_from_hello_to_success within 120 s);

async fn mqtt_3_does_as_well(database: Database) {
    let scene = Scene::on(database, "311").await;
    allow_gateway(&scene.hub).await;
    whole_update(&scene).await;
}
with_broker!(mqtt_3_does_as_well within 120 s);

async fn cancel(scene: &Scene, action: i64) {
    let path = format!("/targets/{ID}/actions/{action}");
    let _ = scene.hub.admin().delete(&path).await.expect(204);
}

async fn a_cancellation_is_accepted_refused_or_too_late(database: Database) {
    let scene = Scene::on(database, "5").await;
    let action = scene.assign().await;
    let (id, update) = scene.device.requested(1).await;
    scene.device.events(&id, &["Acknowledged", "Downloading"]).await;
    scene.status(action, "retrieved").await;
    cancel(&scene, action).await;
    let (canceled, wish) = scene.device.requested(2).await;
    assert_eq!((wish["operation"].as_str(), canceled), (Some("Cancel"), id.clone()));
    assert_eq!(wish["url"], update["url"], "devices compare the link");
    scene.device.event(&id, "Failure", 0, ("Canceled", "")).await;
    scene.status(action, "canceled").await;

    let action = scene.assign().await;
    let (id, _) = scene.device.requested(3).await;
    scene.device.events(&id, &["Acknowledged", "Downloading"]).await;
    scene.status(action, "retrieved").await;
    cancel(&scene, action).await;
    scene.device.requested(4).await;
    let words = ("InternalError", "Unable to cancel OTA request");
    scene.device.event(&id, "Failure", 0, words).await;
    scene.status(action, "running").await;
    scene.device.events(&id, &["Downloading", "Deploying"]).await;
    cancel(&scene, action).await;
    scene.device.requested(5).await;
    scene.device.events(&id, &["Deployed", "Rebooting", "Success"]).await;
    scene.status(action, "finished").await;
    let history = scene.hub.admin().history(ID, action).await;
    let refusals = history.iter().filter(|word| *word == "cancel_rejected").count();
    assert_eq!(refusals, 2, "{history:?}");
}
with_broker!(a_cancellation_is_accepted_refused_or_too_late within 120 s);

async fn a_device_is_asked_for_consent(database: Database) {
    let scene = Scene::on(database, "5").await;
    set_setting(&scene.hub, "user.confirmation.flow.enabled", true).await;
    scene.device.say("hello", &json!({"capabilities": ["confirm"]})).await;
    // its link is renewed before the action is made
    let _ = scene.hub.admin().get("/targets").await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let body = json!([{"id": ID, "confirmationRequired": true}]);
    let path = format!("/distributionsets/{}/assignedTargets", scene.software.set);
    let done: Value = scene.hub.admin().post(&path, body).await.expect(200).json();
    let action = done["assignedActions"][0]["id"].as_i64().expect("an action");
    let (id, question) = scene.device.requested(1).await;
    assert_eq!(question["operation"], "Confirm");
    status(&scene.hub, ID, action, "wait_for_confirmation").await;
    scene.device.event(&id, "Denied", 0, ("", "not now")).await;
    scene.device.events(&id, &["Confirmed"]).await;
    let (again, request) = scene.device.requested(2).await;
    assert_eq!((request["operation"].as_str(), again), (Some("Update"), id.clone()));
    scene.device.events(&id, &["Acknowledged", "Downloaded", "Success"]).await;
    scene.status(action, "finished").await;
}
with_broker!(a_device_is_asked_for_consent within 120 s);
