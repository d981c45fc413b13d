//! Devices on Astarte's protocol: certificates, what they are sent, what they say and lose.

use super::{status, with_broker};
use otahub_tests::{
    AstarteDevice, AstarteField, Database, GATEWAY_KEY, Hub, Pairing, Software, bytes_of,
    eventually,
};
use reqwest::Method;
use serde_json::{Value, json};

const ID: &str = "BL9JHK-UTp2BP-vuv7hWpg";
const OTHER: &str = "CL9JHK-UTp2BP-vuv7hWpg";

struct Scene {
    field: AstarteField,
    device: AstarteDevice,
    software: Software,
}

impl Scene {
    /// A device that is connected and runs version 0.9.
    async fn on(database: Database) -> Self {
        let field = AstarteField::start(Hub::on(database)).await;
        let mut device = field.pair(ID).await;
        device.start("0.9").await;
        let software = Software::create(&field.hub, "image", "image.bin", bytes_of(3, 9000)).await;
        let scene = Self { field, device, software };
        scene.attribute("baseImage.version", Some("0.9")).await;
        scene
    }

    fn hub(&self) -> &Hub {
        &self.field.hub
    }

    async fn assign(&self) -> i64 {
        let done = self.software.assign(self.hub(), &[ID]).await;
        done["assignedActions"][0]["id"].as_i64().expect("an action")
    }

    async fn attribute(&self, key: &str, value: Option<&str>) {
        eventually(&format!("{key} is {value:?}"), 60, || async {
            let seen = self.hub().admin().get(&format!("/targets/{ID}/attributes")).await;
            let seen = if seen.status == 200 { seen.json() } else { Value::Null };
            if seen[key].as_str() == value { Ok(()) } else { Err(seen.to_string()) }
        })
        .await;
    }

    async fn status(&self, action: i64, expected: &str) {
        status(self.hub(), ID, action, expected).await;
    }

    /// All that the history says, in one text.
    async fn told(&self, action: i64) -> String {
        let path = format!("/targets/{ID}/actions/{action}/status?limit=500");
        self.hub().admin().get(&path).await.expect(200).text()
    }

    /// Waits until the history says so.
    async fn tells(&self, action: i64, word: &str) {
        eventually(&format!("the history says {word}"), 60, || async {
            let told = self.told(action).await;
            if told.contains(word) { Ok(()) } else { Err(told) }
        })
        .await;
    }

    async fn cancel(&self, action: i64) {
        let path = format!("/targets/{ID}/actions/{action}");
        let _ = self.hub().admin().delete(&path).await.expect(204);
    }
}

async fn the_lost_success_is_inferred(database: Database) {
    let mut scene = Scene::on(database).await;
    scene.attribute("system.serialNumber", Some("SN-1")).await;
    assert!(scene.device.heard().iter().any(|(at, _)| at == "/control/consumer/properties"));
    for (runs, ends, because) in [
        ("0.9", "error", "SystemRollback, inferred"),
        ("1.0.0", "finished", "what was to be installed (inferred"),
    ] {
        let action = scene.assign().await;
        let (operation, id, url) = scene.device.requested(1).await;
        assert_eq!(operation, "Update");
        let file = scene.hub().http().get(&url).await.expect(200);
        assert_eq!(file.header("content-length"), Some("9000"));
        scene.device.events(&id, &["Acknowledged"]).await;
        for percent in [0, 12, 63, 100] {
            scene.device.event(&id, ("Downloading", percent), ("", ""), None).await;
        }
        scene.device.events(&id, &["Deploying", "Deployed", "Rebooting", "Rebooting"]).await;
        scene.tells(action, "Rebooting").await;
        // what it says now is lost, and it is not asked again
        scene.device.stop();
        scene.device.start(runs).await;
        scene.status(action, ends).await;
        let told = scene.told(action).await;
        assert!(told.contains(because), "{told}");
        assert!(scene.device.requests().is_empty(), "nothing is sent twice");
    }
}
with_broker!(the_lost_success_is_inferred within 240 s);

