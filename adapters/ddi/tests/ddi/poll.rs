//! The poll and what it is made of: links, media types, ETags, credentials.

use crate::device::{BASE, Device};
use otahub_client::device::{Offer, OfferKind, PollResponse};
use otahub_rest::{ClientCertificate, HttpSettings};
use serde_json::{Value, json};

fn idle() -> PollResponse {
    let interval = prost_types::Duration { seconds: 300, nanos: 0 };
    PollResponse { poll_interval: Some(interval), ..PollResponse::default() }
}

fn offering(kind: OfferKind) -> PollResponse {
    let offer = Offer { action: 7, kind: kind.into(), revision: -29_791 };
    PollResponse { offer: Some(offer), ..idle() }
}

#[tokio::test]
async fn a_new_device_is_asked_for_its_attributes() {
    let device = Device::default();
    device.hub.script().poll.answer(PollResponse { attributes_requested: true, ..idle() });
    let answer = device.get(BASE).await;
    assert_eq!(answer.header("content-type"), Some("application/hal+json"));
    assert_eq!(
        answer.text(),
        concat!(
            r#"{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"configData":"#,
            r#"{"href":"http://h:8080/DEFAULT/controller/v1/d1/configData"}}}"#
        )
    );
    let script = device.hub.script();
    let asked = script.poll.asked[0].device.as_ref().unwrap();
    assert_eq!((asked.tenant.as_str(), asked.controller_id.as_str()), ("DEFAULT", "d1"));
}

#[tokio::test]
async fn an_idle_device_gets_no_links() {
    let device = Device::default();
    device.hub.script().poll.answer(idle());
    let expected = json!({"config": {"polling": {"sleep": "00:05:00"}}});
    assert_eq!(device.get(BASE).await.json(), expected);
}

