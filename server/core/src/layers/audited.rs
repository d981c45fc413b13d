//! Gives calls that change something an account of their own.

use crate::audit::{self, Call, DENIED, DONE};
use crate::hub::Hub;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use otahub_proto::metadata::PROTOCOL;

/// The services of operators.
const OPERATORS: &str = "/otahub.v1.";
/// How the names of rpcs begin that change nothing.
const READING: [&str; 8] =
    ["Get", "List", "Watch", "Acknowledge", "Download", "Plan", "BatchGet", "Export"];
/// How the names of rpcs begin that account for each part of their streams.
const IN_PARTS: &str = "Import";
/// The longest name of a resource that is kept.
const NAME_MAX: usize = 1024;

/// Accounts for a call that changes something: what it changed, or that it was denied.
pub(crate) async fn audited(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !is_change(path) {
        return next.run(request).await;
    }
    let in_parts = rpc(path).starts_with(IN_PARTS);
    let protocol = request.headers().get(PROTOCOL).and_then(|v| v.to_str().ok());
    let call = Call::new(path.trim_start_matches('/'), protocol.unwrap_or("grpc"));
    let seen = call.clone();
    let request = request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            if let Some(name) = frame.data_ref().and_then(named) {
                seen.name(name);
            }
            frame
        }))
    });
    let response = audit::within(Some(call.clone()), next.run(request)).await;
    match code(response.headers()) {
        "0" if !call.is_recorded() && !in_parts => hub.account(call, DONE).await,
        "7" => hub.account(call, DENIED).await,
        _ => {}
    }
    response
}

fn is_change(path: &str) -> bool {
    path.starts_with(OPERATORS) && !READING.iter().any(|verb| rpc(path).starts_with(verb))
}

/// The name of the rpc.
fn rpc(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn code(headers: &HeaderMap) -> &str {
    headers.get("grpc-status").and_then(|v| v.to_str().ok()).unwrap_or("0")
}

/// The name of the resource that a request is about, if it stands where requests have it: in
/// their first field, or in the first field of that. `data` is the beginning of a gRPC body.
fn named(data: &Bytes) -> Option<String> {
    let message = data.get(5..).filter(|_| data[0] == 0)?;
    let first = first_field(message)?;
    name(first).or_else(|| name(first_field(first)?))
}

/// The bytes of field 1, if the message begins with it.
fn first_field(message: &[u8]) -> Option<&[u8]> {
    let (tag, mut rest) = message.split_first()?;
    if *tag != 0x0A {
        return None;
    }
    let length = usize::try_from(prost::encoding::decode_varint(&mut rest).ok()?).ok()?;
    Some(rest.get(..length).unwrap_or(rest))
}

fn name(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= NAME_MAX)?;
    let (collection, rest) = text.split_once('/')?;
    let is_name = !collection.is_empty()
        && collection.chars().all(|c| c.is_ascii_alphabetic())
        && !rest.contains(char::is_control);
    is_name.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use otahub_proto::otahub::v1 as proto;
    use prost::Message;

    fn body(message: &impl Message) -> Bytes {
        let mut bytes = vec![0; 5];
        bytes.extend(message.encode_to_vec());
        bytes.into()
    }

    #[test]
    fn the_resource_of_a_request_is_found() {
        let name = "targets/d%201".to_owned();
        let gone = proto::DeleteTargetRequest { name: name.clone(), ..Default::default() };
        assert_eq!(named(&body(&gone)), Some(name.clone()));
        let target = Some(proto::Target { name: name.clone(), ..Default::default() });
        let changed = proto::UpdateTargetRequest { target, ..Default::default() };
        assert_eq!(named(&body(&changed)), Some(name));
        let settings = vec![proto::Setting { name: "settings/x".into(), ..Default::default() }];
        let set = proto::UpdateSettingsRequest { settings };
        assert_eq!(named(&body(&set)).as_deref(), Some("settings/x"));
        let nothing = proto::DeleteTargetRequest { name: "odd".into(), ..Default::default() };
        assert_eq!(named(&body(&nothing)), None);
        for odd in ["", "\0\0\0\0\0\n", "\0\0\0\0\0\n\u{7f}ab/c"] {
            let _ = named(&Bytes::from_static(odd.as_bytes()));
        }
    }

    #[test]
    fn only_what_operators_change_is_accounted_for() {
        for (path, is) in [
            ("/otahub.v1.TargetService/DeleteTarget", true),
            ("/otahub.v1.TargetService/BatchCreateTargets", true),
            ("/otahub.v1.TargetService/GetTarget", false),
            ("/otahub.v1.TargetService/ListTargets", false),
            ("/otahub.v1.TargetService/BatchGetTargets", false),
            ("/otahub.v1.TargetService/ExportTargets", false),
            ("/otahub.v1.TargetService/ImportTargets", true),
            ("/otahub.v1.SoftwareService/DownloadArtifact", false),
            ("/otahub.device.v1.DeviceService/Poll", false),
            ("/otahub.device.v1.DeviceService/ReportFeedback", false),
        ] {
            assert_eq!(is_change(path), is, "{path}");
        }
    }
}
