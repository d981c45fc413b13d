//! What most tests need first: a gateway token, and software to install.

use crate::Hub;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The gateway's token in every test; the manual's.
pub const GATEWAY_KEY: &str = "my-gateway-key";

/// Sets a setting of the tenant.
///
/// # Panics
/// If it is refused.
pub async fn set_setting(hub: &Hub, key: &str, value: impl Into<Value>) {
    let path = format!("/system/configs/{key}");
    let answer = hub.admin().put(&path, json!({"value": value.into()})).await;
    assert!(matches!(answer.status, 200 | 204), "{}", answer.seen());
}

/// Lets devices in with the gateway's token.
///
/// # Panics
/// If the settings are refused.
pub async fn allow_gateway(hub: &Hub) {
    set_setting(hub, "authentication.gatewaytoken.key", GATEWAY_KEY).await;
    set_setting(hub, "authentication.gatewaytoken.enabled", true).await;
}

/// A distribution set with one module with one artifact.
#[derive(Debug, Clone)]
pub struct Software {
    /// The set.
    pub set: i64,
    /// The module.
    pub module: i64,
    /// The artifact's file name.
    pub filename: String,
    /// SHA-256 of the artifact in hexadecimal.
    pub sha256: String,
    /// SHA-1 of the artifact, as the hub says.
    pub sha1: String,
}

impl Software {
    /// Makes a set called `name` whose one file is `filename` with `bytes`.
    ///
    /// # Panics
    /// If the hub refuses any of it.
    pub async fn create(hub: &Hub, name: &str, filename: &str, bytes: Vec<u8>) -> Self {
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let module = Self::module(hub, name).await;
        let artifact = hub.admin().upload(module, filename, bytes).await.expect(201).json();
        assert_eq!(artifact["hashes"]["sha256"], sha256.as_str(), "{artifact}");
        let set = Self::set(hub, name, module).await;
        let sha1 = artifact["hashes"]["sha1"].as_str().expect("a sha1").to_owned();
        Self { set, module, filename: filename.to_owned(), sha256, sha1 }
    }

    /// Makes an `os` module without artifacts.
    ///
    /// # Panics
    /// If the hub refuses.
    pub async fn module(hub: &Hub, name: &str) -> i64 {
        let body = json!([{"name": name, "version": "1.0.0", "type": "os"}]);
        let made = hub.admin().post("/softwaremodules", body).await.expect(201).json();
        made[0]["id"].as_i64().expect("a module has an id")
    }

    /// Makes an `os` set of one module.
    ///
    /// # Panics
    /// If the hub refuses.
    pub async fn set(hub: &Hub, name: &str, module: i64) -> i64 {
        let body =
            json!([{"name": name, "version": "1.0.0", "type": "os", "modules": [{"id": module}]}]);
        let made = hub.admin().post("/distributionsets", body).await.expect(201).json();
        made[0]["id"].as_i64().expect("a set has an id")
    }

    /// Assigns the set to targets.
    ///
    /// # Panics
    /// If the hub refuses.
    pub async fn assign(&self, hub: &Hub, targets: &[&str]) -> Value {
        let body: Vec<Value> = targets.iter().map(|id| json!({"id": id})).collect();
        let path = format!("/distributionsets/{}/assignedTargets", self.set);
        hub.admin().post(&path, Value::Array(body)).await.expect(200).json()
    }

    /// The artifact's path below a device's own.
    #[must_use]
    pub fn artifact_path(&self) -> String {
        format!("/softwaremodules/{}/artifacts/{}", self.module, self.filename)
    }
}
