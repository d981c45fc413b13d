//! What is served: health, reflection, and a plain word on what is not.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, refusal, told};
use crate::world::World;
use futures::StreamExt;
use otahub_client::HubChannel;
use std::collections::BTreeSet;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tower::ServiceExt;

on_each_database!(what_is_not_served_says_so, health_and_reflection_are_public,);

const SERVED: [&str; 17] = [
    "otahub.device.v1.DeviceService",
    "otahub.device.v1.GatewayService",
    "otahub.v1.ActionService",
    "otahub.v1.DistributionSetService",
    "otahub.v1.DistributionSetTagService",
    "otahub.v1.DistributionSetTypeService",
    "otahub.v1.EventService",
    "otahub.v1.RolloutService",
    "otahub.v1.SoftwareModuleTypeService",
    "otahub.v1.SoftwareService",
    "otahub.v1.TargetFilterService",
    "otahub.v1.TargetService",
    "otahub.v1.TargetTagService",
    "otahub.v1.TargetTypeService",
    "otahub.v1.TenantAdminService",
    "otahub.v1.TenantService",
    "otahub.v1.UserService",
];

fn check<T: std::fmt::Debug>(answer: Answer<T>) {
    let said = refusal(&answer);
    assert!(said.starts_with("Unimplemented REASON_NOT_IMPLEMENTED"), "{said}");
}

async fn what_is_not_served_says_so(ground: Ground) {
    let world = World::open(&ground).await;
    let channel = HubChannel::connect(&world.listen().await).await.unwrap();
    let call = http::Request::post("/otahub.v1.FutureService/Do")
        .header("content-type", "application/grpc")
        .body(tonic::body::Body::empty())
        .unwrap();
    let answer = channel.oneshot(call).await.unwrap();
    let status = tonic::Status::from_header_map(answer.headers()).unwrap();
    check::<()>(told::<()>(Err(status)));
}

async fn health_and_reflection_are_public(ground: Ground) {
    let world = World::open(&ground).await;
    let address = world.listen().await;
    let channel = HubChannel::connect(&address).await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    for service in SERVED.iter().copied().chain([""]) {
        let service = service.to_owned();
        let answer = health.check(HealthCheckRequest { service }).await;
        let status = answer.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving);
    }
    let unknown = HealthCheckRequest { service: "nonesuch".into() };
    let answer = health.check(unknown).await.unwrap_err();
    assert_eq!(answer.code(), tonic::Code::NotFound);
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut reflection = ServerReflectionClient::new(channel);
    let asked = futures::stream::iter([ask]);
    let mut answers = reflection.server_reflection_info(asked).await.unwrap().into_inner();
    let answer = answers.next().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("{answer:?}");
    };
    let listed: BTreeSet<String> = list.service.into_iter().map(|s| s.name).collect();
    assert!(SERVED.iter().all(|s| listed.contains(*s)), "{listed:?}");
    assert!(listed.contains("grpc.health.v1.Health"), "{listed:?}");
}
