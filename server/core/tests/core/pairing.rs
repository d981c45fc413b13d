//! Pairing: secrets and certificates of devices behind a broker.

use crate::harness::Ground;
use crate::operator::{Answer, reason, told};
use crate::world::{GATEWAY, World};
use otahub_client::device::{self, AttributeMode, CertificateState, LinkProtocol};
use otahub_client::{Caller, HubClient, Reason};
use std::time::Duration;

crate::on_each_database!(
    a_device_has_a_secret_and_one_certificate_that_counts,
    only_who_is_paired_is_heard_through_astarte,
);

const ID: &str = "BL9JHK-UTp2BP-vuv7hWpg";

fn reference() -> Option<device::DeviceRef> {
    Some(device::DeviceRef { tenant: "DEFAULT".into(), controller_id: ID.into() })
}

struct Calls {
    hub: HubClient,
}

impl Calls {
    async fn register(&self, token: &str) -> Answer<String> {
        let caller = Caller::anonymous().with_authorization(&format!("GatewayToken {token}"));
        let request = device::RegisterPairingRequest { device: reference() };
        let answer = told(self.hub.pairing(&caller).register_pairing(request).await);
        answer.map(|answer| answer.secret)
    }

    fn paired(&self, secret: &str) -> Caller {
        Caller::anonymous().with_authorization(&format!("Pairing {secret}"))
    }

    async fn confirmed(&self, secret: &str) -> Answer<bool> {
        let request = device::GetPairingRequest { device: reference() };
        let answer = told(self.hub.pairing(&self.paired(secret)).get_pairing(request).await);
        answer.map(|answer| answer.confirmed)
    }

    async fn issue(&self, secret: &str) -> Answer<String> {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::default();
        let signing_request = params.serialize_request(&key).unwrap().pem().unwrap();
        let request = device::IssueCertificateRequest { device: reference(), signing_request };
        let answer = told(self.hub.pairing(&self.paired(secret)).issue_certificate(request).await);
        answer.map(|answer| answer.certificate)
    }

    async fn state(&self, secret: &str, certificate: &str) -> CertificateState {
        let certificate = certificate.to_owned();
        let request = device::VerifyCertificateRequest { device: reference(), certificate };
        let caller = self.paired(secret);
        told(self.hub.pairing(&caller).verify_certificate(request).await).unwrap().state()
    }

    async fn delete(&self) {
        let caller = Caller::anonymous().with_authorization(&format!("GatewayToken {GATEWAY}"));
        let request = device::DeletePairingRequest { device: reference() };
        told(self.hub.pairing(&caller).delete_pairing(request).await).unwrap();
    }

    async fn trust(&self) -> (String, String) {
        let request = device::GetTrustRequest {};
        let answer = told(self.hub.pairing(&Caller::anonymous()).get_trust(request).await);
        let answer = answer.unwrap();
        (answer.authority, answer.revocations)
    }
}

async fn a_device_has_a_secret_and_one_certificate_that_counts(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let calls = Calls { hub: world.near() };
    assert_eq!(reason(calls.register("wrong").await), Reason::Unauthenticated);
    let lost = calls.register(GATEWAY).await.unwrap();
    let secret = calls.register(GATEWAY).await.unwrap();
    assert_eq!(reason(calls.confirmed(&lost).await), Reason::Unauthenticated);
    assert!(!calls.confirmed(&secret).await.unwrap());
    let empty = calls.trust().await.1;
    let first = calls.issue(&secret).await.unwrap();
    assert!(calls.confirmed(&secret).await.unwrap());
    assert_eq!(calls.state(&secret, &first).await, CertificateState::Valid);
    assert_eq!(calls.state(&secret, "x").await, CertificateState::Unreadable);
    assert_eq!(reason(calls.register(GATEWAY).await), Reason::AlreadyExists);
    let second = calls.issue(&secret).await.unwrap();
    assert_eq!(calls.state(&secret, &first).await, CertificateState::Revoked);
    assert_eq!(calls.state(&secret, &second).await, CertificateState::Valid);
    let (authority, one) = calls.trust().await;
    assert!(one.len() > empty.len(), "the first is on the list");
    assert_eq!(calls.state(&secret, &authority).await, CertificateState::Foreign);
    world.clock.advance(Duration::from_secs(91 * 24 * 3600));
    assert_eq!(calls.state(&secret, &second).await, CertificateState::Expired);
    calls.delete().await;
    assert_eq!(reason(calls.confirmed(&secret).await), Reason::Unauthenticated);
    calls.register(GATEWAY).await.unwrap();
}

async fn only_who_is_paired_is_heard_through_astarte(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let calls = Calls { hub: world.near() };
    let caller = Caller::adapter("astarte");
    let open = async || {
        let protocol = LinkProtocol::Astarte.into();
        let request =
            device::OpenLinkRequest { device: reference(), protocol, ..Default::default() };
        told(calls.hub.push(&caller).open_link(request).await)
    };
    let retain = async |keys: &[&str]| {
        let request = device::RetainAttributesRequest {
            device: reference(),
            prefixes: vec!["os.".to_owned()],
            keys: keys.iter().map(ToString::to_string).collect(),
        };
        told(calls.hub.push(&caller).retain_attributes(request).await).map(|a| a.forgotten)
    };
    assert_eq!(reason(open().await), Reason::Unauthenticated, "not known");
    let secret = calls.register(GATEWAY).await.unwrap();
    assert_eq!(reason(open().await), Reason::Unauthenticated, "no certificate yet");
    calls.issue(&secret).await.unwrap();
    open().await.unwrap();
    let value = |text: &str| device::AttributeValue { value: Some(text.to_owned()) };
    let attributes = ["os.name", "os.version", "other"].map(|key| (key.to_owned(), value("x")));
    let request = device::UpdateAttributesRequest {
        device: reference(),
        mode: AttributeMode::Merge.into(),
        attributes: attributes.into(),
    };
    told(calls.hub.device(&caller).update_attributes(request).await).unwrap();
    assert_eq!(retain(&["os.name"]).await.unwrap(), 1);
    assert_eq!(retain(&["os.name"]).await.unwrap(), 0);
    calls.delete().await;
    assert_eq!(reason(retain(&[]).await), Reason::Unauthenticated);
    assert_eq!(reason(open().await), Reason::Unauthenticated);
}
