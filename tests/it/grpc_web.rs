//! gRPC-Web on the HTTP port, as a browser speaks it: over HTTP/1.1, framed by hand.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Buf, Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue};
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::{HubError, Reason, proto};
use otahub_tests::{Answer, Database, Hub, HubPlan, Software, bytes_of, set_setting, within};
use prost::Message;
use reqwest::Method;
use reqwest::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
};
use tonic::{Code, Status};

const PAGE: &str = "https://ui.example.org";
const BINARY: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";
const GET_CALLER: &str = "/otahub.v1.TenantService/GetCaller";

/// A message with its frame's head.
fn framed(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let length = u32::try_from(bytes.len()).expect("small");
    [&[0][..], &length.to_be_bytes()[..], &bytes].concat()
}

/// The first whole frame: whether it is of trailers, and what it holds.
fn frame(buffer: &mut BytesMut) -> Option<(bool, Bytes)> {
    let length = u32::from_be_bytes(buffer.get(1..5)?.try_into().expect("four bytes"));
    let length = usize::try_from(length).expect("small");
    if buffer.len() < 5 + length {
        return None;
    }
    let is_trailers = buffer.get_u8() & 0x80 != 0;
    buffer.advance(4);
    Some((is_trailers, buffer.split_to(length).freeze()))
}

/// What the trailers say; or the head, where an answer has no message.
fn outcome(head: &HeaderMap, trailers: Option<&Bytes>) -> Status {
    let Some(trailers) = trailers else {
        return Status::from_header_map(head).expect("a status in the head");
    };
    let text = std::str::from_utf8(trailers).expect("text");
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    let trailers = pairs.map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        (name, HeaderValue::from_str(value.trim()).expect("a value"))
    });
    Status::from_header_map(&trailers.collect()).expect("a status in the trailers")
}

async fn call(hub: &Hub, path: &str, media_type: &str, body: Vec<u8>) -> Answer {
    let body = if media_type == TEXT { STANDARD.encode(body).into_bytes() } else { body };
    let shape = |request: reqwest::RequestBuilder| {
        let request = request.header("content-type", media_type).header("accept", media_type);
        request.header("x-grpc-web", "1").basic_auth("admin", Some("admin")).body(body)
    };
    hub.http().send(Method::POST, path, shape).await.expect(200)
}

/// The message of an answer, if there is one, and the outcome.
fn read<M: Message + Default>(answer: &Answer) -> (Option<M>, Status) {
    let mut buffer = BytesMut::from(&answer.body[..]);
    let (mut message, mut trailers) = (None, None);
    while let Some((is_trailers, bytes)) = frame(&mut buffer) {
        if is_trailers {
            trailers = Some(bytes);
        } else {
            message = Some(M::decode(bytes).expect("a message"));
        }
    }
    assert!(buffer.is_empty(), "{}", answer.seen());
    (message, outcome(&answer.headers, trailers.as_ref()))
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_refusals_come_over_grpc_web() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let asked = framed(&proto::GetCallerRequest::default());
        let answer = call(&hub, GET_CALLER, BINARY, asked.clone()).await;
        assert_eq!(answer.header("content-type"), Some(BINARY));
        let (caller, status) = read::<proto::Caller>(&answer);
        assert_eq!((caller.expect("a caller").username, status.code()), ("admin".into(), Code::Ok));

        let mut answer = call(&hub, GET_CALLER, TEXT, asked).await;
        // each frame is encoded for itself, with its padding
        let quads = answer.body.chunks(4).map(|quad| STANDARD.decode(quad).expect("base64"));
        answer.body = quads.flatten().collect();
        let (caller, _) = read::<proto::Caller>(&answer);
        assert_eq!(caller.expect("a caller").username, "admin");

        let path = "/otahub.v1.TargetService/CreateTarget";
        let target = proto::Target { controller_id: "a b".into(), ..Default::default() };
        let asked = proto::CreateTargetRequest { target: Some(target), ..Default::default() };
        let (_, status) = read::<proto::Target>(&call(&hub, path, BINARY, framed(&asked)).await);
        let refused = HubError::from(status);
        assert_eq!((refused.code, refused.reason), (Code::InvalidArgument, Reason::InvalidField));
        assert_eq!(refused.details.fields[0].subject, "controller_id");

        let asked = framed(&tonic_health::pb::HealthCheckRequest::default());
        let answer = call(&hub, "/grpc.health.v1.Health/Check", BINARY, asked).await;
        assert_eq!(read::<tonic_health::pb::HealthCheckResponse>(&answer).1.code(), Code::Ok);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_in_one_request_is_taken_over_grpc_web() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let module = Software::module(&hub, "m").await;
        let start = proto::UploadArtifactStart {
            parent: format!("softwareModules/{module}"),
            filename: "image.bin".into(),
            ..Default::default()
        };
        let data = bytes_of(7, 100_000);
        let steps = [Step::Start(start), Step::Data(data.into())];
        let frames = steps.map(|step| framed(&proto::UploadArtifactRequest { step: Some(step) }));
        let path = "/otahub.v1.SoftwareService/UploadArtifact";
        let (made, status) =
            read::<proto::Artifact>(&call(&hub, path, BINARY, frames.concat()).await);
        let made = made.unwrap_or_else(|| panic!("{status:?}"));
        assert_eq!((made.filename.as_str(), made.size_bytes), ("image.bin", 100_000));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_streamed_over_grpc_web() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let kinds = vec![proto::EventKind::TargetCreated.into()];
        let asked = framed(&proto::WatchEventsRequest { kinds, ..Default::default() });
        let url = format!("{}/otahub.v1.EventService/WatchEvents", hub.url());
        let request = reqwest::Client::builder().http1_only().build().expect("a client").post(url);
        let request = request.header("content-type", BINARY).body(asked);
        let answer = request.basic_auth("admin", Some("admin")).send().await.expect("an answer");
        let (mut pieces, mut buffer) = (answer.bytes_stream(), BytesMut::new());
        let mut seen: Vec<String> = Vec::new();
        let mut listens = false;
        while seen.len() < 2 {
            buffer.extend(pieces.next().await.expect("it goes on").expect("bytes"));
            while let Some((is_trailers, bytes)) = frame(&mut buffer) {
                assert!(!is_trailers, "the stream ended: {bytes:?}");
                let message = proto::WatchEventsResponse::decode(bytes).expect("a message");
                seen.extend(message.event.map(|event| event.resource));
                if !std::mem::replace(&mut listens, true) {
                    for id in ["d-1", "d-2"] {
                        let new = serde_json::json!([{"controllerId": id, "name": id}]);
                        let _ = hub.admin().post("/targets", new).await.expect(201);
                    }
                }
            }
        }
        assert_eq!(seen, ["targets/d-1", "targets/d-2"]);
    })
    .await;
}

