//! Actions that nobody assigned by hand reach devices behind the broker, too.

use super::{ID, Scene, with_broker};
use otahub_tests::{Database, eventually};
use serde_json::json;

async fn a_rollout_reaches_the_device(database: Database) {
    let scene = Scene::on(database, "5").await;
    let body = json!({"name": "all", "distributionSetId": scene.software.set,
        "targetFilterQuery": format!("controllerId=={ID}"), "amountGroups": 1});
    let made = scene.hub.admin().post("/rollouts", body).await.expect(201).json();
    let path = format!("/rollouts/{}", made["id"]);
    eventually("the rollout is ready", 120, || async {
        let seen = scene.hub.admin().get(&path).await.expect(200).json();
        if seen["status"] == "ready" { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
    let _ = scene.hub.admin().post(&format!("{path}/start"), json!({})).await.expect(204);
    let (id, _) = scene.device.requested(1).await;
    scene.device.events(&id, &["Acknowledged", "Downloading", "Success"]).await;
    eventually("the rollout is finished", 120, || async {
        let seen = scene.hub.admin().get(&path).await.expect(200).json();
        if seen["status"] == "finished" { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
}
with_broker!(a_rollout_reaches_the_device within 300 s);

async fn an_automatic_assignment_reaches_the_device(database: Database) {
    let scene = Scene::on(database, "5").await;
    let body = json!({"name": "new ones", "query": "controllerId==pump-*"});
    let made = scene.hub.admin().post("/targetfilters", body).await.expect(201).json();
    let path = format!("/targetfilters/{}/autoAssignDS", made["id"]);
    let _ = scene.hub.admin().post(&path, json!({"id": scene.software.set})).await.expect(200);
    let (id, _) = scene.device.requested(1).await;
    scene.device.events(&id, &["Success"]).await;
    eventually("the device is up to date", 120, || async {
        let seen = scene.hub.admin().get(&format!("/targets/{ID}")).await.expect(200).json();
        if seen["updateStatus"] == "in_sync" { Ok(()) } else { Err(seen.to_string()) }
    })
    .await;
}
with_broker!(an_automatic_assignment_reaches_the_device within 300 s);
