//! Users: made, changed and deleted over gRPC, or brought by the settings.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, reason, refusal, told, user};
use crate::world::World;
use otahub_client::proto::{self, Reason};
use otahub_client::{Caller, names};
use otahub_core::{ConfiguredUser, HubOptions};

on_each_database!(
    a_user_logs_in_until_it_is_changed_or_gone,
    nobody_gives_or_takes_more_than_it_has,
    whoever_knows_its_password_may_choose_another,
    what_cannot_be_a_user_is_refused,
    the_settings_bring_users_that_only_they_change,
    the_first_user_does_not_come_back_by_itself,
);

const PASSWORD: &str = "a long password";

fn login(boss: &Operator, name: &str, password: &str) -> Operator {
    boss.as_caller(Caller::basic(name, password))
}

async fn a_user_logs_in_until_it_is_changed_or_gone(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let made = boss.create_user("Zoë B", PASSWORD, &["READ_TARGET"]).await.unwrap();
    assert_eq!((made.name.as_str(), made.password.as_str()), ("users/Zo%C3%AB%20B", ""));
    assert_eq!(made.audit.unwrap().creator, "boss");
    let twice = boss.create_user("Zoë B", PASSWORD, &[]).await;
    assert_eq!(reason(twice), Reason::AlreadyExists);

    let zoe = login(&boss, "Zoë B", PASSWORD);
    assert_eq!(zoe.whoami().await.unwrap().authorities, ["READ_TARGET"]);
    assert_eq!(
        zoe.as_caller(Caller::basic("default\\Zoë B", PASSWORD)).whoami().await.unwrap().username,
        "Zoë B"
    );
    let changed = proto::User { disabled: true, ..user("Zoë B", "", &["READ_ROLLOUT"]) };
    boss.update_user(changed.clone(), &["authorities"]).await.unwrap();
    assert_eq!(zoe.whoami().await.unwrap().authorities, ["READ_ROLLOUT"]);
    let new = user("Zoë B", "another password", &[]);
    boss.update_user(new, &["password"]).await.unwrap();
    assert_eq!(reason(zoe.whoami().await), Reason::Unauthenticated);
    let zoe = login(&boss, "Zoë B", "another password");
    zoe.whoami().await.unwrap();
    boss.update_user(changed.clone(), &["disabled"]).await.unwrap();
    assert_eq!(reason(zoe.whoami().await), Reason::Unauthenticated);
    let enabled = proto::User { disabled: false, ..changed };
    boss.update_user(enabled, &["disabled"]).await.unwrap();
    zoe.whoami().await.unwrap();
    boss.delete_user("Zoë B").await.unwrap();
    assert_eq!(reason(zoe.whoami().await), Reason::Unauthenticated);
    assert_eq!(reason(boss.delete_user("Zoë B").await), Reason::NotFound);
    let listed = boss.hub.users(&boss.caller).list_users(proto::ListUsersRequest::default()).await;
    let names: Vec<_> = told(listed).unwrap().users.into_iter().map(|u| u.name).collect();
    assert_eq!(names, ["users/admin", "users/boss"]);
}

async fn nobody_gives_or_takes_more_than_it_has(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let few = ["CREATE_USER", "UPDATE_USER", "DELETE_USER", "READ_TARGET"];
    let clerk = world.operator_with("clerk", &few).await;
    clerk.create_user("a", PASSWORD, &["READ_TARGET"]).await.unwrap();
    let more = clerk.create_user("b", PASSWORD, &["ROLE_TENANT_ADMIN"]).await;
    assert_eq!(reason(more), Reason::PermissionDenied);
    let raised = clerk.update_user(user("a", "", &["DELETE_TARGET"]), &["authorities"]).await;
    assert!(refusal(&raised).contains("DELETE_TARGET"), "{raised:?}");
    // another's password would be all that the other may
    let taken = clerk.update_user(user("boss", PASSWORD, &[]), &["password"]).await;
    assert_eq!(reason(taken), Reason::PermissionDenied);
    assert_eq!(reason(clerk.delete_user("boss").await), Reason::PermissionDenied);
    let system = boss.create_user("c", PASSWORD, &["SYSTEM_ADMIN"]).await;
    assert!(refusal(&system).contains("SYSTEM_ADMIN"), "{system:?}");
    // `admin` may more than a tenant's administrator
    assert_eq!(reason(boss.delete_user("admin").await), Reason::PermissionDenied);
    assert_eq!(reason(boss.delete_user("boss").await), Reason::ReadOnly);
    let off = proto::User { disabled: true, ..user("boss", "", &[]) };
    assert_eq!(reason(boss.update_user(off, &["disabled"]).await), Reason::ReadOnly);
}