#[tokio::test]
async fn what_is_on_offer_is_linked_as_clients_take_it_apart() {
    for (kind, rel, path) in [
        (OfferKind::Confirmation, "confirmationBase", "confirmationBase/7?c=-29791"),
        (OfferKind::Cancellation, "cancelAction", "cancelAction/7"),
        (OfferKind::Deployment, "deploymentBase", "deploymentBase/7?c=-29791"),
    ] {
        let device = Device::default();
        let answer = PollResponse { installed_action: 5, ..offering(kind) };
        device.hub.script().poll.answer(answer);
        let links = &device.get(BASE).await.json()["_links"];
        assert_eq!(links[rel]["href"], format!("http://h:8080{BASE}/{path}"));
        assert_eq!(links["installedBase"]["href"], format!("http://h:8080{BASE}/installedBase/5"));
        assert_eq!(links.as_object().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn links_repeat_the_spelling_of_the_request() {
    let device = Device::default();
    device.hub.script().poll.answer(offering(OfferKind::Cancellation));
    let answer = device.get("/deFault/controller/v1/d%C3%A4:1?c=-1").await;
    let href = answer.json()["_links"]["cancelAction"]["href"].clone();
    assert_eq!(href, "http://h:8080/deFault/controller/v1/d%C3%A4:1/cancelAction/7");
    let script = device.hub.script();
    let asked = script.poll.asked[0].device.as_ref().unwrap();
    assert_eq!((asked.tenant.as_str(), asked.controller_id.as_str()), ("deFault", "dä:1"));
}

#[tokio::test]
async fn cbor_has_its_links_in_a_list() {
    let device = Device::default();
    device.hub.script().poll.answer(offering(OfferKind::Cancellation));
    let answer = device.get_with(BASE, &[("accept", "application/cbor")]).await;
    assert_eq!(answer.header("content-type"), Some("application/cbor"));
    let document: Value = ciborium::from_reader(answer.body.as_slice()).unwrap();
    let href = format!("http://h:8080{BASE}/cancelAction/7");
    assert_eq!(
        document,
        json!({
            "config": {"polling": {"sleep": "00:05:00"}},
            "links": [{"rel": "cancelAction", "href": href}],
        })
    );
}

#[tokio::test]
async fn media_types_are_those_of_the_accept_header() {
    let device = Device::default();
    device.hub.script().poll.answer(idle());
    for (accept, expected) in [
        ("*/*", Some("application/hal+json")),
        ("application/json", Some("application/json")),
        ("application/json;charset=UTF-8", Some("application/json;charset=UTF-8")),
        ("application/hal+json, application/json, application/cbor", Some("application/hal+json")),
        ("text/html", None),
    ] {
        let answer = device.get_with(BASE, &[("accept", accept), ("content-length", "0")]).await;
        match expected {
            Some(content_type) => assert_eq!(answer.header("content-type"), Some(content_type)),
            None => assert!(answer.is_empty(406)),
        }
    }
}

#[tokio::test]
async fn an_unchanged_poll_is_not_sent_again_but_still_counts() {
    let device = Device::default();
    device.hub.script().poll.answer(idle());
    let first = device.get(BASE).await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("\"0") && tag.len() == 35);
    let again = device.get_with(BASE, &[("if-none-match", &tag)]).await;
    assert!(again.is_empty(304));
    assert_eq!(again.header("etag"), Some(tag.as_str()));
    assert_eq!(device.hub.script().poll.asked.len(), 2);
    let cbor = device.get_with(BASE, &[("accept", "application/cbor")]).await;
    assert_ne!(cbor.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn a_head_has_no_body_and_no_etag() {
    let device = Device::default();
    device.hub.script().poll.answer(idle());
    let answer = device.send(axum::http::Method::HEAD, BASE, &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.len(), answer.header("etag")), (200, 0, None));
}

#[tokio::test]
async fn the_credential_is_carried_and_not_judged() {
    let device = Device::default();
    device.hub.script().poll.answer(idle());
    let token = [("authorization", "GatewayToken  two blanks")];
    device.get_with(BASE, &token).await;
    let script = device.hub.script();
    let metadata = &script.metadata[0];
    assert_eq!(metadata.get("authorization").unwrap(), "GatewayToken  two blanks");
    assert_eq!(metadata.get("x-otahub-peer-address").unwrap(), "203.0.113.7");
    assert!(metadata.get("x-otahub-client-cn").is_none());
}

#[tokio::test]
async fn certificate_headers_are_believed_from_trusted_proxies_only() {
    let headers = [("x-ssl-client-cn", "d1"), ("x-ssl-issuer-hash-1", "h1")];
    let near = Device::default().behind_a_local_proxy();
    near.hub.script().poll.answer(idle());
    near.get_with(BASE, &headers).await;
    let metadata = near.hub.script().metadata[0].clone();
    assert_eq!(metadata.get("x-otahub-client-cn").unwrap(), "d1");
    assert_eq!(metadata.get("x-otahub-client-issuer").unwrap(), "h1");
    let far = Device::default();
    far.hub.script().poll.answer(idle());
    far.get_with(BASE, &headers).await;
    assert!(far.hub.script().metadata[0].get("x-otahub-client-cn").is_none());
}

#[tokio::test]
async fn the_certificate_of_the_hubs_own_tls_goes_along() {
    let certificate = ClientCertificate { common_name: "d1".into(), issuers: vec!["CN=a".into()] };
    let device = Device::default().over_tls(Some(certificate));
    device.hub.script().poll.answer(PollResponse { attributes_requested: true, ..idle() });
    let answer = device.get(BASE).await;
    let href = answer.json()["_links"]["configData"]["href"].clone();
    assert_eq!(href, format!("https://h:8080{BASE}/configData"));
    let script = device.hub.script();
    assert_eq!(script.metadata[0].get("x-otahub-client-issuer").unwrap(), "CN%3Da");
}

#[tokio::test]
async fn links_begin_with_the_public_address_if_there_is_one() {
    let settings = HttpSettings {
        public_url: Some("https://hub.example.org/ota".into()),
        ..HttpSettings::default()
    };
    let device = Device::with(settings);
    device.hub.script().poll.answer(PollResponse { attributes_requested: true, ..idle() });
    let href = device.get(BASE).await.json()["_links"]["configData"]["href"].clone();
    assert_eq!(href, format!("https://hub.example.org/ota{BASE}/configData"));
}
