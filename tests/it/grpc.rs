//! The gRPC port from outside: reflection, health, and what it does not believe.

use futures::{StreamExt, stream};
use otahub_client::device::{DeviceRef, PollRequest};
use otahub_client::{Caller, HubChannel, HubClient};
use otahub_tests::{Database, Hub, allow_gateway, set_setting, within};
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const SERVICES: [&str; 8] = [
    "grpc.health.v1.Health",
    "otahub.device.v1.DeviceService",
    "otahub.v1.ActionService",
    "otahub.v1.DistributionSetService",
    "otahub.v1.EventService",
    "otahub.v1.SoftwareService",
    "otahub.v1.TargetService",
    "otahub.v1.TenantService",
];

async fn reflect(channel: Channel, message: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let mut client = ServerReflectionClient::new(channel);
    let answers = client.server_reflection_info(stream::iter([request])).await;
    let first = answers.expect("reflection is served").into_inner().next().await;
    let answer = first.expect("an answer").expect("no error");
    answer.message_response.expect("a message")
}

async fn connected(hub: &Hub) -> Channel {
    let endpoint = Channel::from_shared(hub.grpc_url()).expect("a URL");
    endpoint.connect().await.expect("the hub listens")
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_every_service_and_knows_their_messages() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let channel = connected(&hub).await;
        let list = MessageRequest::ListServices(String::new());
        let MessageResponse::ListServicesResponse(listed) = reflect(channel.clone(), list).await
        else {
            panic!("no list of services");
        };
        let names: Vec<String> = listed.service.into_iter().map(|s| s.name).collect();
        for service in SERVICES {
            assert!(names.iter().any(|n| n == service), "no {service} in {names:?}");
        }
        for symbol in ["otahub.v1.Target", "otahub.device.v1.DeviceService.Poll"] {
            let asked = MessageRequest::FileContainingSymbol(symbol.to_owned());
            let answer = reflect(channel.clone(), asked).await;
            let found = matches!(answer, MessageResponse::FileDescriptorResponse(_));
            assert!(found, "{symbol}: {answer:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_over_grpc_and_http() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        let mut client = HealthClient::new(connected(&hub).await);
        for service in ["", "otahub.v1.TargetService"] {
            let request = HealthCheckRequest { service: service.to_owned() };
            let status = client.check(request).await.expect("health is served").into_inner().status;
            assert_eq!(status, ServingStatus::Serving as i32, "{service:?}");
        }
        for path in ["/healthz", "/readyz"] {
            let _ = hub.http().get(path).await.expect(200);
        }
        let metrics = hub.http().get("/metrics").await.expect(200).text();
        assert!(metrics.contains("# TYPE "), "{metrics}");
    })
    .await;
}

fn poll_of(id: &str) -> PollRequest {
    PollRequest {
        device: Some(DeviceRef { tenant: "default".into(), controller_id: id.to_owned() }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_adapters_may_say_is_not_believed_from_outside() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        set_setting(&hub, "authentication.header.enabled", true).await;
        set_setting(&hub, "authentication.header.authority", "issuer").await;
        let client = HubClient::new(HubChannel::connect(&hub.grpc_url()).await.expect("a channel"));
        let forged = Caller::anonymous().with_certificate("d-1", &["issuer".to_owned()]);
        let refused = client.device(&forged).poll(poll_of("d-1")).await.expect_err("refused");
        assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_a_hurry_is_told_in_time() {
    within(60, async {
        let hub = Hub::on(Database::Sqlite).start().await;
        allow_gateway(&hub).await;
        let client = HubClient::new(HubChannel::connect(&hub.grpc_url()).await.expect("a channel"));
        let caller = Caller::anonymous().with_authorization("GatewayToken my-gateway-key");
        let mut request = tonic::Request::new(poll_of("d-1"));
        request.set_timeout(std::time::Duration::from_nanos(1));
        let late = client.device(&caller).poll(request).await;
        let code = late.err().map(|status| status.code());
        let is_late = matches!(code, Some(Code::DeadlineExceeded | Code::Cancelled));
        assert!(is_late, "{code:?}");
        client.device(&caller).poll(poll_of("d-1")).await.expect("without a deadline");
    })
    .await;
}
