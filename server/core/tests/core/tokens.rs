//! API tokens: they permit what they say and their user has, until they end.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, bearer, reason, told, user};
use crate::world::{START, World};
use otahub_client::proto::{self, Reason};
use std::time::Duration;

on_each_database!(
    a_token_is_its_user_with_less_rights_until_it_is_revoked,
    a_token_ends_with_its_time_and_its_user,
    tokens_of_others_are_for_few,
    secrets_are_not_kept,
);

async fn a_token_is_its_user_with_less_rights_until_it_is_revoked(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    boss.target("d1").await;
    let (name, secret) = boss.create_token(&["READ_TARGET"], None).await.unwrap();
    assert!(secret.starts_with("otahub_") && secret.len() == 50, "{secret}");
    for hub in [world.near(), world.far().await] {
        let program = Operator { hub, caller: bearer(&secret) };
        let who = program.whoami().await.unwrap();
        assert_eq!(
            (who.username.as_str(), &who.authorities[..]),
            ("boss", &["READ_TARGET".into()][..])
        );
        program.see("d1").await.unwrap();
        let more = program.update_target("d1", "group", |_| {}).await;
        assert_eq!(reason(more), Reason::PermissionDenied);
        // what it makes would outlive it
        assert_eq!(reason(program.create_token(&[], None).await), Reason::PermissionDenied);
    }
    let program = boss.as_caller(bearer(&secret));
    for odd in ["", "x", "otahub_", &secret[..49], &format!("{secret}A")] {
        assert_eq!(reason(boss.as_caller(bearer(odd)).whoami().await), Reason::Unauthenticated);
    }
    boss.revoke(&name).await.unwrap();
    assert_eq!(reason(program.see("d1").await), Reason::Unauthenticated);
    assert_eq!(reason(boss.revoke(&name).await), Reason::NotFound);
}

async fn a_token_ends_with_its_time_and_its_user(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let clerk = world.operator_with("clerk", &["READ_TARGET", "READ_ROLLOUT"]).await;
    let over = otahub_client::timestamp(START);
    assert_eq!(reason(clerk.create_token(&[], Some(over)).await), Reason::InvalidField);
    assert_eq!(reason(clerk.create_token(&["FLY"], None).await), Reason::InvalidField);
    let more = clerk.create_token(&["READ_TARGET", "DELETE_TARGET"], None).await;
    assert_eq!(reason(more), Reason::PermissionDenied);
    let soon = otahub_client::timestamp(START + 60_000);
    let (_, secret) = clerk.create_token(&["READ_TARGET"], Some(soon)).await.unwrap();
    let program = boss.as_caller(bearer(&secret));
    program.whoami().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(reason(program.whoami().await), Reason::Unauthenticated);

    let (_, secret) = clerk.create_token(&["READ_TARGET"], None).await.unwrap();
    let program = boss.as_caller(bearer(&secret));
    boss.target("d1").await;
    program.see("d1").await.unwrap();
    boss.update_user(user("clerk", "", &["READ_ROLLOUT"]), &["authorities"]).await.unwrap();
    assert_eq!(reason(program.see("d1").await), Reason::PermissionDenied);
    let off = proto::User { disabled: true, ..user("clerk", "", &[]) };
    boss.update_user(off, &["disabled"]).await.unwrap();
    assert_eq!(reason(program.whoami().await), Reason::Unauthenticated);
    boss.delete_user("clerk").await.unwrap();
    boss.create_user("clerk", "a long password", &["READ_TARGET"]).await.unwrap();
    assert_eq!(reason(program.whoami().await), Reason::Unauthenticated);
}

async fn listed(operator: &Operator) -> Vec<proto::ApiToken> {
    let request = proto::ListApiTokensRequest::default();
    told(operator.hub.users(&operator.caller).list_api_tokens(request).await).unwrap().api_tokens
}

async fn tokens_of_others_are_for_few(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let clerk = world.operator_with("clerk", &["READ_TARGET"]).await;
    let (own, secret) = clerk.create_token(&["READ_TARGET"], None).await.unwrap();
    let (other, _) = boss.create_token(&[], None).await.unwrap();
    assert_eq!(listed(&boss).await.len(), 2);
    let seen = listed(&clerk).await;
    assert_eq!((seen.len(), &seen[0].name), (1, &own));
    assert_eq!(seen[0].last_use_time, None);
    clerk.as_caller(bearer(&secret)).whoami().await.unwrap();
    assert!(listed(&clerk).await[0].last_use_time.is_some());
    // whether it is there or not
    for name in [other.as_str(), "apiTokens/999"] {
        assert_eq!(reason(clerk.revoke(name).await), Reason::PermissionDenied);
    }
    clerk.revoke(&own).await.unwrap();
    assert!(listed(&clerk).await.is_empty());
    boss.revoke(&other).await.unwrap();
}

async fn secrets_are_not_kept(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (_, secret) = boss.create_token(&[], None).await.unwrap();
    assert!(world.store.read().api_token_by_hash(&secret).await.unwrap().is_none());
    let told = format!("{:?}{:?}", listed(&boss).await, boss.trail("").await.unwrap());
    assert!(!told.contains(&secret[7..]));
}
