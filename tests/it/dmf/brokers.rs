//! Brokers of single tenants, and brokers that want certificates and grant little.

use super::{DEAD_LETTERS, SOON, is_quiet, registered, told};
use otahub_client::proto::{CreateTenantRequest, DeleteTenantRequest, Tenant};
use otahub_client::{Caller, HubChannel, HubClient, names};
use otahub_tests::{Broker, Database, Hub, Service, Software, eventually, json_message};
use std::time::Duration;

on_both!(tenants_have_virtual_hosts_of_their_own within 600 s);
on_both!(a_broker_with_certificates_and_few_permissions_will_do within 600 s);

async fn said_of(hub: &Hub, broker: &str) -> String {
    let seen = hub.http().get("/readyz").await.text();
    let of_it = seen.lines().find_map(|line| line.strip_prefix(&format!("{broker}: ")));
    of_it.unwrap_or("nothing").to_owned()
}

async fn until(hub: &Hub, broker: &str, state: &str) {
    eventually("the hub knows its brokers", 60, async || {
        let said = said_of(hub, broker).await;
        if said == state { Ok(()) } else { Err(format!("{broker}: {said}")) }
    })
    .await;
}

async fn tenants_have_virtual_hosts_of_their_own(database: Database) {
    let (Some(one), Some(two)) = (Broker::any().await, Broker::any().await) else { return };
    let hub = Hub::on(database).args(["--amqp-tenant-url", &one.pattern()]).start().await;
    let client = HubClient::new(HubChannel::connect(&hub.grpc_url()).await.unwrap());
    let admin = Caller::basic("admin", "admin");
    // made while the hub runs; each has the virtual host of its name
    for tenant in [one.host(), two.host()] {
        let request = CreateTenantRequest {
            tenant: Some(Tenant { name: names::tenant(tenant) }),
            ..Default::default()
        };
        client.tenants(&admin).create_tenant(request).await.unwrap();
        until(&hub, &format!("dmf/{tenant}"), "connected").await;
    }
    let service = Service::open(&one, "replies").await;
    let other = Service::open(&two, "replies").await;
    let created = |tenant: Option<&str>, thing| {
        let mut headers = vec![("type", "THING_CREATED"), ("thingId", thing)];
        headers.extend(tenant.map(|tenant| ("tenant", tenant)));
        json_message(&headers).with_reply_to("replies".into())
    };
    // the header may be missing, and names nobody else
    service.publish(created(None, "mine"), b"").await.unwrap();
    other.publish(created(Some(two.host()), "theirs"), b"").await.unwrap();
    other.publish(created(Some(one.host()), "stolen"), b"").await.unwrap();
    let dead = other.receive_from(DEAD_LETTERS, SOON).await.expect("a dead letter");
    assert_eq!(dead.header("thingId").as_deref(), Some("stolen"));
    assert!(dead.header("x-otahub-reason").unwrap().contains("another tenant"));
    for (broker, service, own) in [(&one, &service, "mine"), (&two, &other, "theirs")] {
        let removed = [("type", "THING_REMOVED"), ("thingId", own)];
        service.publish(json_message(&removed), b"").await.unwrap();
        let gone = service.receive(SOON).await.expect("an echo");
        assert_eq!(gone.header("type").as_deref(), Some("THING_DELETED"));
        assert_eq!(gone.header("tenant").as_deref(), Some(broker.host()));
        assert_eq!(gone.header("thingId").as_deref(), Some(own));
        is_quiet(service).await;
    }
    let request = DeleteTenantRequest { name: names::tenant(two.host()) };
    client.tenants(&admin).delete_tenant(request).await.unwrap();
    until(&hub, &format!("dmf/{}", two.host()), "nothing").await;
    until(&hub, &format!("dmf/{}", one.host()), "connected").await;
}

async fn a_broker_with_certificates_and_few_permissions_will_do(database: Database) {
    let Some(broker) = Broker::any().await else { return };
    let untrusting = Hub::on(database).args(["--amqp-url", &broker.tls_url()]).start().await;
    let ca = broker.ca().display().to_string();
    let plan = Hub::on(database).args(["--amqp-url", &broker.tls_url(), "--amqp-ca", &ca]);
    let hub = plan.start().await;
    broker.await_hub(&hub).await;
    let service = Service::open(&broker, "fleet.replies").await;
    registered(&hub, &service, "safe").await;
    let set = Software::create(&hub, "safe", "a.bin", b"safe".to_vec()).await;
    set.assign(&hub, &["safe"]).await;
    told(&service, "DOWNLOAD_AND_INSTALL").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(said_of(&untrusting, "dmf").await, "away", "nobody vouches for the broker");
}
