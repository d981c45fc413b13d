//! The hub's own TLS: devices are who their certificates say, and certificates are renewed.

use otahub_tests::{
    Authority, Database, Device, Http, Hub, ensure_crypto, eventually, set_setting, within,
};
use rcgen::ExtendedKeyUsagePurpose;
use reqwest::{Certificate, Client, Identity};
use std::path::Path;
use tempfile::TempDir;

/// An HTTP client that trusts this authority and shows a certificate of `other`.
fn client(trusted: &Authority, base: &str, shown: Option<(&Authority, &str)>) -> Http {
    ensure_crypto();
    let root = Certificate::from_pem(trusted.pem().as_bytes()).expect("a certificate");
    let mut builder = Client::builder().tls_certs_only([root]).pool_max_idle_per_host(0);
    if let Some((authority, name)) = shown {
        let (certificate, key) = authority.issue(name, ExtendedKeyUsagePurpose::ClientAuth);
        let identity = Identity::from_pem((certificate + &key).as_bytes()).expect("an identity");
        builder = builder.identity(identity);
    }
    Http::with_client(base, builder.build().expect("a client"))
}

async fn tls_hub(folder: &Path, servers: &Authority, devices: &Authority) -> Hub {
    servers.server(folder);
    std::fs::write(folder.join("devices.pem"), devices.pem()).expect("a file");
    let file = |name: &str| folder.join(name).display().to_string();
    let plan = Hub::on(Database::Sqlite)
        .env("OTAHUB_TLS_CERT", file("server.pem"))
        .env("OTAHUB_TLS_KEY", file("server.key"))
        .env("OTAHUB_TLS_CLIENT_CA", file("devices.pem"));
    plan.https().start().await
}

/// The tenant takes certificates of issuers that it knows under one of these names.
async fn trust(hub: &Hub, issuers: &str) {
    set_setting(hub, "authentication.header.enabled", true).await;
    set_setting(hub, "authentication.header.authority", issuers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_who_its_certificate_says() {
    within(90, async {
        let folder = TempDir::new().expect("a folder");
        let (servers, devices) = (Authority::new("servers"), Authority::new("devices"));
        let hub = tls_hub(folder.path(), &servers, &devices).await;
        let known = client(&servers, &hub.https_url(), Some((&devices, "d-1")));
        let device = Device::with(known.clone(), "d-1", None);
        let _ = device.get("").await.expect(401);
        trust(&hub, &devices.fingerprint()).await;

        let poll = device.poll().await;
        let href = poll["_links"]["configData"]["href"].as_str();
        assert!(href.is_some_and(|h| h.starts_with("https://")), "{poll}");
        let _ = Device::with(known, "d-2", None).get("").await.expect(401);
        let plain = client(&servers, &hub.https_url(), None);
        let _ = Device::with(plain, "d-1", None).get("").await.expect(401);
        let _ = Device::with(hub.http(), "d-1", None).get("").await.expect(401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_a_stranger_is_worth_nothing() {
    within(90, async {
        let folder = TempDir::new().expect("a folder");
        let (servers, devices) = (Authority::new("servers"), Authority::new("devices"));
        let hub = tls_hub(folder.path(), &servers, &devices).await;
        // The same name as the real authority, and the tenant even trusts its fingerprint.
        let stranger = Authority::new("devices");
        trust(&hub, &format!("{};devices", stranger.fingerprint())).await;
        let forged = client(&servers, &hub.https_url(), Some((&stranger, "d-1")));
        let path = "/DEFAULT/controller/v1/d-1";
        match forged.attempt(reqwest::Method::GET, path, |r| r).await {
            Ok(answer) => drop(answer.expect(401)),
            Err(refused) => println!("refused in the handshake: {refused}"),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_certificates_are_taken_up_without_a_restart() {
    within(120, async {
        let folder = TempDir::new().expect("a folder");
        let (servers, devices) = (Authority::new("servers"), Authority::new("devices"));
        let hub = tls_hub(folder.path(), &servers, &devices).await;
        let _ = client(&servers, &hub.https_url(), None).get("/healthz").await.expect(200);
        let renewed = Authority::new("new servers");
        renewed.server(folder.path());
        let http = client(&renewed, &hub.https_url(), None);
        eventually("the new certificate is shown", 60, || async {
            let answer = http.attempt(reqwest::Method::GET, "/healthz", |r| r).await;
            answer.map(drop).map_err(|e| format!("{e:?}"))
        })
        .await;
        // Half a file is no reason to stop.
        std::fs::write(folder.path().join("server.pem"), "not a certificate").expect("a file");
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let _ = http.get("/healthz").await.expect(200);
    })
    .await;
}
