//! `otactl users`, `tokens`, `audit` and `tenants`.

use crate::fake::{Fake, Running};
use otahub_client::proto::{
    ApiToken, AuditEntry, CreateApiTokenRequest, CreateApiTokenResponse, CreateTenantRequest,
    CreateUserRequest, ListAuditEntriesRequest, ListAuditEntriesResponse, RevokeApiTokenRequest,
    Tenant, UpdateUserRequest, User,
};
use std::io::Write;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

async fn hub() -> Running {
    Fake::default()
        .unary("UserService/CreateUser", |request: CreateUserRequest| {
            let user = request.user.unwrap();
            assert_eq!(
                (user.password.as_str(), request.tenant.as_str()),
                ("pass word", "tenants/B")
            );
            Ok(User { password: String::new(), ..user })
        })
        .unary("UserService/UpdateUser", |request: UpdateUserRequest| {
            let (user, mask) = (request.user.unwrap(), request.update_mask.unwrap());
            assert_eq!(mask.paths, ["authorities", "disabled"]);
            Ok(user)
        })
        .unary("UserService/CreateApiToken", |request: CreateApiTokenRequest| {
            let token = ApiToken { name: "apiTokens/7".into(), ..request.api_token.unwrap() };
            assert_eq!(token.expire_time.unwrap().seconds, 1_893_456_000);
            Ok(CreateApiTokenResponse { api_token: Some(token), secret: "otahub_s".into() })
        })
        .unary("UserService/RevokeApiToken", |request: RevokeApiTokenRequest| {
            assert_eq!(request.name, "apiTokens/7");
            Ok(())
        })
        .unary("UserService/ListAuditEntries", |request: ListAuditEntriesRequest| {
            assert_eq!(request.filter, "actor = \"zoe\"");
            let entry = AuditEntry {
                id: 3,
                actor: "zoe".into(),
                method: "otahub.v1.TargetService/DeleteTarget".into(),
                resource: "targets/d1".into(),
                outcome: "OK".into(),
                ..Default::default()
            };
            Ok(ListAuditEntriesResponse {
                audit_entries: vec![entry],
                total_size: 1,
                ..Default::default()
            })
        })
        .unary("TenantAdminService/CreateTenant", |request: CreateTenantRequest| {
            assert_eq!(request.first_user.unwrap().name, "users/root");
            Ok::<Tenant, _>(request.tenant.unwrap())
        })
        .start()
        .await
}

#[tokio::test]
async fn a_password_comes_from_a_file_and_is_not_shown() {
    let hub = hub().await;
    let secret = file("pass word\nnot this\n");
    let path = secret.path().to_str().unwrap();
    let args = ["users", "create", "zoë", "--authority", "READ_TARGET", "--tenant", "B"];
    let ran = hub.run(&[&args[..], &["--password-file", path]].concat()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("READ_TARGET") && !ran.out.contains("pass word"), "{}", ran.out);
    let create = ["tenants", "create", "b", "--admin", "root", "--password-file", path];
    assert_eq!(hub.json(&create).await["name"], "tenants/b");
}

#[tokio::test]
async fn only_what_is_named_changes() {
    let hub = hub().await;
    let change = ["users", "update", "zoe", "--authority", "READ_TARGET", "--disabled", "true"];
    assert_eq!(hub.json(&change).await["disabled"], true);
    assert_eq!(hub.run(&["users", "update", "zoe"]).await.code, 2);
}

#[tokio::test]
async fn the_secret_of_a_token_is_shown_once() {
    let hub = hub().await;
    let create = [
        "tokens",
        "create",
        "ci",
        "--authority",
        "READ_TARGET",
        "--expires",
        "2030-01-01T00:00:00Z",
    ];
    let made = hub.json(&create).await;
    assert_eq!((&made["name"], &made["secret"]), (&"apiTokens/7".into(), &"otahub_s".into()));
    let ran = hub.run(&["tokens", "revoke", "7"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "deleted apiTokens/7\n"));
    assert_eq!(hub.run(&["tokens", "create", "ci"]).await.code, 2);
}

#[tokio::test]
async fn the_audit_trail_is_a_line_an_entry() {
    let hub = hub().await;
    let ran = hub.run(&["audit", "--filter", "actor = \"zoe\""]).await;
    let line = ran.out.lines().nth(1).unwrap();
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words, ["zoe", "DeleteTarget", "targets/d1", "OK"]);
}
