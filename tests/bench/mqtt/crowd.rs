//! The connections that speak for all devices, as a gateway's would.

use otahub_tests::Mosquitto;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What devices say, by topic.
pub(crate) type Words = Vec<(String, String)>;

/// The UUIDs of requests, by their topics.
type Requests = Arc<Mutex<HashMap<String, String>>>;

/// The connections; the first hears for all devices, too.
pub(crate) struct Crowd {
    clients: Vec<AsyncClient>,
    requests: Requests,
}

impl Crowd {
    /// So many connections with the broker.
    pub(crate) fn connect(broker: &Mosquitto, count: usize) -> Self {
        let requests = Requests::default();
        let clients = (0..count.max(1)).map(|n| {
            let mut options = MqttOptions::new(format!("crowd-{n}"), "127.0.0.1", broker.port());
            options.set_inflight(1000).set_max_packet_size(1 << 20, 1 << 20);
            let (client, connection) = AsyncClient::new(options, 1000);
            let hears = (n == 0).then(|| client.clone());
            tokio::spawn(listen(connection, hears, requests.clone()));
            client
        });
        Self { clients: clients.collect(), requests }
    }

    /// How many devices have a request.
    pub(crate) fn requested(&self) -> usize {
        self.requests.lock().expect("a lock").len()
    }

    /// The requests that came since the last time, topic and UUID.
    pub(crate) fn take_requests(&self) -> HashMap<String, String> {
        std::mem::take(&mut *self.requests.lock().expect("a lock"))
    }

    /// Says everything, each device's words in order.
    pub(crate) async fn say(&self, words: Words) {
        let mut shares = vec![Words::new(); self.clients.len()];
        for (topic, payload) in words {
            let share = topic.bytes().map(usize::from).sum::<usize>() % shares.len();
            shares[share].push((topic, payload));
        }
        let speaking = self.clients.iter().zip(shares).map(|(client, share)| async move {
            for (topic, payload) in share {
                let said = client.publish(topic, QoS::AtLeastOnce, false, payload).await;
                said.expect("the connection is there");
            }
        });
        futures::future::join_all(speaking).await;
    }
}

async fn listen(mut connection: EventLoop, hears: Option<AsyncClient>, requests: Requests) {
    loop {
        match connection.poll().await.expect("the broker is there") {
            Event::Incoming(Packet::ConnAck(_)) => {
                if let Some(client) = &hears {
                    let all = "ota/v1/DEFAULT/+/request";
                    client.try_subscribe(all, QoS::AtLeastOnce).expect("room");
                }
            }
            Event::Incoming(Packet::Publish(publish)) => {
                let said: Value = serde_json::from_slice(&publish.payload).expect("JSON");
                let uuid = said["uuid"].as_str().expect("a UUID").to_owned();
                requests.lock().expect("a lock").insert(publish.topic, uuid);
            }
            _ => {}
        }
    }
}
