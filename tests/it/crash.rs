//! Killed in the middle of its work, a hub loses nothing that it said yes to.

use otahub_tests::{
    Admin, Database, Device, Hub, Seed, Software, allow_gateway, bytes_of, eventually,
};
use rand::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const DEVICES: usize = 12;
const UPLOADERS: usize = 3;
const ROUNDS: u64 = 3;

/// Told when a hub is about to be killed, and how much work was answered so far.
#[derive(Default)]
struct Storm {
    over: AtomicBool,
    answered: AtomicUsize,
}

/// What one device said: answered with 200, and the one sentence that may have been lost.
#[derive(Default)]
struct Said {
    kept: Vec<String>,
    unsure: Vec<String>,
}

/// What one uploader was told: SHA-256 by file name.
type Uploaded = HashMap<String, String>;

async fn talk(device: Device, action: i64, word: String, storm: Arc<Storm>) -> Said {
    let mut said = Said::default();
    for number in 0.. {
        if storm.over.load(Ordering::Relaxed) {
            break;
        }
        let sentence = format!("{word} sentence {number}.");
        let result = json!({"finished": "none"});
        let status = json!({"execution": "proceeding", "result": result, "details": [sentence]});
        let path = format!("/deploymentBase/{action}/feedback");
        match device.try_post(&path, json!({"status": status})).await {
            Ok(answer) if answer.status == 200 => said.kept.push(sentence),
            Ok(answer) if answer.status == 429 => break,
            Ok(answer) => panic!("{}", answer.seen()),
            Err(_) => {
                said.unsure.push(sentence);
                break;
            }
        }
        storm.answered.fetch_add(1, Ordering::Relaxed);
    }
    said
}

async fn upload(admin: Admin, module: i64, seed: u64, storm: Arc<Storm>) -> Uploaded {
    let mut uploaded = Uploaded::new();
    for number in 0..45 {
        if storm.over.load(Ordering::Relaxed) {
            break;
        }
        let size = 20_000 + usize::try_from((seed ^ number) % 400_000).expect("small");
        let bytes = bytes_of(seed.wrapping_add(number), size);
        let (name, sha256) = (format!("f{number}.bin"), hex::encode(Sha256::digest(&bytes)));
        let part = reqwest::multipart::Part::bytes(bytes);
        match admin.try_upload(module, &name, part).await {
            Ok(answer) => {
                let _ = answer.expect(201);
                uploaded.insert(name, sha256);
            }
            Err(_) => break,
        }
    }
    uploaded
}

/// Everything one device has in its history, oldest first.
async fn history(admin: &Admin, device: &str, action: i64) -> Vec<String> {
    let mut messages = Vec::new();
    for offset in (0..).step_by(500) {
        let path = format!(
            "/targets/{device}/actions/{action}/status?limit=500&offset={offset}&sort=id%3AASC"
        );
        let page = admin.get(&path).await.expect(200).json();
        let entries = page["content"].as_array().expect("content").clone();
        for entry in &entries {
            let said = entry["messages"].as_array().expect("messages").iter();
            messages.extend(said.filter_map(Value::as_str).map(ToOwned::to_owned));
        }
        if entries.len() < 500 {
            break;
        }
    }
    messages
}

fn check_history(messages: &[String], word: &str, said: &Said) {
    let own = |m: &&String| m.starts_with(&format!("{word} sentence "));
    let mut found: Vec<&String> = messages.iter().filter(own).collect();
    let last_may_be_there = found.last().is_some_and(|last| said.unsure.contains(last));
    if last_may_be_there {
        found.pop();
    }
    assert!(
        found.iter().copied().eq(&said.kept),
        "{word}: answered {:?}, unsure {:?}, found {found:?}",
        said.kept,
        said.unsure
    );
}

