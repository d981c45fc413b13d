//! Devices: tokens, certificates, and what strangers may not say.

use crate::device::Device;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::reason;
use crate::world::{GATEWAY, World};
use otahub_client::proto::{Reason, UpdateStatus};
use otahub_client::{Caller, HubClient};

on_each_database!(
    a_gateway_vouches_for_any_device,
    a_target_token_fits_its_own_target_only,
    a_certificate_counts_if_its_issuer_is_trusted,
    strangers_cannot_say_what_only_adapters_may,
    an_unknown_tenant_is_a_wrong_credential,
);

fn token(scheme: &str, token: &str) -> Caller {
    Caller::anonymous().with_authorization(&format!("{scheme} {token}"))
}

fn device(hub: HubClient, caller: Caller, id: &str) -> Device {
    Device::new(hub, caller, id)
}

async fn a_gateway_vouches_for_any_device(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let gateway = device(world.near(), token("GatewayToken", GATEWAY), "d1");
    assert_eq!(reason(gateway.try_poll().await), Reason::Unauthenticated);
    boss.setting("authentication.gatewaytoken.key", GATEWAY).await;
    assert_eq!(reason(gateway.try_poll().await), Reason::Unauthenticated);
    boss.switch("authentication.gatewaytoken.enabled", true).await;
    gateway.poll().await;
    // an operator made it and it was never seen: the first poll registers it
    boss.target("d2").await;
    let seen = boss.see("d2").await.unwrap();
    assert_eq!(seen.update_status(), UpdateStatus::Unknown);
    world.device("d2").poll().await;
    let seen = boss.see("d2").await.unwrap();
    assert_eq!(seen.update_status(), UpdateStatus::Registered);
    for wrong in ["", "the gateway's kez", "the gateway's key "] {
        let stranger = gateway.with(token("GatewayToken", wrong));
        assert_eq!(reason(stranger.try_poll().await), Reason::Unauthenticated);
    }
    boss.setting("authentication.gatewaytoken.key", "").await;
    let empty = gateway.with(token("GatewayToken", ""));
    assert_eq!(reason(empty.try_poll().await), Reason::Unauthenticated);
}

async fn a_target_token_fits_its_own_target_only(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (one, two) = (boss.target("d1").await, boss.target("d2").await);
    let with = |id: &str, secret: &str| device(world.near(), token("TargetToken", secret), id);
    assert_eq!(reason(with("d1", &one).try_poll().await), Reason::Unauthenticated);
    boss.switch("authentication.targettoken.enabled", true).await;
    with("d1", &one).poll().await;
    with("d2", &two).poll().await;
    for (id, secret) in [("d1", &two), ("d2", &one), ("d3", &one)] {
        let refused = with(id, secret).try_poll().await;
        assert_eq!(reason(refused), Reason::Unauthenticated);
    }
    assert_eq!(reason(boss.see("d3").await), Reason::NotFound);
}

async fn a_certificate_counts_if_its_issuer_is_trusted(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let with = |name: &str, issuers: &[&str]| {
        let issuers: Vec<String> = issuers.iter().map(ToString::to_string).collect();
        let caller = Caller::anonymous().with_certificate(name, &issuers);
        device(world.near(), caller, "gerät 1")
    };
    let good = with("gerät 1", &["CN=other", "CN=Root, O=Ä"]);
    let refused = good.try_poll().await;
    assert_eq!(reason(refused), Reason::Unauthenticated);
    boss.switch("authentication.header.enabled", true).await;
    boss.setting("authentication.header.authority", "CN=a; CN=trusted").await;
    assert_eq!(reason(good.try_poll().await), Reason::Unauthenticated);
    for wrong in [
        with("gerät 2", &["CN=trusted"]),
        with("gerät 1", &[]),
        with("gerät 1", &["CN=trusted2"]),
        with("gerät 1", &[""]),
    ] {
        assert_eq!(reason(wrong.try_poll().await), Reason::Unauthenticated);
    }
    // a name with a blank is no controller id, but the credential is good
    let blank = with("gerät 1", &["cn=TRUSTED"]).try_poll().await;
    assert_eq!(reason(blank), Reason::InvalidField);
    let caller = Caller::anonymous().with_certificate("d1", &["CN=trusted".into()]);
    device(world.near(), caller, "d1").poll().await;
}

async fn strangers_cannot_say_what_only_adapters_may(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    boss.switch("authentication.header.enabled", true).await;
    boss.setting("authentication.header.authority", "CN=trusted").await;
    let forged = Caller::anonymous()
        .with_certificate("d1", &["CN=trusted".into()])
        .with_peer_address("6.6.6.6");
    let near = device(world.near(), forged.clone(), "d1");
    near.poll().await;
    let seen = boss.see("d1").await.unwrap();
    assert_eq!(seen.address, "http://6.6.6.6");
    let far = device(world.far().await, forged, "d1");
    assert_eq!(reason(far.try_poll().await), Reason::Unauthenticated);
    let key = token("GatewayToken", GATEWAY).with_peer_address("2001:db8::1");
    device(world.far().await, key.clone(), "d2").poll().await;
    assert_eq!(boss.see("d2").await.unwrap().address, "");
    device(world.near(), key, "d2").poll().await;
    assert_eq!(boss.see("d2").await.unwrap().address, "http://[2001:db8::1]");
}

async fn an_unknown_tenant_is_a_wrong_credential(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let mut lost = world.device("d1");
    lost.who.tenant = "NOBODY".into();
    assert_eq!(reason(lost.try_poll().await), Reason::Unauthenticated);
    assert_eq!(
        reason(lost.report(1, otahub_client::device::Outcome::Succeeded).await),
        Reason::Unauthenticated
    );
    lost.who.tenant = "default".into();
    lost.poll().await;
    let nameless = otahub_client::device::PollRequest { device: None };
    let mut api = lost.hub.device(&lost.caller);
    let refused = crate::operator::told(api.poll(nameless).await);
    assert_eq!(reason(refused), Reason::InvalidField);
}
