//! A proxy in front of the hub: the certificates it saw, and the address it is known by.

use otahub_tests::{Database, Hub, allow_gateway, set_setting, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_on_loopback_may_say_whose_certificate_it_saw() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        set_setting(&hub, "authentication.header.enabled", true).await;
        set_setting(&hub, "authentication.header.authority", "aa:bb;cc").await;
        let ask = async |cn: &'static str, issuer: &'static str, name: &str, issued_by: &str| {
            let path = format!("/DEFAULT/controller/v1/{name}");
            let shape = |r: reqwest::RequestBuilder| r.header(cn, "d-1").header(issuer, issued_by);
            hub.http().send(reqwest::Method::GET, &path, shape).await.status
        };
        assert_eq!(ask("X-Ssl-Client-Cn", "X-Ssl-Issuer-Hash-1", "d-1", "cc").await, 200);
        assert_eq!(ask("X-Controller-Id", "X-Authority", "d-1", "AA:BB").await, 200);
        assert_eq!(ask("X-Controller-Id", "X-Authority", "d-1", "x,cc").await, 200);
        assert_eq!(ask("X-Controller-Id", "X-Authority", "d-1", "dd").await, 401);
        assert_eq!(ask("X-Controller-Id", "X-Authority", "d-2", "cc").await, 401);
        set_setting(&hub, "authentication.header.enabled", false).await;
        assert_eq!(ask("X-Controller-Id", "X-Authority", "d-1", "cc").await, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_built_from_what_the_proxy_says() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        allow_gateway(&hub).await;
        let forwarded = |r: reqwest::RequestBuilder| {
            r.header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "hub.example.org")
        };
        let device = hub.device("d-1");
        let poll = device.send(reqwest::Method::GET, "", forwarded).await.expect(200).json();
        let expected = "https://hub.example.org/DEFAULT/controller/v1/d-1/configData";
        assert_eq!(poll["_links"]["configData"]["href"], expected, "{poll}");
    })
    .await;
}
