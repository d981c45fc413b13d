//! Who calls, and about which device.

use crate::Context;
use crate::answer::Refusal;
use http::header::AUTHORIZATION;
use http::request::Parts;
use otahub_client::Caller;
use otahub_client::device::DeviceRef;
use otahub_rest::client_address;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How many characters the name of a device has: 128 bits, six in each.
const DEVICE_ID: usize = 22;

/// The device of a realm. The realm is the tenant's name in lower case.
pub(crate) fn device(realm: &str, id: &str) -> Result<DeviceRef, Refusal> {
    let tenant = realm.to_uppercase();
    if realm.is_empty() || tenant.to_lowercase() != realm {
        let detail = "Realm not found: it is the tenant's name in lower case";
        return Err(Refusal::not_found(detail));
    }
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.len() != DEVICE_ID || !id.bytes().all(is_digit) {
        let detail = "hw_id: is not a valid base64 encoded 128 bits id";
        return Err(Refusal::unprocessable(detail.to_owned()));
    }
    Ok(DeviceRef { tenant, controller_id: id.to_owned() })
}

/// Whoever calls, with its token under the `scheme` that the hub has for it.
pub(crate) fn caller(context: &Context, parts: &Parts, scheme: &str) -> Result<Caller, Refusal> {
    let shown = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown
        .and_then(|value| value.split_once(' '))
        .filter(|(said, token)| said.eq_ignore_ascii_case("bearer") && !token.trim().is_empty());
    let (_, token) = token.ok_or_else(Refusal::unauthorized)?;
    let address = client_address(parts, &context.settings);
    Ok(Caller::anonymous()
        .with_peer_address(&address.to_string())
        .with_authorization(&format!("{scheme} {}", token.trim())))
}

/// What a request has in `data`.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    #[derive(Deserialize)]
    struct Wrapped<T> {
        data: T,
    }
    let read: Result<Wrapped<T>, _> = serde_json::from_slice(body);
    read.map(|wrapped| wrapped.data).map_err(|error| Refusal::unprocessable(error.to_string()))
}
