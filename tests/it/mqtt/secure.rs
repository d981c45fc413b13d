//! A broker that knows its devices: with what `otactl mqtt acl` writes, and over TLS.

use super::{known, status, with_broker};
use otahub_tests::{
    Database, Hub, Mosquitto, MqttDevice, Software, bridged, bytes_of, certificates, write_acl,
};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Writes the users' passwords for the broker.
fn passwords(path: &Path, users: &[&str]) {
    std::fs::write(path, "").expect("a password file");
    for user in users {
        let run =
            Command::new("mosquitto_passwd").arg("-b").arg(path).args([user, "secret"]).output();
        let run = run.expect("mosquitto_passwd runs");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}

async fn device(broker: &Mosquitto, id: &str, user: &str) -> MqttDevice {
    let port = broker.port().to_string();
    let ca = broker.folder().join("ca.pem").display().to_string();
    let arguments = [
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-V",
        "5",
        "-q",
        "1",
        "-u",
        user,
        "-P",
        "secret",
        "--cafile",
        &ca,
    ];
    MqttDevice::with(id, arguments.iter().map(ToString::to_string).collect()).await
}

async fn a_device_reaches_no_further_than_its_own_topics(database: Database) {
    let mut broker = Mosquitto::new();
    let folder = broker.folder().to_owned();
    certificates(&folder);
    passwords(&folder.join("passwords"), &["the-hub", "DEFAULT/good", "DEFAULT/bad"]);
    write_acl(&folder.join("acl"), &["--hub-user", "the-hub"]);
    let at = folder.display();
    broker.configure(&format!(
        "allow_anonymous false\npassword_file {at}/passwords\nacl_file {at}/acl\n\
         cafile {at}/ca.pem\ncertfile {at}/broker.pem\nkeyfile {at}/broker.key\n"
    ));
    broker.run().await;
    let url = format!("mqtts://the-hub:secret@127.0.0.1:{}", broker.port());
    let ca = folder.join("ca.pem").display().to_string();
    let plan = Hub::on(database).args(["--mqtt-url", &url]).env("OTAHUB_MQTT_CA", ca);
    let hub = plan.start().await;
    bridged(&hub).await;
    let good = device(&broker, "good", "DEFAULT/good").await;
    good.hello().await;
    known(&hub, "good").await;
    let software = Software::create(&hub, "image", "image.bin", bytes_of(1, 900)).await;
    // it listens to the other's topics, and is told nothing
    let spy = device(&broker, "good", "DEFAULT/bad").await;
    let done = software.assign(&hub, &["good"]).await;
    let action = done["assignedActions"][0]["id"].as_i64().expect("an action");
    let (id, _) = good.requested(1).await;
    good.events(&id, &["Acknowledged"]).await;
    status(&hub, "good", action, "retrieved").await;
    // and what it says in the other's name the broker drops
    spy.events(&id, &["Success"]).await;
    let bad = device(&broker, "bad", "DEFAULT/bad").await;
    bad.event(&id, "Success", 0, ("", "")).await;
    assert_eq!(bad.complaints(1).await[0]["code"], "UnknownRequest");
    tokio::time::sleep(Duration::from_millis(300)).await;
    status(&hub, "good", action, "retrieved").await;
    assert!(spy.heard("request").is_empty());
    // a request of its own making is not delivered either
    bad.publish("ota/v1/DEFAULT/good/request", "{}").await;
    good.events(&id, &["Success"]).await;
    status(&hub, "good", action, "finished").await;
    assert_eq!(good.heard("request").len(), 1);
    // revoked: no password any more
    passwords(&folder.join("passwords"), &["the-hub", "DEFAULT/good"]);
    broker.stop().await;
    broker.run().await;
    let refused = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &broker.port().to_string(), "-u", "DEFAULT/bad"])
        .args(["-P", "secret", "-t", "ota/v1/DEFAULT/bad/hello", "-m", "{}", "--cafile"])
        .arg(folder.join("ca.pem"))
        .output();
    assert!(!refused.expect("mosquitto_pub runs").status.success());
}
with_broker!(a_device_reaches_no_further_than_its_own_topics within 120 s);
