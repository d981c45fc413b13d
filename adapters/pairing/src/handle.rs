//! The calls.

use crate::Context;
use crate::answer::{Answer, data};
use crate::call::{caller, device, read};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, header};
use otahub_client::Caller;
use otahub_client::device::{
    CertificateState, DeletePairingRequest, GetPairingRequest, GetTrustRequest, GetTrustResponse,
    IssueCertificateRequest, RegisterPairingRequest, VerifyCertificateRequest,
};
use serde::Deserialize;
use serde_json::json;

/// The scheme of whoever may register devices: the tenant's gateway token.
const AGENT: &str = "GatewayToken";
/// What a certificate is served as.
pub(crate) const PEM: &str = "application/x-pem-file";
/// The scheme of a device's secret.
const DEVICE: &str = "Pairing";

#[derive(Deserialize)]
pub(crate) struct Registration {
    hw_id: String,
}

#[derive(Deserialize)]
pub(crate) struct Request {
    csr: String,
}

#[derive(Deserialize)]
pub(crate) struct Shown {
    client_crt: String,
}

pub(crate) async fn register(
    State(context): State<Context>,
    Path(realm): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Answer {
    let caller = caller(&context, &parts, AGENT)?;
    let wanted: Registration = read(&body)?;
    let request = RegisterPairingRequest { device: Some(device(&realm, &wanted.hw_id)?) };
    let registered = context.hub.pairing(&caller).register_pairing(request).await?.into_inner();
    Ok(data(StatusCode::CREATED, json!({"credentials_secret": registered.secret})))
}

pub(crate) async fn unregister(
    State(context): State<Context>,
    Path((realm, id)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    let caller = caller(&context, &parts, AGENT)?;
    let request = DeletePairingRequest { device: Some(device(&realm, &id)?) };
    context.hub.pairing(&caller).delete_pairing(request).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn info(
    State(context): State<Context>,
    Path((realm, id)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    let caller = caller(&context, &parts, DEVICE)?;
    let request = GetPairingRequest { device: Some(device(&realm, &id)?) };
    let found = context.hub.pairing(&caller).get_pairing(request).await?.into_inner();
    let answer = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "status": if found.confirmed { "confirmed" } else { "pending" },
        "protocols": {"astarte_mqtt_v1": {"broker_url": context.broker.as_str()}},
    });
    Ok(data(StatusCode::OK, answer))
}

pub(crate) async fn credentials(
    State(context): State<Context>,
    Path((realm, id)): Path<(String, String)>,
    parts: Parts,
    body: Bytes,
) -> Answer {
    let caller = caller(&context, &parts, DEVICE)?;
    let Request { csr: signing_request } = read(&body)?;
    let device = Some(device(&realm, &id)?);
    let request = IssueCertificateRequest { device, signing_request };
    let issued = context.hub.pairing(&caller).issue_certificate(request).await?.into_inner();
    Ok(data(StatusCode::CREATED, json!({"client_crt": issued.certificate})))
}

pub(crate) async fn verify(
    State(context): State<Context>,
    Path((realm, id)): Path<(String, String)>,
    parts: Parts,
    body: Bytes,
) -> Answer {
    let caller = caller(&context, &parts, DEVICE)?;
    let Shown { client_crt: certificate } = read(&body)?;
    let device = Some(device(&realm, &id)?);
    let request = VerifyCertificateRequest { device, certificate };
    let found = context.hub.pairing(&caller).verify_certificate(request).await?.into_inner();
    let now = found.verify_time.unwrap_or_default().to_string();
    let cause = match found.state() {
        CertificateState::Valid => {
            let until = found.expire_time.unwrap_or_default().to_string();
            let answer = json!({"valid": true, "timestamp": now, "until": until});
            return Ok(data(StatusCode::OK, answer));
        }
        CertificateState::Expired => "EXPIRED",
        CertificateState::Revoked => "REVOKED",
        CertificateState::Foreign => "INVALID_ISSUER",
        CertificateState::Unreadable | CertificateState::Unspecified => "INVALID",
    };
    let answer = json!({"valid": false, "timestamp": now, "cause": cause, "details": null});
    Ok(data(StatusCode::OK, answer))
}

pub(crate) async fn version() -> Response {
    data(StatusCode::OK, env!("CARGO_PKG_VERSION"))
}

pub(crate) async fn health() -> StatusCode {
    StatusCode::OK
}

pub(crate) async fn authority(State(context): State<Context>) -> Answer {
    Ok(pem(trust(&context).await?.authority))
}

pub(crate) async fn revocations(State(context): State<Context>) -> Answer {
    Ok(pem(trust(&context).await?.revocations))
}

async fn trust(context: &Context) -> Result<GetTrustResponse, tonic::Status> {
    let asked = context.hub.pairing(&Caller::anonymous()).get_trust(GetTrustRequest {}).await;
    asked.map(tonic::Response::into_inner)
}

fn pem(text: String) -> Response {
    ([(header::CONTENT_TYPE, PEM)], text).into_response()
}
