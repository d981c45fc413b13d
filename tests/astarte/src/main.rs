//! A device on the Astarte SDK as it is published. It says what it is told to on its input, one
//! JSON document a line, and writes down what it hears:
//!
//! - `{"event": {"requestUUID": …, "status": …, "statusProgress": …, …}}` reports on a request;
//! - `{"property": {"interface": …, "path": …, "value": …}}` sets a property, a text or a number;
//! - a line `connected` when it is connected, and each request as a line of JSON.

use astarte_device_sdk::aggregate::AstarteObject;
use astarte_device_sdk::builder::DeviceBuilder;
use astarte_device_sdk::prelude::*;
use astarte_device_sdk::store::memory::MemoryStore;
use astarte_device_sdk::transport::mqtt::{Credential, MqttArgs, MqttConfig};
use astarte_device_sdk::types::AstarteData;
use astarte_device_sdk::Value as Heard;
use chrono::Utc;
use serde_json::{Value, json};
use std::error::Error;
use tokio::io::{AsyncBufReadExt, BufReader};

type Fault = Box<dyn Error + Send + Sync>;

/// What Edgehog's interfaces begin with.
const NAMESPACE: &str = "io.edgehog.devicemanager";

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pairing_url, realm, device_id, token, folder, interfaces] = arguments.as_slice() else {
        return Err("PAIRING_URL REALM DEVICE_ID TOKEN FOLDER INTERFACES".into());
    };
    let config = MqttConfig::new(MqttArgs {
        realm: realm.clone(),
        device_id: device_id.clone(),
        credential: Credential::paring_token(token),
        pairing_url: pairing_url.parse()?,
    });
    let (client, connection) = DeviceBuilder::new()
        .store(MemoryStore::new())
        .interface_directory(interfaces)?
        .writable_dir(folder)
        .connection(config)
        .build()
        .await?;
    println!("connected");
    tokio::select! {
        ended = connection.handle_events() => ended.map_err(Fault::from),
        ended = hear(client.clone()) => ended,
        ended = speak(client) => ended,
    }
}

/// Writes down the requests that come.
async fn hear(client: impl Client) -> Result<(), Fault> {
    while let Some(event) = client.recv().await {
        let Heard::Object { data, .. } = event.data else { continue };
        let text = |key: &str| match data.get(key) {
            Some(AstarteData::String(text)) => json!(text),
            _ => Value::Null,
        };
        let request =
            json!({"operation": text("operation"), "url": text("url"), "uuid": text("uuid")});
        println!("{request}");
    }
    Ok(())
}

/// Says what it is told to.
async fn speak(mut client: impl Client) -> Result<(), Fault> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let said: Value = serde_json::from_str(&line)?;
        if let Some(event) = said["event"].as_object() {
            let mut object = AstarteObject::new();
            for (key, value) in event {
                object.insert(key.clone(), data(value)?);
            }
            let interface = format!("{NAMESPACE}.OTAEvent");
            let now = Utc::now();
            client.send_object_with_timestamp(&interface, "/event", object, now).await?;
        }
        if said["property"].is_object() {
            let text = |key: &str| said["property"][key].as_str().unwrap_or_default().to_owned();
            let interface = format!("{NAMESPACE}.{}", text("interface"));
            let value = match &said["property"]["value"] {
                Value::Number(number) => {
                    AstarteData::LongInteger(number.as_i64().ok_or("no integer")?)
                }
                value => data(value)?,
            };
            client.set_property(&interface, &text("path"), value).await?;
        }
    }
    std::future::pending().await
}

fn data(value: &Value) -> Result<AstarteData, Fault> {
    Ok(match value {
        Value::String(text) => AstarteData::String(text.clone()),
        Value::Number(number) => {
            AstarteData::Integer(i32::try_from(number.as_i64().ok_or("no integer")?)?)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err("no value of these interfaces".into());
        }
    })
}
