//! Who may speak to a hub: adapters by their certificates, and clients of gRPC over TLS.

use otahub_client::device::{DeviceRef, PollRequest};
use otahub_client::proto::GetCallerRequest;
use otahub_client::{Caller, HubChannel, HubClient, Tls};
use otahub_tests::{
    Apart, Authority, Database, Hub, ensure_crypto, eventually, free_port, set_setting, within,
};
use rcgen::ExtendedKeyUsagePurpose;
use std::path::Path;
use tonic::{Code, Status};

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).expect("a file")
}

/// A client that shows `FILE.pem`, or nothing.
fn client(apart: &Apart, url: &str, file: Option<&str>) -> HubClient {
    ensure_crypto();
    let folder = apart.folder();
    let mut tls = Tls::new().trusting(&read(folder, "ca.pem"));
    if let Some(file) = file {
        let [cert, key] = ["pem", "key"].map(|kind| read(folder, &format!("{file}.{kind}")));
        tls = tls.identified_by(&cert, &key);
    }
    HubClient::new(HubChannel::connect_tls(url, &tls).expect("a channel"))
}

/// A poll as a device whose certificate the caller says it has seen.
async fn poll(client: &HubClient) -> Result<(), Status> {
    let caller = Caller::anonymous().with_certificate("d-1", &["issuer".to_owned()]);
    let device = DeviceRef { tenant: "DEFAULT".into(), controller_id: "d-1".into() };
    let request = PollRequest { device: Some(device) };
    client.device(&caller).poll(request).await.map(drop)
}

async fn asked(client: &HubClient) -> Result<(), Status> {
    let caller = Caller::basic("admin", "admin");
    client.tenant(&caller).get_caller(GetCallerRequest::default()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_adapters_are_believed_and_only_on_their_port() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).apart().start().await;
        set_setting(&hub, "authentication.header.enabled", true).await;
        set_setting(&hub, "authentication.header.authority", "issuer").await;
        let apart = hub.adapters();
        poll(&client(apart, &apart.url(), Some("adapter"))).await.expect("an adapter is believed");
        let public = client(apart, &hub.grpc_url(), None);
        let refused = poll(&public).await.expect_err("nobody is believed on the public port");
        assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");

        apart.issue("somebody", "somebody");
        for file in [None, Some("somebody")] {
            let refused = poll(&client(apart, &apart.url(), file)).await.expect_err("no adapter");
            assert_ne!(refused.code(), Code::Unauthenticated, "{file:?} never got in");
        }
        let plain = apart.url().replace("https", "http");
        let refused = poll(&client(apart, &plain, None)).await.expect_err("TLS is a must");
        assert_ne!(refused.code(), Code::Unauthenticated, "{refused:?}");
        poll(&client(apart, &apart.url(), Some("adapter"))).await.expect("the adapter still is");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_certificate_is_refused() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).apart().start().await;
        let stranger = Apart::new();
        let adapter = hub.adapters().adapter("ddi").shows(stranger.folder(), "adapter");
        let adapter = adapter.start().await;
        let ready = adapter.http().get("/readyz").await.expect(503);
        assert!(ready.text().contains("the hub does not answer"), "{}", ready.seen());
        let poll = adapter.http().get("/DEFAULT/controller/v1/d-1").await.expect(503);
        assert!(poll.header("retry-after").is_some(), "{}", poll.seen());
        let log = adapter.process().stderr().join("\n");
        assert!(log.contains("the hub cannot be reached"), "{log}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_both_sides_are_taken_up_without_a_restart() {
    within(240, async {
        let mut hub = Hub::on(Database::Sqlite).apart().start().await;
        let folder = hub.adapters().folder().to_owned();
        let renewed = Authority::new("renewed");
        std::fs::write(folder.join("ca.pem"), renewed.pem()).expect("a file");
        renewed.server(&folder);
        let (cert, key) = renewed.issue("adapter", ExtendedKeyUsagePurpose::ClientAuth);
        std::fs::write(folder.join("adapter.pem"), cert).expect("a file");
        std::fs::write(folder.join("adapter.key"), key).expect("a file");
        eventually("the port for adapters shows the new one", 60, async || {
            let apart = hub.adapters();
            asked(&client(apart, &apart.url(), Some("adapter"))).await.map_err(|e| e.to_string())
        })
        .await;
        // a hub that restarts knows nothing of the old ones, and the adapter has new ones to show
        hub.kill().await;
        hub.start_again().await;
        hub.front().await_state("ready").await;
        let _ = hub.admin().get("/targets").await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_over_tls_asks_for_certificates_where_it_is_told_to() {
    within(120, async {
        let apart = Apart::new();
        let file = |name: &str| apart.folder().join(name).display().to_string();
        for demands in [false, true] {
            let address = format!("127.0.0.1:{}", free_port());
            let mut plan = Hub::on(Database::Sqlite)
                .args(["--grpcs", &address, "--tls-cert", &file("server.pem")])
                .args(["--tls-key", &file("server.key")]);
            if demands {
                plan = plan.args(["--grpcs-client-ca", &file("ca.pem")]);
            }
            let hub = plan.start().await;
            let url = format!("https://{address}");
            asked(&client(&apart, &url, Some("adapter"))).await.expect("with a certificate");
            let without = asked(&client(&apart, &url, None)).await;
            assert_eq!(without.is_err(), demands, "{without:?}");
            let refused = poll(&client(&apart, &url, Some("adapter"))).await;
            let code = refused.expect_err("this is the public port, too").code();
            assert_eq!(code, Code::Unauthenticated);
            asked(&client(&apart, &hub.grpc_url(), None)).await.expect("in the clear beside it");
        }
    })
    .await;
}
