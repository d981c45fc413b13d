//! Rollouts of hubs that are killed, alone and in company.

use otahub_tests::{
    Admin, Database, Device, Hub, Seed, Software, allow_gateway, bytes_of, eventually,
};
use rand::Rng;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

const DEVICES: usize = 120;
const GROUPS: usize = 6;
const KILLS: u64 = 5;
/// How long a device waits before it polls again.
const PAUSE: Duration = Duration::from_millis(100);

on_both!(a_rollout_of_killed_hubs_reaches_everybody_once within 300 s);

fn name(number: usize) -> String {
    format!("d-{number:03}")
}

/// Until it has installed the update: polls whichever node answers, and tells that it is done.
async fn live(nodes: Arc<Vec<Device>>) {
    for turn in 0.. {
        let node = &nodes[turn % nodes.len()];
        if let Some(action) = node.try_offered("deploymentBase").await
            && node.try_feedback(action, "closed", "success").await
        {
            return;
        }
        sleep(PAUSE).await;
    }
}

async fn fleet(hub: &Hub) -> Software {
    allow_gateway(hub).await;
    let targets = (0..DEVICES).map(|n| json!({"controllerId": name(n), "name": name(n)}));
    let _ = hub.admin().post("/targets", targets.collect::<Value>()).await.expect(201);
    Software::create(hub, "image", "image.bin", bytes_of(9, 1000)).await
}

async fn start(hub: &Hub, software: &Software) -> String {
    let body = json!({
        "name": "campaign", "distributionSetId": software.set,
        "targetFilterQuery": "controllerId==d-*", "amountGroups": GROUPS,
        "successCondition": {"condition": "THRESHOLD", "expression": "80"},
        "errorCondition": {"condition": "THRESHOLD", "expression": "50"},
    });
    let made = hub.admin().post("/rollouts", body).await.expect(201).json();
    let path = format!("/rollouts/{}", made["id"]);
    until(&hub.admin(), &path, "ready").await;
    let _ = hub.admin().post(&format!("{path}/start"), json!({})).await.expect(204);
    path
}

async fn until(admin: &Admin, path: &str, status: &str) -> Value {
    eventually("the rollout goes on", 240, || async {
        let rollout = admin.get(path).await.expect(200).json();
        if rollout["status"] == status { Ok(rollout) } else { Err(rollout.to_string()) }
    })
    .await
}

async fn a_rollout_of_killed_hubs_reaches_everybody_once(database: Database) {
    let mut rng = Seed::of("a_rollout_of_killed_hubs_reaches_everybody_once").part(0);
    let mut hubs = vec![Hub::on(database).start().await];
    if database == Database::Postgres {
        hubs.push(Hub::beside(&hubs[0]).start().await);
    }
    let software = fleet(&hubs[0]).await;
    let path = start(&hubs[0], &software).await;
    let mut devices = JoinSet::new();
    for number in 0..DEVICES {
        let nodes = hubs.iter().map(|hub| hub.device(&name(number))).collect();
        devices.spawn(live(Arc::new(nodes)));
    }
    for _ in 0..KILLS {
        sleep(Duration::from_millis(rng.random_range(50..600))).await;
        let unlucky = rng.random_range(0..hubs.len());
        hubs[unlucky].kill().await;
        // company goes on meanwhile
        sleep(Duration::from_millis(rng.random_range(0..300))).await;
        hubs[unlucky].start_again().await;
    }
    devices.join_all().await;
    let admin = hubs[0].admin();
    let rollout = until(&admin, &path, "finished").await;
    assert_eq!(rollout["totalTargetsPerStatus"]["finished"], DEVICES, "{rollout}");
    for number in 0..DEVICES {
        check(&admin, &name(number)).await;
    }
}

/// One action, which ended once.
async fn check(admin: &Admin, device: &str) {
    let actions = admin.get(&format!("/targets/{device}/actions")).await.expect(200).json();
    assert_eq!(actions["total"], 1, "{actions}");
    let path = format!("/targets/{device}/actions/{}/status", actions["content"][0]["id"]);
    let history = admin.get(&path).await.expect(200).json();
    let entries = history["content"].as_array().expect("content");
    let ends = entries.iter().filter(|entry| entry["type"] == "finished").count();
    assert_eq!(ends, 1, "{history}");
}
