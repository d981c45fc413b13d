//! The devices, and the software that all of them will have.

use otahub_tests::{GATEWAY_KEY, Hub, Software, allow_gateway, bytes_of, set_setting};
use serde_json::{Value, json};

const BATCH: usize = 500;

/// Devices `dev-0` and so on.
pub(crate) struct Fleet {
    size: usize,
    own_tokens: bool,
    software: Software,
}

impl Fleet {
    /// Makes `size` targets and a distribution set.
    pub(crate) async fn create(hub: &Hub, size: usize, own_tokens: bool) -> Self {
        allow_gateway(hub).await;
        set_setting(hub, "authentication.targettoken.enabled", own_tokens).await;
        let numbers: Vec<usize> = (0..size).collect();
        for batch in numbers.chunks(BATCH) {
            let target = |n: &usize| {
                let (id, token) = (id(*n), token(*n));
                json!({"controllerId": id, "name": id, "securityToken": token})
            };
            let body = Value::Array(batch.iter().map(target).collect());
            let _ = hub.admin().post("/targets", body).await.expect(201);
        }
        let software = Software::create(hub, "firmware", "firmware.bin", bytes_of(1, 1000)).await;
        Self { size, own_tokens, software }
    }

    /// How many devices there are.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Gives every device an update.
    pub(crate) async fn assign(&self, hub: &Hub) {
        let ids: Vec<String> = (0..self.size).map(id).collect();
        for batch in ids.chunks(BATCH) {
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            self.software.assign(hub, &batch).await;
        }
    }

    /// What device `number` shows: the value of `Authorization`.
    pub(crate) fn authorization(&self, number: usize) -> String {
        if self.own_tokens {
            format!("TargetToken {}", token(number))
        } else {
            format!("GatewayToken {GATEWAY_KEY}")
        }
    }
}

/// The controller id of device `number`.
pub(crate) fn id(number: usize) -> String {
    format!("dev-{number}")
}

fn token(number: usize) -> String {
    format!("token-of-device-{number}")
}
