//! Users of the settings, API tokens and tenants, through the real binary.

use otahub_client::proto::{
    ApiToken, CreateApiTokenRequest, CreateTenantRequest, ListAuditEntriesRequest,
    ListUsersRequest, RevokeApiTokenRequest, Tenant, User,
};
use otahub_client::{Caller, HubChannel, HubClient, names};
use otahub_tests::{Database, Hub, otahub, within};
use reqwest::Method;
use serde_json::json;
use std::io::Write;
use std::process::{Command, Stdio};

const PASSWORD: &str = "a long password";

/// What `otahub hash-password` says of a password.
fn hashed(password: &str) -> String {
    let mut child = Command::new(otahub())
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn settings() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "[users.zoe]\ntenant = 'acme'\npassword_hash = '{0}'\nauthorities = ['READ_TARGET']\n\
         [users.root]\npassword_hash = '{0}'\n\
         authorities = ['ROLE_TENANT_ADMIN', 'SYSTEM_ADMIN']\n",
        hashed(PASSWORD)
    );
    file.write_all(text.as_bytes()).unwrap();
    file
}

async fn connect(hub: &Hub) -> HubClient {
    HubClient::new(HubChannel::connect(&hub.grpc_url()).await.unwrap())
}

async fn status(hub: &Hub, path: &str, user: &str) -> u16 {
    let path = format!("/rest/v1{path}");
    hub.http().send(Method::GET, &path, |r| r.basic_auth(user, Some(PASSWORD))).await.status
}

async fn users_of_the_settings_log_in_and_are_the_first(database: Database) {
    let file = settings();
    let path = file.path().to_str().unwrap().to_owned();
    let hub = Hub::on(database).args(["--config".to_owned(), path]).start().await;
    assert_eq!(status(&hub, "/targets", "acme\\zoe").await, 200);
    assert_eq!(status(&hub, "/distributionsets", "acme\\zoe").await, 403);
    assert_eq!(status(&hub, "/targets", "zoe").await, 401);
    assert_eq!(status(&hub, "/system/configs", "root").await, 200);
    // nobody everybody knows
    let _ = hub.admin().get("/userinfo").await.expect(401);
}
on_both!(users_of_the_settings_log_in_and_are_the_first within 90 s);

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_shown_without_the_hashes() {
    let file = settings();
    let output = Command::new(otahub())
        .args(["check-config", "--config"])
        .arg(file.path())
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && shown.contains("[users.zoe]"), "{shown}");
    assert!(!shown.contains("argon2"), "{shown}");
}

async fn a_token_works_on_rest_and_grpc_until_it_is_revoked(database: Database) {
    let hub = Hub::on(database).start().await;
    let client = connect(&hub).await;
    let admin = Caller::basic("admin", "admin");
    let token = ApiToken {
        description: "ci".into(),
        authorities: vec!["READ_TARGET".into(), "CREATE_TARGET".into()],
        ..Default::default()
    };
    let request = CreateApiTokenRequest { api_token: Some(token) };
    let made = client.users(&admin).create_api_token(request).await.unwrap().into_inner();
    let targets = |method: Method, body: Option<serde_json::Value>| {
        let (hub, secret) = (&hub, made.secret.clone());
        async move {
            hub.http()
                .send(method, "/rest/v1/targets", |r| {
                    let r = r.bearer_auth(secret);
                    match body {
                        Some(body) => r.json(&body),
                        None => r,
                    }
                })
                .await
        }
    };
    let body = json!([{"controllerId": "made-by-a-token"}]);
    let answer = targets(Method::POST, Some(body)).await.expect(201).json();
    assert_eq!(answer[0]["createdBy"], "admin", "{answer}");
    let bearer = Caller::anonymous().with_authorization(&format!("Bearer {}", made.secret));
    let mut users = client.users(&bearer);
    let denied = users.list_users(ListUsersRequest::default()).await;
    assert_eq!(denied.unwrap_err().code(), tonic::Code::PermissionDenied);
    let name = made.api_token.unwrap().name;
    let filter = "resource = \"targets/made-by-a-token\"".to_owned();
    let request = ListAuditEntriesRequest { filter, ..Default::default() };
    let trail = client.users(&admin).list_audit_entries(request).await.unwrap().into_inner();
    let entry = &trail.audit_entries[0];
    assert_eq!(
        (&entry.actor[..], &entry.protocol[..], &entry.credential),
        ("admin", "rest", &name)
    );
    assert_eq!(entry.method, "otahub.v1.TargetService/BatchCreateTargets");
    client.users(&admin).revoke_api_token(RevokeApiTokenRequest { name }).await.unwrap();
    let _ = targets(Method::GET, None).await.expect(401);
}
on_both!(a_token_works_on_rest_and_grpc_until_it_is_revoked within 90 s);

async fn tenants_do_not_see_each_other(database: Database) {
    let hub = Hub::on(database).start().await;
    let client = connect(&hub).await;
    let admin = Caller::basic("admin", "admin");
    let request = CreateTenantRequest {
        tenant: Some(Tenant { name: names::tenant("acme") }),
        first_user: Some(User {
            name: names::user("zoe"),
            password: PASSWORD.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    client.tenants(&admin).create_tenant(request).await.unwrap();
    let _ = hub.admin().post("/targets", json!([{"controllerId": "d1"}])).await.expect(201);
    let zoe = |path: &str| {
        let (hub, path) = (&hub, format!("/rest/v1{path}"));
        async move {
            let shape = |r: reqwest::RequestBuilder| r.basic_auth("ACME\\zoe", Some(PASSWORD));
            hub.http().send(Method::GET, &path, shape).await
        }
    };
    assert_eq!(zoe("/userinfo").await.expect(200).json()["tenant"], "ACME");
    assert_eq!(zoe("/targets").await.expect(200).json()["total"], 0);
    let _ = zoe("/targets/d1").await.expect(404);
    // a permission of the hub's own is no business of hawkBit's clients
    let info = hub.admin().get("/userinfo").await.expect(200).json();
    assert_eq!(info["permissions"], json!(["ROLE_TENANT_ADMIN"]));
}
on_both!(tenants_do_not_see_each_other within 90 s);

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_too_long_is_refused() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let long = "x".repeat(4000);
        let shape = |r: reqwest::RequestBuilder| r.basic_auth("admin", Some(long));
        let _ = hub.http().send(Method::GET, "/rest/v1/userinfo", shape).await.expect(401);
    })
    .await;
}
