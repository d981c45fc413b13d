//! What lists find, in which order, and what they refuse: over REST and over gRPC.

use otahub_client::proto::{DeleteActionsRequest, ListTargetsRequest, ListTargetsResponse};
use otahub_client::{Caller, HubChannel, HubClient, HubError, Reason};
use otahub_tests::{Database, Hub, Software, allow_gateway, bytes_of};
use serde_json::json;

struct Searched {
    hub: Hub,
    client: HubClient,
    admin: Caller,
}

impl Searched {
    /// Three targets, of which the second has polled and has an attribute, and two actions.
    async fn on(database: Database) -> Self {
        let hub = Hub::on(database).start().await;
        allow_gateway(&hub).await;
        for (id, name) in [("c", "Alpha"), ("B", "beta"), ("a", "Gamma 50%")] {
            let body = json!([{"controllerId": id, "name": name}]);
            let made = hub.admin().post("/targets", body).await;
            assert_eq!(made.status, 201, "{}", made.seen());
        }
        let device = hub.device("B");
        device.poll().await;
        let data = json!({"data": {"Rev": "2"}});
        let taken = device.put("/configData", data).await;
        assert_eq!(taken.status, 200, "{}", taken.seen());
        let software = Software::create(&hub, "fw", "fw.bin", bytes_of(1, 64)).await;
        software.assign(&hub, &["c", "B"]).await;
        let channel = HubChannel::connect(&hub.grpc_url()).await;
        Self {
            hub,
            client: HubClient::new(channel.expect("the hub listens")),
            admin: Caller::basic("admin", "admin"),
        }
    }

    /// The controller ids that a query of REST finds, in their order.
    async fn rest(&self, query: &str) -> String {
        let pairs: Vec<String> = query
            .split('&')
            .map(|pair| pair.replace('%', "%25").replace(' ', "%20").replace('+', "%2B"))
            .collect();
        let path = format!("/targets?{}", pairs.join("&"));
        let found = self.hub.admin().get(&path).await.expect(200).json();
        let found = found["content"].as_array().cloned().unwrap_or_default();
        let ids = found.iter().filter_map(|target| target["controllerId"].as_str());
        ids.collect::<Vec<_>>().join(" ")
    }

    async fn list(&self, filter: &str, token: &str) -> Result<ListTargetsResponse, HubError> {
        let request = ListTargetsRequest {
            page_size: 2,
            page_token: token.into(),
            filter: filter.into(),
            ..Default::default()
        };
        let listed = self.client.targets(&self.admin).list_targets(request).await;
        listed.map(tonic::Response::into_inner).map_err(HubError::from)
    }
}

async fn rest_finds_what_hawkbit_would(database: Database) {
    let searched = Searched::on(database).await;
    for (query, found) in [
        ("", "B a c"),
        ("q=name==ALPHA,name==b*", "B c"),
        ("q=name!=alpha;name!=beta", "a"),
        ("q=name==*50%", "a"),
        ("q=attribute.rev==2", "B"),
        ("q=attribute.REV=is=null", "a c"),
        ("q=assignedds.name=is=null", "a"),
        ("q=assignedds.name==fw and updatestatus==pending", "B c"),
        ("q=lastcontrollerrequestat=le=${OVERDUE_TS}", ""),
        ("q=lastcontrollerrequestat=le=${NOW_TS}", "B"),
        ("q=createdat=le=${now_ts}&sort=name:DESC", "B a c"),
        ("sort=name:ASC", "c a B"),
        ("sort=lastControllerRequestAt:ASC,id:DESC", "c a B"),
        ("sort=lastControllerRequestAt:DESC,id:ASC", "B a c"),
        ("q=autoconfirm==true", ""),
        ("q=name=in=(alpha,beta)&limit=1&offset=1", "c"),
    ] {
        assert_eq!(searched.rest(query).await, found, "{query}");
    }
}
on_both!(rest_finds_what_hawkbit_would within 60 s);

async fn a_filter_belongs_to_its_page_token(database: Database) {
    let searched = Searched::on(database).await;
    let filter = r#"display_name = "*a*""#;
    let first = searched.list(filter, "").await.expect("a page");
    assert_eq!((first.targets.len(), first.total_size), (2, 3));
    let second = searched.list(filter, &first.next_page_token).await.expect("a page");
    assert_eq!((second.targets.len(), second.next_page_token.as_str()), (1, ""));
    let other = searched.list("group = null", &first.next_page_token).await;
    assert_eq!(other.expect_err("another filter").detail("field"), Some("page_token"));
}
on_both!(a_filter_belongs_to_its_page_token within 60 s);

async fn refusals_name_what_is_wrong(database: Database) {
    let searched = Searched::on(database).await;
    for (filter, field, allowed) in [
        ("display_name", None, None),
        ("colour = red", Some("colour"), Some("")),
        (
            "update_status = dancing",
            Some("update_status"),
            Some("UNKNOWN, REGISTERED, PENDING, IN_SYNC, ERROR"),
        ),
    ] {
        let refused = searched.list(filter, "").await.expect_err("a refusal");
        assert_eq!(refused.reason, Reason::InvalidField);
        assert_eq!(refused.detail("field"), Some("filter"));
        assert_eq!((refused.detail("filter_field"), refused.detail("allowed")), (field, allowed));
    }
    let nobody = Caller::basic("admin", "wrong");
    let request = ListTargetsRequest { filter: "colour = red".into(), ..Default::default() };
    let refused = searched.client.targets(&nobody).list_targets(request).await;
    let refused = HubError::from(refused.expect_err("a refusal"));
    assert_eq!(refused.reason, Reason::Unauthenticated, "who asks is looked at first");
}
on_both!(refusals_name_what_is_wrong within 60 s);

async fn actions_are_deleted_by_filter(database: Database) {
    let searched = Searched::on(database).await;
    for (filter, target, count) in [
        ("state = FINISHED", "", 0),
        ("distribution_set.display_name = fw", "targets/c", 1),
        ("target.controller_id = b", "", 1),
        ("active = true", "", 0),
    ] {
        let request = DeleteActionsRequest {
            filter: filter.into(),
            target: target.into(),
            ..Default::default()
        };
        let mut actions = searched.client.actions(&searched.admin);
        let gone = actions.delete_actions(request).await.expect("deleted");
        assert_eq!(gone.into_inner().deleted_count, count, "{filter}");
    }
}
on_both!(actions_are_deleted_by_filter within 60 s);
