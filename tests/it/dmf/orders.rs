//! What things are told, and the same things over HTTP.

use super::{SOON, hub_on, is_quiet, is_there, ordered, register, registered, say, told};
use otahub_client::proto::GetTargetRequest;
use otahub_client::{Caller, HubChannel, HubClient, names};
use otahub_tests::{
    Broker, Database, Device, Hub, Service, Software, eventually, json_message, set_setting,
};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(work_waits_for_a_service_that_is_not_there within 600 s);
on_both!(orders_that_become_due_together_go_out_in_batches within 600 s);
on_both!(while_a_window_is_open_each_status_is_answered_by_the_order within 600 s);
on_both!(a_thing_may_also_speak_http within 600 s);

async fn work_waits_for_a_service_that_is_not_there(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    let admin = hub.admin();
    let set = Software::create(&hub, "late", "a.bin", b"late".to_vec()).await;
    let early = Service::open(&broker, "early").await;
    let headers = [("type", "THING_CREATED"), ("tenant", "DEFAULT"), ("thingId", "late")];
    let message = json_message(&headers).with_reply_to("not.there.yet".into());
    early.publish(message, b"").await.unwrap();
    is_there(&admin, "late").await;
    set.assign(&hub, &["late"]).await;
    let client = HubClient::new(HubChannel::connect(&hub.grpc_url()).await.unwrap());
    let why = async || {
        let request = GetTargetRequest { name: names::target("late") };
        let caller = Caller::basic("admin", "admin");
        let target = client.targets(&caller).get_target(request).await.unwrap().into_inner();
        target.undelivered
    };
    eventually("the target says why", 60, async || {
        let said = why().await;
        if said.contains("there is no exchange not.there.yet") { Ok(()) } else { Err(said) }
    })
    .await;
    let service = Service::open(&broker, "not.there.yet").await;
    told(&service, "DOWNLOAD_AND_INSTALL").await;
    eventually("the target has nothing to complain of", 60, async || {
        let said = why().await;
        if said.is_empty() { Ok(()) } else { Err(said) }
    })
    .await;
}

async fn orders_that_become_due_together_go_out_in_batches(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    set_setting(&hub, "batch.assignments.enabled", true).await;
    let service = Service::open(&broker, "batch").await;
    let things = ["b-1", "b-2", "b-3", "b-4"];
    for thing in things {
        registered(&hub, &service, thing).await;
    }
    let set = Software::create(&hub, "batch", "a.bin", b"batch".to_vec()).await;
    set.assign(&hub, &things).await;
    let mut actions = Vec::new();
    while actions.len() < things.len() {
        let message = told(&service, "BATCH_DOWNLOAD_AND_INSTALL").await;
        assert_eq!(message.header("thingId"), None);
        let body = message.json();
        assert!(body["timestamp"].as_i64().is_some_and(|time| time > 0), "{body}");
        let targets = body["targets"].as_array().unwrap().clone();
        assert!(targets.len() > 1 || !actions.is_empty(), "not together: {body}");
        let first = targets[0]["controllerId"].as_str().unwrap();
        let url = &body["softwareModules"][0]["artifacts"][0]["urls"]["HTTP"];
        assert!(url.as_str().unwrap().contains(&format!("/{first}/")), "{url}");
        for target in targets {
            assert_eq!(target["targetSecurityToken"].as_str().unwrap().len(), 32);
            actions.push(target["actionId"].as_i64().unwrap());
        }
    }
    for action in actions {
        say(&service, action, "done", "FINISHED").await.unwrap();
        told(&service, "REQUEST_ATTRIBUTES_UPDATE").await;
    }
    is_quiet(&service).await;
}

async fn assign_in_window(hub: &Hub, set: &Software, thing: &str, schedule: &str) {
    let window = json!({"schedule": schedule, "duration": "00:10:00", "timezone": "+00:00"});
    let body = json!([{"id": set.set, "maintenanceWindow": window}]);
    let _ = hub.admin().post(&format!("/targets/{thing}/assignedDS"), body).await.expect(200);
}

async fn while_a_window_is_open_each_status_is_answered_by_the_order(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    let service = Service::open(&broker, "windows").await;
    let set = Software::create(&hub, "windows", "a.bin", b"windows".to_vec()).await;
    let action = |message: &otahub_tests::Received| message.json()["actionId"].as_i64().unwrap();

    registered(&hub, &service, "always").await;
    assign_in_window(&hub, &set, "always", "0 0/1 * * * ?").await;
    let order = told(&service, "DOWNLOAD_AND_INSTALL").await;
    say(&service, action(&order), "under way", "RUNNING").await.unwrap();
    let again = told(&service, "DOWNLOAD_AND_INSTALL").await;
    assert_eq!(action(&again), action(&order));
    say(&service, action(&order), "done", "FINISHED").await.unwrap();
    told(&service, "REQUEST_ATTRIBUTES_UPDATE").await;

    registered(&hub, &service, "much-later").await;
    assign_in_window(&hub, &set, "much-later", "0 0 0 29 2 ?").await;
    let order = told(&service, "DOWNLOAD").await;
    say(&service, action(&order), "under way", "RUNNING").await.unwrap();
    is_quiet(&service).await;

    registered(&hub, &service, "soon").await;
    assign_in_window(&hub, &set, "soon", &schedule_in(15)).await;
    let first = service.receive(SOON).await.expect("the order");
    if first.header("topic").as_deref() == Some("DOWNLOAD") {
        let order = told(&service, "DOWNLOAD_AND_INSTALL").await;
        assert_eq!(action(&order), action(&first));
    }
    is_quiet(&service).await;
}

/// A schedule whose next time is in so many seconds.
fn schedule_in(seconds: i64) -> String {
    let of_day = (otahub_tests::epoch_millis() / 1000 + seconds) % 86_400;
    format!("{} {} {} * * ?", of_day % 60, of_day / 60 % 60, of_day / 3600)
}

async fn a_thing_may_also_speak_http(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let hub = hub_on(&broker, database).await;
    set_setting(&hub, "authentication.targettoken.enabled", true).await;
    let service = Service::open(&broker, "both").await;
    let (thing, action) = ordered(&hub, &service, 1).await.remove(0);
    register(&service, &thing).await;
    let order = told(&service, "DOWNLOAD_AND_INSTALL").await.json();
    let token = order["targetSecurityToken"].as_str().unwrap().to_owned();
    let url = order["softwareModules"][0]["artifacts"][0]["urls"]["HTTP"].as_str().unwrap();
    let path = url.strip_prefix(hub.http().url("").as_str()).expect("a link to this hub");
    let key = format!("TargetToken {token}");
    let file = hub
        .http()
        .send(Method::GET, path, |request| request.header("authorization", key.as_str()))
        .await
        .expect(200);
    assert_eq!(file.text(), "storm");
    let device = Device::with(hub.http(), &thing, Some(key));
    assert_eq!(device.offered("deploymentBase").await, action);
    let _ = device.feedback(action, "closed", "success").await.expect(200);
    let seen: Value = hub.admin().get(&format!("/targets/{thing}")).await.expect(200).json();
    assert_eq!(seen["updateStatus"], "in_sync");
}