async fn whoever_knows_its_password_may_choose_another(ground: Ground) {
    let world = World::open(&ground).await;
    let plain = world.operator_with("plain", &[]).await;
    plain.update_user(user("plain", PASSWORD, &[]), &["password"]).await.unwrap();
    assert_eq!(reason(plain.whoami().await), Reason::Unauthenticated);
    let plain = login(&plain, "plain", PASSWORD);
    for (name, field) in [("plain", "authorities"), ("boss", "password"), ("nobody", "password")] {
        let refused = plain.update_user(user(name, PASSWORD, &[]), &[field]).await;
        assert_eq!(reason(refused), Reason::PermissionDenied, "{name} {field}");
    }
}

async fn what_cannot_be_a_user_is_refused(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    for (name, password, authorities) in [
        ("a:b", PASSWORD, vec![]),
        ("a\\b", PASSWORD, vec![]),
        (" a", PASSWORD, vec![]),
        ("a", "1234567", vec![]),
        ("a", &"x".repeat(1025), vec![]),
        ("a", PASSWORD, vec!["FLY"]),
        ("a", PASSWORD, vec!["READ_TARGET/name==a"]),
    ] {
        let refused = boss.create_user(name, password, &authorities).await;
        assert!(!refusal(&refused).contains(password), "{refused:?}");
        assert_eq!(reason(refused), Reason::InvalidField, "{name}");
    }
    let long = login(&boss, "boss", &"x".repeat(5000));
    assert_eq!(reason(long.whoami().await), Reason::Unauthenticated);
}

fn options(users: Vec<ConfiguredUser>) -> HubOptions {
    HubOptions { users, ..HubOptions::default() }
}

async fn the_settings_bring_users_that_only_they_change(ground: Ground) {
    let hash = otahub_core::auth::hash_password(PASSWORD, [3; 16]).unwrap();
    let zoe = ConfiguredUser {
        tenant: "ACME".into(),
        name: "zoe".into(),
        password_hash: hash.clone(),
        authorities: vec!["ROLE_TENANT_ADMIN".into()],
    };
    let root = ConfiguredUser {
        tenant: "DEFAULT".into(),
        name: "root".into(),
        authorities: vec!["ROLE_TENANT_ADMIN".into(), "SYSTEM_ADMIN".into()],
        ..zoe.clone()
    };
    let world = World::open_with(&ground, options(vec![zoe.clone(), root])).await;
    world.hub.bootstrap().await.unwrap();
    world.hub.bootstrap().await.unwrap();
    let boss = world.operator();
    let seen = login(&boss, "ACME\\zoe", PASSWORD).whoami().await.unwrap();
    assert_eq!((seen.tenant.as_str(), seen.username.as_str()), ("ACME", "zoe"));
    assert!(login(&boss, "zoe", PASSWORD).whoami().await.is_err());
    let root = login(&boss, "root", PASSWORD);
    root.create_user("other", PASSWORD, &[]).await.unwrap();
    let found = told(
        root.hub
            .users(&root.caller)
            .get_user(proto::GetUserRequest { name: names::user("root") })
            .await,
    );
    assert!(found.unwrap().configured);
    let zoe_here = login(&boss, "ACME\\zoe", PASSWORD);
    let other = world.store.read().tenant("ACME").await.unwrap().unwrap();
    assert_eq!(world.store.read().accounts(other.id, (0, 9)).await.unwrap().total, 1);
    let mine = zoe_here.update_user(user("zoe", PASSWORD, &[]), &["password"]).await;
    assert_eq!(reason(mine), Reason::ReadOnly);
    let set = world.hub.set_password("root", PASSWORD.into()).await;
    assert!(set.is_err());

    // without the settings they are gone, and nobody else is
    let world = World::open(&ground).await;
    world.hub.bootstrap().await.unwrap();
    let boss = world.operator();
    assert!(login(&boss, "root", PASSWORD).whoami().await.is_err());
    assert!(login(&boss, "ACME\\zoe", PASSWORD).whoami().await.is_err());
    login(&boss, "other", PASSWORD).whoami().await.unwrap();
}

async fn the_first_user_does_not_come_back_by_itself(ground: Ground) {
    let world = World::open(&ground).await;
    let root = world.operator_with("root", &["ROLE_TENANT_ADMIN", "SYSTEM_ADMIN"]).await;
    root.delete_user("admin").await.unwrap();
    world.hub.bootstrap().await.unwrap();
    assert!(!world.hub.has_default_password().await.unwrap());
    assert!(login(&root, "admin", "admin").whoami().await.is_err());
    // but who has the machine can bring it back
    world.hub.set_password("admin", PASSWORD.into()).await.unwrap();
    login(&root, "admin", PASSWORD).whoami().await.unwrap();
}