async fn words_of_the_device_count_once(database: Database) {
    let scene = Scene::on(database).await;
    let action = scene.assign().await;
    let (_, id, _) = scene.device.requested(1).await;
    let at = Some(1_767_323_045_678);
    scene.device.event(&id, ("Acknowledged", 0), ("", ""), None).await;
    scene.device.event(&id, ("Error", 0), ("ErrorNetwork", "line lost"), None).await;
    scene.device.event(&id, ("Error", 0), ("NoCoffee", ""), None).await;
    scene.device.event(&id, ("Failure", 0), ("UpdateAlreadyInProgress", ""), None).await;
    scene.device.events(&id, &["Acknowledged", "Deploying", "Deployed"]).await;
    for _ in 0..3 {
        scene.device.event(&id, ("Success", 0), ("", ""), at).await;
    }
    scene.device.events(&id, &["Rebooting"]).await;
    scene.status(action, "finished").await;
    let history = scene.hub().admin().history(ID, action).await;
    assert_eq!(history.iter().filter(|word| *word == "finished").count(), 1, "{history:?}");
    let told = scene.told(action).await;
    for line in ["NetworkError: line lost", "NoCoffee", "UpdateAlreadyInProgress"] {
        assert!(told.contains(line), "{line}: {told}");
    }
}
with_broker!(words_of_the_device_count_once within 240 s);

async fn a_cancellation_has_the_link_of_its_update(database: Database) {
    let scene = Scene::on(database).await;
    let action = scene.assign().await;
    let (_, id, url) = scene.device.requested(1).await;
    scene.device.events(&id, &["Acknowledged", "Downloading"]).await;
    scene.status(action, "retrieved").await;
    scene.cancel(action).await;
    assert_eq!(scene.device.requested(2).await, ("Cancel".into(), id.clone(), url));
    let refusal = ("InternalError", "Unable to cancel OTA request");
    scene.device.event(&id, ("Failure", 0), refusal, None).await;
    scene.status(action, "running").await;
    scene.device.event(&id, ("Downloading", 50), ("", ""), None).await;
    scene.cancel(action).await;
    scene.device.requested(3).await;
    scene.device.event(&id, ("Failure", 0), ("Canceled", ""), None).await;
    scene.status(action, "canceled").await;
    // past the download the device says nothing, and goes on
    let action = scene.assign().await;
    let (_, id, _) = scene.device.requested(4).await;
    scene.device.events(&id, &["Acknowledged", "Downloading", "Deploying"]).await;
    scene.tells(action, "Deploying").await;
    scene.cancel(action).await;
    scene.device.requested(5).await;
    scene.device.events(&id, &["Deployed", "Success"]).await;
    scene.status(action, "finished").await;
}
with_broker!(a_cancellation_has_the_link_of_its_update within 240 s);

async fn a_device_that_was_away_is_told_when_it_is_back(database: Database) {
    let mut scene = Scene::on(database).await;
    scene.device.stop();
    let action = scene.assign().await;
    scene.device.start("0.9").await;
    let (_, id, _) = scene.device.requested(1).await;
    scene.device.events(&id, &["Acknowledged", "Downloading"]).await;
    scene.status(action, "retrieved").await;
    // it loses power while it downloads, and is told again: the same
    scene.device.stop();
    scene.device.start("0.9").await;
    assert_eq!(scene.device.requested(1).await.1, id);
    scene.device.events(&id, &["Acknowledged"]).await;
    // it goes on where nobody hears it, installs and restarts: it is not told again
    scene.device.stop();
    scene.device.start("1.0.0").await;
    scene.status(action, "finished").await;
    assert!(scene.device.requests().is_empty(), "installed once");
}
with_broker!(a_device_that_was_away_is_told_when_it_is_back within 240 s);

async fn properties_that_are_gone_are_forgotten(database: Database) {
    let mut scene = Scene::on(database).await;
    scene.device.property("NetworkInterfaceProperties/eth0/macAddress", "00:11:22:33:44:55").await;
    scene.device.property("OSInfo/osName", "linux").await;
    scene.attribute("net.eth0.macAddress", Some("00:11:22:33:44:55")).await;
    scene.device.publish("/io.edgehog.devicemanager.OSInfo/osName", b"").await;
    scene.attribute("os.name", None).await;
    // garbage does no harm
    for rest in ["", "/control/producer/properties", "/io.edgehog.devicemanager.OSInfo/osName"] {
        scene.device.publish(rest, b"\xff\x00garbage").await;
    }
    scene.device.start("0.9").await;
    scene.attribute("net.eth0.macAddress", None).await;
    scene.attribute("system.serialNumber", Some("SN-1")).await;
}
with_broker!(properties_that_are_gone_are_forgotten within 240 s);

