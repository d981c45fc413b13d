//! Brokers that die, hubs that are killed and networks that are cut: nothing is lost.

use super::{SOON, all_is_told, hub_on, ordered, say};
use otahub_tests::{Broker, Database, Hub, Network, Service, Software, eventually};
use std::collections::BTreeSet;

on_both!(a_broker_that_dies_loses_nothing within 800 s);
on_both!(a_hub_that_is_killed_loses_nothing within 800 s);
on_both!(a_network_that_is_cut_loses_nothing within 800 s);

async fn a_broker_that_dies_loses_nothing(database: Database) {
    let Some(broker) = Broker::own().await else { return };
    let hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "storm").await;
    let ordered = ordered(&hub, &service, 10).await;
    let mut said = Vec::new();
    for number in 0..200 {
        let place = number % ordered.len();
        let word = format!("word {number}");
        if say(&service, ordered[place].1, &word, "RUNNING").await.is_ok() {
            said.push((place, word));
        }
    }
    broker.kill();
    // orders are made meanwhile
    let set = Software::create(&hub, "next", "b.bin", b"next".to_vec()).await;
    let names: Vec<&str> = ordered.iter().map(|(thing, _)| thing.as_str()).collect();
    set.assign(&hub, &names).await;
    broker.restart().await;
    broker.await_hub(&hub).await;
    all_is_told(&hub, &ordered, &said).await;
    let service = Service::open(&broker, "storm").await;
    let mut cancelled = BTreeSet::new();
    while cancelled.len() < ordered.len() {
        let message = service.receive(SOON).await.expect("a cancellation for each");
        if message.header("topic").as_deref() == Some("CANCEL_DOWNLOAD") {
            cancelled.insert(message.header("thingId"));
        }
    }
}

async fn a_hub_that_is_killed_loses_nothing(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let mut hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "storm").await;
    let ordered = ordered(&hub, &service, 10).await;
    let mut said = Vec::new();
    for round in 0..3 {
        for number in 0..100 {
            let place = number % ordered.len();
            let word = format!("round {round} word {number}");
            say(&service, ordered[place].1, &word, "RUNNING").await.expect("the broker lives");
            said.push((place, word));
        }
        hub.kill().await;
        hub.start_again().await;
    }
    broker.await_hub(&hub).await;
    all_is_told(&hub, &ordered, &said).await;
    for (_, action) in &ordered {
        say(&service, *action, "done", "FINISHED").await.expect("the broker lives");
    }
    let mut asked = BTreeSet::new();
    while asked.len() < ordered.len() {
        let message = service.receive(SOON).await.expect("each is asked for its attributes");
        if message.header("topic").as_deref() == Some("REQUEST_ATTRIBUTES_UPDATE") {
            asked.insert(message.header("thingId"));
        }
    }
}

async fn a_network_that_is_cut_loses_nothing(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let network = Network::to(broker.port()).await;
    // a sign of life every five seconds, so that a cut is noticed soon
    let url = format!("{}?heartbeat=5", broker.url_at(&network.address().to_string()));
    let hub = Hub::on(database).args(["--amqp-url", &url]).start().await;
    broker.await_hub(&hub).await;
    let service = Service::open(&broker, "storm").await;
    let ordered = ordered(&hub, &service, 5).await;
    let names: Vec<&str> = ordered.iter().map(|(thing, _)| thing.as_str()).collect();
    let mut said = Vec::new();
    let mut last = 0;
    for (round, (to, from)) in
        [(false, true), (true, false), (false, false)].into_iter().enumerate()
    {
        for half in 0..2 {
            for number in 0..25 {
                let place = number % ordered.len();
                let word = format!("round {round} half {half} word {number}");
                say(&service, ordered[place].1, &word, "RUNNING").await.expect("a broker");
                said.push((place, word));
            }
            if half == 0 {
                network.let_through(to, from);
            }
        }
        let name = format!("round-{round}");
        let set = Software::create(&hub, &name, "b.bin", name.clone().into_bytes()).await;
        set.assign(&hub, &names).await;
        last = set.set;
        eventually("the hub notices", 90, async || {
            let seen = hub.http().get("/readyz").await.text();
            if seen.contains("dmf: away") { Ok(()) } else { Err(seen) }
        })
        .await;
        network.let_through(true, true);
        broker.await_hub(&hub).await;
    }
    all_is_told(&hub, &ordered, &said).await;
    // each gives up one action after the other, until the last one is on offer
    let mut last_orders = BTreeSet::new();
    while last_orders.len() < names.len() {
        let message = service.receive(SOON).await.expect("what there is to do");
        let action = message.json()["actionId"].as_i64();
        match (message.header("topic").as_deref(), action) {
            (Some("CANCEL_DOWNLOAD"), Some(action)) => {
                say(&service, action, &format!("stopped {action}"), "CANCELED")
                    .await
                    .expect("a broker");
            }
            (Some("DOWNLOAD_AND_INSTALL"), Some(action)) => {
                let thing = message.header("thingId").expect("a thing");
                let path = format!("/targets/{thing}/actions/{action}");
                let seen = hub.admin().get(&path).await.expect(200).json();
                let set = seen["_links"]["distributionset"]["href"].as_str().unwrap_or_default();
                if set.ends_with(&format!("/{last}")) {
                    last_orders.insert(thing);
                }
            }
            other => panic!("{other:?}"),
        }
    }
}
