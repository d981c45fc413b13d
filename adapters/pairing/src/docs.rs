//! What the documentation tells of the pairing API.

use http::StatusCode;
use otahub_rest::Format;
use otahub_rest::docs::{
    self as told, Chapter, Interface, ObjectBuilder, Operation, ParameterBuilder, Schema, Type,
};
use serde_json::json;

/// A device's id in examples.
const DEVICE: &str = "BL9JHK-UTp2BP-vuv7hWpg";
/// PEM in examples.
const CSR: &str = "-----BEGIN CERTIFICATE REQUEST-----\n…\n-----END CERTIFICATE REQUEST-----\n";
/// PEM in examples.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n";
/// How a call on a device may be refused.
const REFUSED: [StatusCode; 5] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// The pairing API with all of its operations, for [`otahub_rest::docs::document`].
#[must_use]
pub fn docs() -> (Interface, Vec<Chapter>) {
    let interface = Interface {
        prefix: "/pairing",
        documents: &[Format::Json],
        bodies: &[Format::Json],
        credentials: &["bearerToken"],
        errors: &[],
        challenges: false,
        own_refusal: Some(|| ("PairingErrors", errors())),
        parameter,
    };
    let chapter = Chapter {
        tag: "Astarte Pairing",
        description: "How devices on Astarte's SDK come by a secret, a certificate and the \
            broker's address, and what a broker has to know of the hub's authority",
        operations: [agents(), devices(), everybody()].concat(),
    };
    (interface, vec![chapter])
}

fn agents() -> Vec<Operation> {
    vec![
        told::post("/v1/{realm}/agent/devices", "registerPairing", "Registers a device")
            .explained("Until its first certificate it may be registered again.")
            .takes_what(data(text_of("hw_id")), json!({"data": {"hw_id": DEVICE}}))
            .creates_what(data(text_of("credentials_secret")))
            .refuses(&REFUSED),
        told::delete(
            "/v1/{realm}/agent/devices/{device}",
            "unregisterPairing",
            "Ends a device's pairing; its certificate counts no more",
        )
        .gives_nothing()
        .refuses(&REFUSED),
    ]
}

fn devices() -> Vec<Operation> {
    let protocol = ObjectBuilder::new().property(
        "astarte_mqtt_v1",
        ObjectBuilder::new().property("broker_url", text()).required("broker_url"),
    );
    let info = text_of("version")
        .property("status", text())
        .required("status")
        .property("protocols", protocol)
        .required("protocols");
    let verdict = ObjectBuilder::new()
        .property("valid", ObjectBuilder::new().schema_type(Type::Boolean))
        .required("valid")
        .property("timestamp", text())
        .property("until", text())
        .property("cause", text());
    vec![
        told::get("/v1/{realm}/devices/{device}", "getPairing", "Says where the broker is")
            .gives_what(data(info))
            .refuses(&REFUSED),
        told::post(
            "/v1/{realm}/devices/{device}/protocols/astarte_mqtt_v1/credentials",
            "issuePairingCertificate",
            "Makes a certificate; the one before counts no more",
        )
        .takes_what(data(text_of("csr")), json!({"data": {"csr": CSR}}))
        .creates_what(data(text_of("client_crt")))
        .refuses(&REFUSED),
        told::post(
            "/v1/{realm}/devices/{device}/protocols/astarte_mqtt_v1/credentials/verify",
            "verifyPairingCertificate",
            "Says whether a certificate holds",
        )
        .takes_what(data(text_of("client_crt")), json!({"data": {"client_crt": CERTIFICATE}}))
        .gives_what(data(verdict))
        .refuses(&REFUSED),
    ]
}

fn everybody() -> Vec<Operation> {
    let unavailable = [StatusCode::SERVICE_UNAVAILABLE];
    let version = |path, id| {
        told::get(path, id, "Gives the hub's version").gives_what(data(text())).for_everybody()
    };
    vec![
        version("/v1/{realm}/version", "getPairingVersionOfRealm"),
        version("/version", "getPairingVersion"),
        told::get("/v1/{realm}/health", "getPairingHealth", "Says that the hub is there")
            .answers(StatusCode::OK)
            .for_everybody(),
        told::get("/ca.pem", "getPairingAuthority", "Gives the certificate of the authority")
            .gives_text(crate::handle::PEM)
            .for_everybody()
            .refuses(&unavailable),
        told::get("/crl.pem", "getPairingRevocations", "Gives the list of revoked certificates")
            .gives_text(crate::handle::PEM)
            .for_everybody()
            .refuses(&unavailable),
    ]
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// An object with one text.
fn text_of(name: &str) -> ObjectBuilder {
    ObjectBuilder::new().property(name, text()).required(name)
}

/// What Astarte wraps everything in.
fn data(inner: impl Into<Schema>) -> Schema {
    ObjectBuilder::new().property("data", inner.into()).required("data").build().into()
}

/// The body of every refusal.
fn errors() -> Schema {
    let inner = text_of("detail");
    ObjectBuilder::new().property("errors", inner).required("errors").build().into()
}

/// A parameter of a path, by its name.
fn parameter(name: &str) -> ParameterBuilder {
    let (says, example) = match name {
        "realm" => ("The tenant's name in lower case", "default"),
        "device" => ("The device's id: 128 bits in 22 letters of base64", DEVICE),
        _ => ("", ""),
    };
    let schema = text().build();
    ParameterBuilder::new()
        .description(Some(says))
        .schema(Some(schema))
        .example(Some(example.into()))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use otahub_client::{HubChannel, HubClient};
    use otahub_rest::HttpSettings;
    use otahub_rest::docs::document;
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use tower::ServiceExt;

    #[tokio::test]
    async fn every_route_is_documented_and_everything_documented_is_a_route() {
        let hub = HubClient::new(HubChannel::connect_lazy("http://127.0.0.1:1").unwrap());
        let broker = "mqtts://broker:8883".parse().unwrap();
        let router = crate::router(hub, Arc::new(HttpSettings::default()), broker);
        let document = serde_json::to_value(document("1", &[super::docs()])).unwrap();
        let told = document["paths"].as_object().unwrap();
        // axum tells its routes in its debugging output only
        let routes = format!("{router:?}");
        let routed: BTreeSet<_> =
            routes.split('"').filter(|t| t.starts_with("/pairing/")).collect();
        assert_eq!(routed, told.keys().map(String::as_str).collect());
        for (path, operations) in told {
            let request = Request::options(path.replace(['{', '}'], "")).body(Body::empty());
            let answer = router.clone().oneshot(request.unwrap()).await.unwrap();
            let allowed = answer.headers()["allow"].to_str().unwrap().split(',').map(str::trim);
            let served: BTreeSet<_> = allowed.filter(|method| *method != "HEAD").collect();
            let methods = operations.as_object().unwrap().keys().map(|m| m.to_uppercase());
            let methods: BTreeSet<_> = methods.collect();
            assert_eq!(served, methods.iter().map(String::as_str).collect(), "{path}");
        }
    }
}
