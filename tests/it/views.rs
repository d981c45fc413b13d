//! One device, seen through DDI, REST and gRPC at once.

use otahub_client::device::{DeviceRef, Outcome, PollRequest, ReportFeedbackRequest};
use otahub_client::proto::{
    ActionState, AssignDistributionSetsRequest, Assignment, EntryStatus, GetActionRequest,
    GetTargetRequest, ListActionEntriesRequest, Target, UpdateStatus,
};
use otahub_client::{Caller, HubChannel, HubClient, names};
use otahub_tests::{Database, Hub, Software, allow_gateway, bytes_of};
use serde_json::{Value, json};

const ID: &str = "pump/7%";
const ENCODED: &str = "pump-7";

struct Views {
    hub: Hub,
    client: HubClient,
    admin: Caller,
    device: Caller,
    id: &'static str,
}

impl Views {
    async fn on(database: Database, id: &'static str) -> Self {
        let hub = Hub::on(database).start().await;
        allow_gateway(&hub).await;
        let channel = HubChannel::connect(&hub.grpc_url()).await.expect("the hub listens");
        let device = Caller::anonymous().with_authorization("GatewayToken my-gateway-key");
        let admin = Caller::basic("admin", "admin");
        Self { hub, client: HubClient::new(channel), admin, device, id }
    }

    async fn target(&self) -> Target {
        let request = GetTargetRequest { name: names::target(self.id) };
        let target = self.client.targets(&self.admin).get_target(request).await;
        target.expect("the target is there").into_inner()
    }

    async fn rest_target(&self) -> Value {
        self.hub.admin().get(&format!("/targets/{}", self.id)).await.expect(200).json()
    }

    fn device_ref(&self) -> Option<DeviceRef> {
        Some(DeviceRef { tenant: "DEFAULT".into(), controller_id: self.id.to_owned() })
    }

    /// REST and gRPC agree on how the target is.
    async fn all_say(&self, word: &str, status: UpdateStatus) {
        assert_eq!(self.rest_target().await["updateStatus"], word);
        assert_eq!(self.target().await.update_status(), status);
    }

    async fn offered_over_grpc(&self) -> Option<i64> {
        let request = PollRequest { device: self.device_ref() };
        let polled = self.client.device(&self.device).poll(request).await.expect("polled");
        polled.into_inner().offer.map(|offer| offer.action)
    }

    async fn state(&self, action: i64) -> ActionState {
        let request = GetActionRequest { name: names::action(action), ..Default::default() };
        let found = self.client.actions(&self.admin).get_action(request).await;
        found.expect("an action").into_inner().state()
    }

    /// The device says the same thing twice, as over a line that repeats.
    async fn report_twice(&self, action: i64) {
        let report = ReportFeedbackRequest {
            device: self.device_ref(),
            action,
            outcome: Outcome::Downloading.into(),
            messages: vec!["over gRPC".into()],
            request_id: "once".into(),
            ..Default::default()
        };
        for _ in 0..2 {
            let told = self.client.device(&self.device).report_feedback(report.clone()).await;
            assert!(told.expect("taken").into_inner().active);
        }
    }

    /// Assigns over gRPC; the action.
    async fn assign(&self, set: i64) -> i64 {
        let assignment = Assignment {
            controller_id: self.id.to_owned(),
            distribution_set: names::distribution_set(set),
            ..Assignment::default()
        };
        let request =
            AssignDistributionSetsRequest { assignments: vec![assignment], ..Default::default() };
        let done = self.client.actions(&self.admin).assign_distribution_sets(request).await;
        done.expect("assigned").into_inner().assigned_actions[0].action
    }

    async fn entries(&self, action: i64) -> Vec<EntryStatus> {
        let parent = names::action(action);
        let request = ListActionEntriesRequest { parent, ..Default::default() };
        let listed = self.client.actions(&self.admin).list_action_entries(request).await;
        let entries = listed.expect("a history").into_inner().entries;
        entries.iter().map(|e| e.status()).collect()
    }
}

async fn a_change_through_one_shows_in_all(database: Database) {
    let views = Views::on(database, ENCODED).await;
    let ddi = views.hub.device(ENCODED);
    ddi.poll().await;
    views.all_say("registered", UpdateStatus::Registered).await;

    let software = Software::create(&views.hub, "image", "image.bin", bytes_of(1, 500)).await;
    let action = views.assign(software.set).await;
    assert_eq!(ddi.offered("deploymentBase").await, action);
    assert_eq!(views.offered_over_grpc().await, Some(action));
    views.all_say("pending", UpdateStatus::Pending).await;

    views.report_twice(action).await;
    assert_eq!(views.hub.admin().history(ENCODED, action).await, ["download", "running"]);
    let _ = ddi.feedback(action, "closed", "success").await.expect(200);
    let expected = [EntryStatus::Finished, EntryStatus::Download, EntryStatus::Running];
    assert_eq!(views.entries(action).await, expected, "a repeated report changes nothing");
    assert_eq!(views.state(action).await, ActionState::Finished);
    views.all_say("in_sync", UpdateStatus::InSync).await;
    assert_eq!(views.target().await.installed_set, names::distribution_set(software.set));
}
on_both!(a_change_through_one_shows_in_all within 90 s);

async fn an_id_of_any_characters_is_the_same_device_everywhere(database: Database) {
    let views = Views::on(database, ID).await;
    let body = json!([{"controllerId": ID, "name": "pump"}]);
    let _ = views.hub.admin().post("/targets", body).await.expect(201);
    assert_eq!(views.target().await.controller_id, ID);
    let request = PollRequest { device: views.device_ref() };
    views.client.device(&views.device).poll(request).await.expect("polled");
    assert_eq!(views.target().await.update_status(), UpdateStatus::Registered);
}
on_both!(an_id_of_any_characters_is_the_same_device_everywhere within 60 s);