async fn check_artifacts(admin: &Admin, module: i64, uploaded: &Uploaded) {
    let list = format!("/softwaremodules/{module}/artifacts");
    let listed = admin.get(&list).await.expect(200).json();
    let mut left = uploaded.clone();
    for artifact in listed.as_array().expect("a list") {
        let path = format!("{list}/{}/download", artifact["id"]);
        let bytes = admin.get(&path).await.expect(200).body;
        let found = hex::encode(Sha256::digest(&bytes));
        assert_eq!(artifact["hashes"]["sha256"], found.as_str(), "half there: {artifact}");
        let name = artifact["providedFilename"].as_str().expect("a name");
        if let Some(told) = left.remove(name) {
            assert_eq!(told, found, "{name}");
        }
    }
    assert!(left.is_empty(), "answered 201 and gone: {left:?}");
}

/// Files of the artifact store whose name is not the hash of their content.
fn leftovers(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            leftovers(&path, found);
            continue;
        }
        let name: String = path.to_string_lossy().split('/').collect();
        if name.contains("otahub.db") {
            continue;
        }
        let hash = hex::encode(Sha256::digest(std::fs::read(&path).expect("a file")));
        if !name.ends_with(&hash) {
            found.push(path.display().to_string());
        }
    }
}

/// The hub with its devices, each with one action that never ends.
struct Scene {
    hub: Hub,
    actions: Vec<i64>,
    modules: Vec<i64>,
}

impl Scene {
    async fn on(database: Database) -> Self {
        let hub = Hub::on(database).start().await;
        allow_gateway(&hub).await;
        let software = Software::create(&hub, "image", "image.bin", bytes_of(9, 1000)).await;
        let names: Vec<String> = (0..DEVICES).map(|n| format!("d-{n}")).collect();
        for name in &names {
            hub.device(name).poll().await;
        }
        software.assign(&hub, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let mut actions = Vec::new();
        for name in &names {
            actions.push(hub.device(name).offered("deploymentBase").await);
        }
        Self { hub, actions, modules: Vec::new() }
    }

    async fn round(&mut self, round: u64, seed: Seed) {
        let mut rng = seed.part(round);
        let storm = Arc::new(Storm::default());
        let (mut talks, mut uploads) = (JoinSet::new(), JoinSet::new());
        for (number, action) in self.actions.iter().copied().enumerate() {
            let device = self.hub.device(&format!("d-{number}"));
            let (word, storm) = (format!("Round {round} device {number}"), storm.clone());
            talks.spawn(async move { (number, talk(device, action, word, storm).await) });
        }
        for number in 0..UPLOADERS {
            let module = Software::module(&self.hub, &format!("m-{round}-{number}")).await;
            self.modules.push(module);
            let (admin, seed, storm) = (self.hub.admin(), rng.random(), storm.clone());
            uploads.spawn(async move { (module, upload(admin, module, seed, storm).await) });
        }
        let enough = rng.random_range(10..150);
        eventually("feedbacks are answered", 60, || async {
            let answered = storm.answered.load(Ordering::Relaxed);
            (answered >= enough).then_some(()).ok_or(format!("{answered} of {enough}"))
        })
        .await;
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..200_000))).await;
        self.hub.kill().await;
        storm.over.store(true, Ordering::Relaxed);
        let (said, uploaded) = (talks.join_all().await, uploads.join_all().await);
        println!("round {round}: killed after {} answers", storm.answered.load(Ordering::Relaxed));
        self.hub.start_again().await;
        self.check(round, &said, &uploaded).await;
    }

    async fn check(&self, round: u64, said: &[(usize, Said)], uploaded: &[(i64, Uploaded)]) {
        let admin = self.hub.admin();
        for (number, said) in said {
            let messages = history(&admin, &format!("d-{number}"), self.actions[*number]).await;
            check_history(&messages, &format!("Round {round} device {number}"), said);
        }
        for (module, uploaded) in uploaded {
            check_artifacts(&admin, *module, uploaded).await;
        }
        let folder = self.hub.folder().to_owned();
        eventually("no leftovers in the artifact store", 15, || async {
            let mut found = Vec::new();
            leftovers(&folder, &mut found);
            if found.is_empty() { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
    }
}

async fn what_was_answered_survives_a_kill(database: Database) {
    let seed = Seed::of("what_was_answered_survives_a_kill");
    let mut scene = Scene::on(database).await;
    for round in 0..ROUNDS {
        scene.round(round, seed).await;
    }
}
on_both!(what_was_answered_survives_a_kill within 240 s);