/// What a browser asks before a page of `PAGE` may call.
async fn preflight(plan: HubPlan) -> (Hub, Answer) {
    let hub = plan.start().await;
    let shape = |request: reqwest::RequestBuilder| {
        let request = request.header("origin", PAGE).header(ACCESS_CONTROL_REQUEST_METHOD, "POST");
        request.header("access-control-request-headers", "authorization,x-grpc-web")
    };
    let answer = hub.http().send(Method::OPTIONS, GET_CALLER, shape).await.expect(200);
    (hub, answer)
}

fn text<'a>(answer: &'a Answer, name: &HeaderName) -> Option<&'a str> {
    answer.header(name.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_call_if_the_settings_say_so() {
    within(120, async {
        let plan = Hub::on(Database::Sqlite).args(["--web-origins", PAGE]);
        let (hub, allowed) = preflight(plan).await;
        assert_eq!(text(&allowed, &ACCESS_CONTROL_ALLOW_ORIGIN), Some(PAGE));
        assert_eq!(text(&allowed, &ACCESS_CONTROL_ALLOW_METHODS), Some("POST"));
        let headers = text(&allowed, &ACCESS_CONTROL_ALLOW_HEADERS);
        assert_eq!(headers, Some("authorization,x-grpc-web"));
        let shape = |request: reqwest::RequestBuilder| {
            request.header("origin", PAGE).header("content-type", BINARY).body(vec![0; 5])
        };
        let stranger = hub.http().send(Method::POST, GET_CALLER, shape).await.expect(200);
        assert_eq!(text(&stranger, &ACCESS_CONTROL_ALLOW_ORIGIN), Some(PAGE));
        let exposed = text(&stranger, &ACCESS_CONTROL_EXPOSE_HEADERS).expect("it is told");
        assert!(exposed.contains("grpc-status-details-bin"), "{exposed}");
        let (_, status) = read::<proto::Caller>(&stranger);
        assert_eq!(status.code(), Code::Unauthenticated);

        let (_hub, refused) = preflight(Hub::on(Database::Sqlite)).await;
        assert_eq!(text(&refused, &ACCESS_CONTROL_ALLOW_ORIGIN), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_web_believes_no_stranger_and_leaves_the_rest_alone() {
    within(120, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        set_setting(&hub, "authentication.header.enabled", true).await;
        set_setting(&hub, "authentication.header.authority", "issuer").await;
        let device = otahub_client::device::DeviceRef {
            tenant: "default".into(),
            controller_id: "d-1".into(),
        };
        let asked = framed(&otahub_client::device::PollRequest { device: Some(device) });
        let forged = |request: reqwest::RequestBuilder| {
            let request = request.header("content-type", BINARY).body(asked);
            request.header("x-otahub-client-cn", "d-1").header("x-otahub-client-issuer", "issuer")
        };
        let path = "/otahub.device.v1.DeviceService/Poll";
        let answer = hub.http().send(Method::POST, path, forged).await.expect(200);
        let (_, status) = read::<otahub_client::device::PollResponse>(&answer);
        assert_eq!(status.code(), Code::Unauthenticated, "{}", answer.seen());

        // what is no such call is answered as any path that is not there
        let shape = |request: reqwest::RequestBuilder| request.header("accept", "application/json");
        let nothing = hub.http().send(Method::POST, "/nothing/here", shape).await.expect(404);
        let plain = hub.http().send(Method::POST, GET_CALLER, shape).await.expect(404);
        assert_eq!(plain.header("content-type"), nothing.header("content-type"));
    })
    .await;
}
