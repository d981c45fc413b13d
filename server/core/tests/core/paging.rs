//! Lists: pages, order, sizes and tokens.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, reason, told};
use crate::world::World;
use otahub_client::names;
use otahub_client::proto::{self, Reason};
use otahub_core::HubOptions;

on_each_database!(
    pages_follow_each_other_without_gap_or_overlap,
    pages_of_a_large_fleet_are_those_of_a_small_one,
    a_token_belongs_to_its_request,
    odd_sizes_are_coerced,
    every_field_can_be_ordered_by,
    lists_show_what_is_deleted_if_asked,
    what_is_softly_deleted_keeps_its_name_and_stays_so,
);

async fn with_targets(ground: &Ground, count: usize) -> (World, Operator) {
    with_options(ground, count, HubOptions::default()).await
}

async fn with_options(ground: &Ground, count: usize, options: HubOptions) -> (World, Operator) {
    let world = World::open_with(ground, options).await;
    let boss = world.operator();
    let requests = (0..count).map(|number| proto::CreateTargetRequest {
        target: Some(proto::Target {
            controller_id: format!("d{number:03}"),
            display_name: format!("name {}", number % 3),
            ..Default::default()
        }),
        ..Default::default()
    });
    let requests = requests.collect();
    let request = proto::BatchCreateTargetsRequest { requests, ..Default::default() };
    let mut targets = boss.hub.targets(&boss.caller);
    targets.batch_create_targets(request).await.unwrap();
    (world, boss)
}

async fn list(
    boss: &Operator,
    request: proto::ListTargetsRequest,
) -> Answer<proto::ListTargetsResponse> {
    told(boss.hub.targets(&boss.caller).list_targets(request).await)
}

fn ids(listed: &proto::ListTargetsResponse) -> Vec<String> {
    let ids = listed.targets.iter().map(|t| t.controller_id.clone());
    ids.collect()
}

async fn pages_follow_each_other_without_gap_or_overlap(ground: Ground) {
    let (_world, boss) = with_targets(&ground, 25).await;
    walk(&boss, 7).await;
}

async fn pages_of_a_large_fleet_are_those_of_a_small_one(ground: Ground) {
    let options = HubOptions { large_fleet: 25, ..HubOptions::default() };
    let (_world, boss) = with_options(&ground, 25, options).await;
    // of one target each: the last ones are deep inside
    walk(&boss, 1).await;
    let gone = proto::DeleteTargetRequest { name: "targets/d024".into(), ..Default::default() };
    boss.hub.targets(&boss.caller).delete_target(gone).await.unwrap();
    // what is kept of the list never shows what is gone
    let end = proto::ListTargetsRequest { page_size: 1, skip: 24, ..Default::default() };
    assert_eq!(ids(&list(&boss, end).await.unwrap()), Vec::<String>::new());
}

async fn walk(boss: &Operator, page_size: i32) {
    for order in ["", "name", "name desc, controller_id desc", "update_status"] {
        let mut request =
            proto::ListTargetsRequest { page_size, order_by: order.into(), ..Default::default() };
        let whole = proto::ListTargetsRequest { page_size: 500, ..request.clone() };
        let whole = ids(&list(boss, whole).await.unwrap());
        let mut seen = Vec::new();
        loop {
            let page = list(boss, request.clone()).await.unwrap();
            assert_eq!(page.total_size, 25);
            seen.extend(ids(&page));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, whole, "by {order:?}");
        let skipped = proto::ListTargetsRequest {
            page_token: String::new(),
            skip: 20,
            page_size: 7,
            ..request
        };
        let skipped = list(boss, skipped).await.unwrap();
        assert_eq!(ids(&skipped), whole[20..]);
        assert_eq!(skipped.next_page_token, "");
    }
}

