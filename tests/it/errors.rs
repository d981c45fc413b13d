//! The same refusal over REST, whose adapter calls the core in its own process, and over gRPC.

use otahub_client::device::{DeviceRef, Outcome, ReportFeedbackRequest};
use otahub_client::proto::{
    CancelActionRequest, CreateTargetRequest, GetDistributionSetRequest, GetTargetRequest, Target,
};
use otahub_client::{Caller, HubChannel, HubClient, HubError, Reason, names};
use otahub_tests::{Answer, Database, Hub, Software, allow_gateway, bytes_of};
use serde_json::json;
use tonic::{Code, Status};

struct Both {
    hub: Hub,
    client: HubClient,
    admin: Caller,
}

impl Both {
    async fn on(database: Database) -> Self {
        let hub = Hub::on(database).start().await;
        allow_gateway(&hub).await;
        let channel = HubChannel::connect(&hub.grpc_url()).await.expect("the hub listens");
        Self { hub, client: HubClient::new(channel), admin: Caller::basic("admin", "admin") }
    }

    async fn get_target(&self, caller: &Caller, id: &str) -> HubError {
        let request = GetTargetRequest { name: names::target(id) };
        refusal(self.client.targets(caller).get_target(request).await)
    }

    async fn report(&self, action: i64, outcome: Outcome) -> HubError {
        let device = DeviceRef { tenant: "DEFAULT".into(), controller_id: "d-1".into() };
        let request = ReportFeedbackRequest {
            device: Some(device),
            action,
            outcome: outcome.into(),
            ..Default::default()
        };
        let caller = Caller::anonymous().with_authorization("GatewayToken my-gateway-key");
        refusal(self.client.device(&caller).report_feedback(request).await)
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Status>) -> HubError {
    HubError::from(result.expect_err("a refusal"))
}

/// What REST says, as status and the end of hawkBit's error key.
fn said(answer: &Answer) -> (u16, String) {
    let key = if answer.body.is_empty() {
        String::new()
    } else {
        answer.json()["errorCode"].as_str().unwrap_or_default().to_owned()
    };
    (answer.status, key.rsplit('.').next().unwrap_or_default().to_owned())
}

#[track_caller]
fn agree(rest: &Answer, expected: (u16, &str), grpc: &HubError, meant: (Code, Reason)) {
    assert_eq!(said(rest), (expected.0, expected.1.to_owned()), "{}", rest.seen());
    assert_eq!((grpc.code, grpc.reason), meant, "{grpc:?}");
}

async fn what_is_not_there_is_not_there(database: Database) {
    let both = Both::on(database).await;
    let rest = both.hub.admin().get("/targets/none").await;
    let grpc = both.get_target(&both.admin, "none").await;
    agree(&rest, (404, "entityNotFound"), &grpc, (Code::NotFound, Reason::NotFound));
    assert_eq!((grpc.detail("type"), grpc.detail("id")), (Some("Target"), Some("none")));
    let rest = both.hub.admin().get("/distributionsets/4711").await;
    let request = GetDistributionSetRequest { name: names::distribution_set(4711) };
    let grpc =
        refusal(both.client.distribution_sets(&both.admin).get_distribution_set(request).await);
    agree(&rest, (404, "entityNotFound"), &grpc, (Code::NotFound, Reason::NotFound));
}
on_both!(what_is_not_there_is_not_there within 60 s);

async fn what_is_taken_is_taken(database: Database) {
    let both = Both::on(database).await;
    let body = json!([{"controllerId": "d-1"}]);
    let _ = both.hub.admin().post("/targets", body.clone()).await.expect(201);
    let rest = both.hub.admin().post("/targets", body).await;
    let target = Target { controller_id: "d-1".into(), ..Default::default() };
    let request = CreateTargetRequest { target: Some(target), ..Default::default() };
    let grpc = refusal(both.client.targets(&both.admin).create_target(request).await);
    let meant = (Code::AlreadyExists, Reason::AlreadyExists);
    agree(&rest, (409, "entityAlreadyExists"), &grpc, meant);
}
on_both!(what_is_taken_is_taken within 60 s);

async fn nobody_is_nobody(database: Database) {
    let both = Both::on(database).await;
    let rest = both.hub.http().get("/rest/v1/targets/none").await;
    let grpc = both.get_target(&Caller::anonymous(), "none").await;
    assert_eq!(rest.status, 401, "{}", rest.seen());
    assert_eq!((grpc.code, grpc.reason), (Code::Unauthenticated, Reason::Unauthenticated));
    let wrong = both.get_target(&Caller::basic("admin", "wrong"), "none").await;
    assert_eq!((wrong.code, wrong.reason), (Code::Unauthenticated, Reason::Unauthenticated));
}
on_both!(nobody_is_nobody within 60 s);

async fn what_is_over_is_over(database: Database) {
    let both = Both::on(database).await;
    let software = Software::create(&both.hub, "image", "image.bin", bytes_of(1, 500)).await;
    let device = both.hub.device("d-1");
    device.poll().await;
    software.assign(&both.hub, &["d-1"]).await;
    let action = device.offered("deploymentBase").await;
    let _ = device.feedback(action, "closed", "success").await.expect(200);
    let rest = device.feedback(action, "proceeding", "none").await;
    let grpc = both.report(action, Outcome::Proceeding).await;
    agree(&rest, (410, ""), &grpc, (Code::FailedPrecondition, Reason::ActionClosed));
    let rest = both.hub.admin().delete(&format!("/targets/d-1/actions/{action}")).await;
    let request = CancelActionRequest { name: names::action(action), ..Default::default() };
    let grpc = refusal(both.client.actions(&both.admin).cancel_action(request).await);
    let meant = (Code::FailedPrecondition, Reason::ActionNotCancelable);
    agree(&rest, (405, "notCancelable"), &grpc, meant);
}
on_both!(what_is_over_is_over within 60 s);
