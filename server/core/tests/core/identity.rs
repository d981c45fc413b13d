//! Operators: who they are, and that nobody learns more than that they were refused.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, refusal, told};
use crate::world::{World, put_user};
use otahub_client::{Caller, HubClient, proto};

on_each_database!(
    a_password_lets_its_user_in_and_nobody_else,
    every_refusal_of_a_credential_is_the_same,
    the_user_of_the_first_start_is_there,
);

async fn who(hub: &HubClient, caller: &Caller) -> Answer<proto::Caller> {
    let request = proto::GetCallerRequest {};
    told(hub.tenant(caller).get_caller(request).await)
}

async fn a_password_lets_its_user_in_and_nobody_else(ground: Ground) {
    let world = World::open(&ground).await;
    world.user("reader:of:targets", &["READ_TARGET", "ODD"]).await;
    for hub in [world.near(), world.far().await] {
        let boss = who(&hub, &Caller::basic("boss", "boss")).await.unwrap();
        assert_eq!((&*boss.tenant, &*boss.username), ("DEFAULT", "boss"));
        assert_eq!(boss.authorities, ["ROLE_TENANT_ADMIN"]);
        // a colon ends the name (RFC 7617)
        let cut = who(&hub, &Caller::basic("reader:of:targets", "reader:of:targets")).await;
        assert!(cut.is_err());
    }
}

async fn every_refusal_of_a_credential_is_the_same(ground: Ground) {
    let world = World::open(&ground).await;
    put_user(&world.store, "off", &["ROLE_TENANT_ADMIN"], true).await;
    let wrong = [
        Caller::anonymous(),
        Caller::basic("boss", "wrong"),
        Caller::basic("boss", ""),
        Caller::basic("Boss", "boss"),
        Caller::basic("nobody", "nobody"),
        Caller::basic("off", "off"),
        Caller::anonymous().with_authorization("Basic"),
        Caller::anonymous().with_authorization("Basic %%%"),
        Caller::anonymous().with_authorization("Bearer boss"),
        Caller::anonymous().with_authorization("GatewayToken boss"),
    ];
    for hub in [world.near(), world.far().await] {
        for caller in &wrong {
            let told = refusal(&who(&hub, caller).await);
            let wanted = "Unauthenticated REASON_UNAUTHENTICATED «not authenticated» []";
            assert_eq!(told, wanted, "{caller:?}");
        }
    }
    // who was let in lately is let in again, and a wrong password still is not
    let boss = Operator::new(world.near(), "boss");
    for _ in 0..2 {
        who(&boss.hub, &boss.caller).await.unwrap();
        let wrong = who(&boss.hub, &Caller::basic("boss", "wrong")).await;
        assert!(wrong.is_err());
    }
}

async fn the_user_of_the_first_start_is_there(ground: Ground) {
    let world = World::open(&ground).await;
    let (name, password) = otahub_core::DEFAULT_USER;
    let admin = who(&world.near(), &Caller::basic(name, password)).await;
    assert_eq!(admin.unwrap().tenant, otahub_core::DEFAULT_TENANT);
    assert!(world.hub.has_default_password().await.unwrap());
    let before = world.store.read().tenants().await.unwrap().len();
    world.hub.bootstrap().await.unwrap();
    let after = world.store.read().tenants().await.unwrap().len();
    assert_eq!((before, after), (1, 1));
}