async fn a_token_belongs_to_its_request(ground: Ground) {
    let (_world, boss) = with_targets(&ground, 5).await;
    let request =
        proto::ListTargetsRequest { page_size: 2, order_by: "name".into(), ..Default::default() };
    let token = list(&boss, request.clone()).await.unwrap().next_page_token;
    for (order, token) in [("name desc", token.as_str()), ("name", "nonsense"), ("name", "LTEuYQ")]
    {
        let wrong = proto::ListTargetsRequest {
            order_by: order.into(),
            page_token: token.into(),
            ..request.clone()
        };
        assert_eq!(reason(list(&boss, wrong).await), Reason::InvalidField);
    }
    // another size is no other request
    let larger = proto::ListTargetsRequest { page_size: 100, page_token: token, ..request };
    assert_eq!(list(&boss, larger).await.unwrap().targets.len(), 3);
}

async fn odd_sizes_are_coerced(ground: Ground) {
    let (_world, boss) = with_targets(&ground, 510).await;
    for (size, skip, wanted) in [
        (0, 0, 50),
        (-5, 0, 50),
        (1, 0, 1),
        (501, 0, 500),
        (i32::MAX, 0, 500),
        (5, -3, 5),
        (5, 508, 2),
        (5, i32::MAX, 0),
    ] {
        let request = proto::ListTargetsRequest { page_size: size, skip, ..Default::default() };
        let listed = list(&boss, request).await.unwrap();
        assert_eq!(listed.targets.len(), wanted, "size {size} skip {skip}");
        assert_eq!(listed.total_size, 510);
    }
}

async fn every_field_can_be_ordered_by(ground: Ground) {
    let (_world, boss) = with_targets(&ground, 9).await;
    let fields = "controller_id id name display_name description address group update_status \
                  create_time creator update_time updater last_poll_time";
    for field in fields.split_whitespace() {
        let order_by = format!("{field} desc, id");
        let request = proto::ListTargetsRequest { order_by, ..Default::default() };
        assert_eq!(list(&boss, request).await.unwrap().targets.len(), 9);
    }
    for wrong in ["colour", "name sideways", "name desc asc", "security_token"] {
        let request = proto::ListTargetsRequest { order_by: wrong.into(), ..Default::default() };
        let refused = list(&boss, request).await;
        assert_eq!(reason(refused), Reason::InvalidField, "{wrong}");
    }
    let filtered =
        proto::ListTargetsRequest { filter: "nonesuch = \"x\"".into(), ..Default::default() };
    let refused = list(&boss, filtered).await;
    assert_eq!(reason(refused), Reason::InvalidField);
}

async fn what_is_softly_deleted_keeps_its_name_and_stays_so(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (_, used) = boss.set_and_module("used").await;
    for _ in 0..2 {
        boss.delete_module(used).await.unwrap();
    }
    let mut software = boss.hub.software(&boss.caller);
    let get = proto::GetSoftwareModuleRequest { name: names::software_module(used) };
    let found = told(software.get_software_module(get).await).unwrap();
    let again = proto::CreateSoftwareModuleRequest {
        software_module: Some(proto::SoftwareModule { id: 0, name: String::new(), ..found }),
        ..Default::default()
    };
    let refused = told(software.create_software_module(again).await);
    assert_eq!(reason(refused), Reason::AlreadyExists);
}

async fn lists_show_what_is_deleted_if_asked(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (_, used) = boss.set_and_module("used").await;
    boss.module("os", "kept").await;
    boss.delete_module(used).await.unwrap();
    let mut software = boss.hub.software(&boss.caller);
    for (mode, wanted) in [
        (proto::DeletedMode::Unspecified, vec!["kept"]),
        (proto::DeletedMode::Exclude, vec!["kept"]),
        (proto::DeletedMode::Include, vec!["kept", "used"]),
        (proto::DeletedMode::Only, vec!["used"]),
    ] {
        let request = proto::ListSoftwareModulesRequest {
            deleted_mode: mode.into(),
            order_by: "name".into(),
            ..Default::default()
        };
        let listed = told(software.list_software_modules(request).await).unwrap();
        let shown: Vec<_> =
            listed.software_modules.iter().map(|m| m.display_name.as_str()).collect();
        assert_eq!(shown, wanted);
        assert_eq!(listed.total_size, i64::try_from(wanted.len()).unwrap());
    }
}