async fn certificates_are_renewed_and_revoked(database: Database) {
    let mut scene = Scene::on(database).await;
    let pairing = Pairing { http: scene.hub().http().clone(), id: ID.to_owned() };
    let verify = pairing.device("/protocols/astarte_mqtt_v1/credentials/verify");
    let verified = async |certificate: &str, secret: &str| {
        let data = json!({"client_crt": certificate});
        let answer = pairing.call(Method::POST, &verify, secret, Some(data)).await;
        answer.expect(200).json()["data"].clone()
    };
    let secret = scene.device.secret.clone();
    assert_eq!(verified(&scene.device.certificate, &secret).await["valid"], true);
    assert_eq!(verified("none", &secret).await["cause"], "INVALID");
    let info = pairing.call(Method::GET, &pairing.device(""), &secret, None).await;
    let info = info.expect(200).json();
    assert_eq!(info["data"]["status"], "confirmed");
    let url = format!("mqtts://127.0.0.1:{}", scene.field.port);
    assert_eq!(info["data"]["protocols"]["astarte_mqtt_v1"]["broker_url"], url.as_str());
    // a new certificate: the old one counts no more
    let old = std::mem::take(&mut scene.device.certificate);
    let old_key = std::mem::take(&mut scene.device.key);
    (scene.device.certificate, scene.device.key) = pairing.certificate(&secret).await;
    assert_eq!(verified(&old, &secret).await["cause"], "REVOKED");
    scene.field.broker.stop().await;
    scene.field.trust().await;
    scene.field.broker.run().await;
    scene.device.start("0.9").await;
    let new = std::mem::replace(&mut scene.device.certificate, old);
    let new_key = std::mem::replace(&mut scene.device.key, old_key);
    assert!(scene.device.dial(&format!("default/{ID}"), true).await.is_err(), "it is revoked");
    (scene.device.certificate, scene.device.key) = (new, new_key);
    // registered once, and again only after the pairing was ended
    let register = json!({"hw_id": ID});
    let again = pairing.call(Method::POST, "agent/devices", GATEWAY_KEY, Some(register)).await;
    let _ = again.expect(422);
    scene.device.start("0.9").await;
    let path = format!("agent/devices/{ID}");
    let _ = pairing.call(Method::DELETE, &path, GATEWAY_KEY, None).await.expect(204);
    let _ = pairing.call(Method::GET, &pairing.device(""), &secret, None).await.expect(403);
    // the broker does not know yet; the hub does
    scene.device.property("BaseImage/version", "7").await;
    scene.device.publish("", b"").await;
    let fresh = scene.field.pair(OTHER).await;
    let mut fresh = fresh;
    fresh.start("0.9").await;
    eventually("the other is heard", 60, || async {
        let seen = scene.hub().admin().get(&format!("/targets/{OTHER}/attributes")).await;
        if seen.text().contains("SN-1") { Ok(()) } else { Err(seen.seen()) }
    })
    .await;
    scene.attribute("baseImage.version", Some("0.9")).await;
}
with_broker!(certificates_are_renewed_and_revoked within 240 s);

async fn a_device_cannot_speak_for_another(database: Database) {
    let scene = Scene::on(database).await;
    let action = scene.assign().await;
    let (_, id, _) = scene.device.requested(1).await;
    let mut thief = scene.field.pair(OTHER).await;
    thief.start("0.9").await;
    // under the other's name it is itself all the same
    thief.dial(&format!("default/{ID}"), true).await.expect("the broker gives it its own name");
    let topic = scene.device.topic("/io.edgehog.devicemanager.OTAEvent/event");
    let success = bson::rawdoc! {"v": {"requestUUID": id.as_str(), "status": "Success"}};
    thief.publish_at(&topic, success.as_bytes()).await;
    thief.events(&id, &["Success"]).await;
    scene.device.events(&id, &["Acknowledged"]).await;
    scene.status(action, "retrieved").await;
    scene.cancel(action).await;
    scene.device.requested(2).await;
    assert!(thief.requests().is_empty());
    // a foreign secret, no secret, a device that there is not, a realm that is spelled otherwise
    let pairing = Pairing { http: scene.hub().http().clone(), id: ID.to_owned() };
    let path = pairing.device("");
    let _ = pairing.call(Method::GET, &path, &thief.secret, None).await.expect(403);
    let _ = scene.hub().http().get(&format!("/pairing/v1/default/{path}")).await.expect(401);
    let data = json!({"hw_id": ID});
    let wrong = pairing.call(Method::POST, "agent/devices", "wrong", Some(data)).await;
    let _ = wrong.expect(403);
    let data = json!({"hw_id": "pump-7"});
    let odd = pairing.call(Method::POST, "agent/devices", GATEWAY_KEY, Some(data)).await;
    let _ = odd.expect(422);
    let csr = Some(json!({"csr": "nothing"}));
    let path = pairing.device("/protocols/astarte_mqtt_v1/credentials");
    let _ = pairing.call(Method::POST, &path, &scene.device.secret, csr).await.expect(422);
}
with_broker!(a_device_cannot_speak_for_another within 240 s);
