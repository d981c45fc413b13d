//! Stored target filters, and who may let them assign.

use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Answer, Operator, reason, told};
use crate::orders::mask;
use crate::world::World;
use otahub_client::proto::{self, Reason};
use otahub_client::{HubError, names};
use otahub_core::HubOptions;
use otahub_domain::tenant::Quotas;

on_each_database!(
    a_filter_is_kept_changed_and_deleted,
    what_a_filter_means_is_kept_beside_how_it_was_written,
    a_filter_that_means_nothing_is_refused,
    filters_are_found_by_name_and_by_what_they_assign,
    a_filter_assigns_only_what_is_fit,
    too_many_targets_are_refused_before_anything_is_assigned,
    who_may_change_a_filter_may_not_therefore_assign,
    a_set_that_goes_is_assigned_no_more,
);

/// What assigns a set.
pub(crate) fn automatic(set: i64) -> proto::AutoAssignment {
    proto::AutoAssignment { distribution_set: names::distribution_set(set), ..Default::default() }
}

impl Operator {
    /// Makes a filter.
    pub(crate) async fn filter(&self, name: &str, text: &str) -> Answer<proto::TargetFilter> {
        let filter = proto::TargetFilter {
            display_name: name.into(),
            filter: text.into(),
            ..Default::default()
        };
        self.create_filter(filter).await
    }

    async fn create_filter(&self, filter: proto::TargetFilter) -> Answer<proto::TargetFilter> {
        let request =
            proto::CreateTargetFilterRequest { target_filter: Some(filter), ..Default::default() };
        told(self.hub.target_filters(&self.caller).create_target_filter(request).await)
    }

    /// Changes one field of a filter.
    pub(crate) async fn change_filter(
        &self,
        name: &str,
        field: &str,
        change: impl FnOnce(&mut proto::TargetFilter),
    ) -> Answer<proto::TargetFilter> {
        let mut filter = proto::TargetFilter { name: name.into(), ..Default::default() };
        change(&mut filter);
        let request = proto::UpdateTargetFilterRequest {
            target_filter: Some(filter),
            update_mask: Some(mask(field)),
        };
        told(self.hub.target_filters(&self.caller).update_target_filter(request).await)
    }

    /// Lets a filter assign something, or nothing.
    pub(crate) async fn let_assign(
        &self,
        name: &str,
        auto: Option<proto::AutoAssignment>,
    ) -> Answer<proto::TargetFilter> {
        self.change_filter(name, "auto_assignment", |filter| filter.auto_assignment = auto).await
    }

    /// A filter as it is.
    pub(crate) async fn see_filter(&self, name: &str) -> Answer<proto::TargetFilter> {
        let request = proto::GetTargetFilterRequest { name: name.into() };
        told(self.hub.target_filters(&self.caller).get_target_filter(request).await)
    }

    /// Deletes a filter.
    pub(crate) async fn delete_filter(&self, name: &str) -> Answer<()> {
        let request = proto::DeleteTargetFilterRequest { name: name.into() };
        told(self.hub.target_filters(&self.caller).delete_target_filter(request).await)
    }

    /// The names of the filters that a request finds, in order.
    async fn filters(&self, request: proto::ListTargetFiltersRequest) -> Vec<String> {
        let mut filters = self.hub.target_filters(&self.caller);
        let listed = told(filters.list_target_filters(request).await).unwrap();
        assert_eq!(listed.total_size, listed.target_filters.len() as i64);
        listed.target_filters.into_iter().map(|filter| filter.display_name).collect()
    }

    /// Makes a set unusable.
    pub(crate) async fn invalidate(&self, set: i64) {
        let request = proto::InvalidateDistributionSetRequest {
            name: names::distribution_set(set),
            cancelation_mode: proto::CancelationMode::None.into(),
        };
        let mut sets = self.hub.distribution_sets(&self.caller);
        told(sets.invalidate_distribution_set(request).await).unwrap();
    }

    /// How many filters assign a set.
    async fn assigning(&self, set: i64) -> i64 {
        let request =
            proto::GetDistributionSetStatisticsRequest { name: names::distribution_set(set) };
        let mut sets = self.hub.distribution_sets(&self.caller);
        let counts = told(sets.get_distribution_set_statistics(request).await).unwrap();
        counts.auto_assignment_count
    }
}

fn field(error: &HubError) -> &str {
    error.detail("field").unwrap_or_default()
}

async fn a_filter_is_kept_changed_and_deleted(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let made = boss.filter(" reds ", "group = \"red\"").await.unwrap();
    assert_eq!((made.display_name.as_str(), made.filter.as_str()), ("reds", "group = \"red\""));
    assert_eq!(made.audit.as_ref().unwrap().creator, "boss");
    assert_eq!(boss.see_filter(&made.name).await.unwrap(), made);
    assert_eq!(reason(boss.filter("reds", "id = \"a\"").await), Reason::AlreadyExists);
    let changed = boss.change_filter(&made.name, "display_name", |f| f.display_name = "b".into());
    let changed = changed.await.unwrap();
    assert_eq!((changed.display_name.as_str(), changed.filter), ("b", made.filter));
    assert_ne!(changed.etag, made.etag);
    boss.delete_filter(&made.name).await.unwrap();
    assert_eq!(reason(boss.delete_filter(&made.name).await), Reason::NotFound);
    let gone = boss.see_filter(&made.name).await.unwrap_err();
    assert_eq!((gone.reason, gone.detail("type")), (Reason::NotFound, Some("TargetFilterQuery")));
}

async fn what_a_filter_means_is_kept_beside_how_it_was_written(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let filter = proto::TargetFilter {
        display_name: "n".into(),
        filter: "controller_id = \"a*\"".into(),
        source: "id==a*".into(),
        ..Default::default()
    };
    let made = boss.create_filter(filter).await.unwrap();
    assert_eq!((made.filter.as_str(), made.source.as_str()), ("controller_id = \"a*\"", "id==a*"));
    let changed =
        boss.change_filter(&made.name, "filter", |f| f.filter = "group = \"g\"".into()).await;
    let changed = changed.unwrap();
    assert_eq!((changed.filter.as_str(), changed.source.as_str()), ("group = \"g\"", ""));
    let alone = boss.change_filter(&made.name, "source", |f| f.source = "id==b".into()).await;
    assert_eq!(reason(alone), Reason::InvalidField);
}

async fn a_filter_that_means_nothing_is_refused(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    for text in ["", "group =", "colour = \"red\"", "create_time > \"soon\""] {
        let refused = boss.filter("n", text).await.unwrap_err();
        assert_eq!((refused.reason, field(&refused)), (Reason::InvalidField, "filter"), "{text}");
    }
    let unnamed = boss.filter(" ", "group = \"g\"").await.unwrap_err();
    assert_eq!(field(&unnamed), "display_name");
    let made = boss.filter("n", "group = \"g\"").await.unwrap();
    let refused = boss.change_filter(&made.name, "filter", |f| f.filter = "x".into()).await;
    assert_eq!(reason(refused), Reason::InvalidField);
}

async fn filters_are_found_by_name_and_by_what_they_assign(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (one, two) = (boss.set("one").await, boss.set("two").await);
    for (name, set) in [("a1", Some(one)), ("a2", Some(two)), ("b", None)] {
        let made = boss.filter(name, "group = \"none\"").await.unwrap();
        boss.let_assign(&made.name, set.map(automatic)).await.unwrap();
    }
    let filter = |filter: &str, order_by: &str| proto::ListTargetFiltersRequest {
        filter: filter.into(),
        order_by: order_by.into(),
        ..Default::default()
    };
    assert_eq!(boss.filters(filter("", "")).await, ["a1", "a2", "b"]);
    assert_eq!(boss.filters(filter("display_name = \"A*\"", "name desc")).await, ["a2", "a1"]);
    let by_set = "auto_assignment.distribution_set.display_name = \"two\"";
    assert_eq!(boss.filters(filter(by_set, "")).await, ["a2"]);
    let by_id = format!("auto_assignment.distribution_set != {one}");
    assert_eq!(boss.filters(filter(&by_id, "")).await, ["a2", "b"]);
    let of_set = |set: i64| proto::ListTargetFiltersRequest {
        distribution_set: names::distribution_set(set),
        ..Default::default()
    };
    assert_eq!(boss.filters(of_set(two)).await, ["a2"]);
    assert_eq!((boss.assigning(two).await, boss.assigning(one).await), (1, 1));
    let mut filters = boss.hub.target_filters(&boss.caller);
    let unknown = told(filters.list_target_filters(of_set(999)).await);
    assert_eq!(reason(unknown), Reason::NotFound);
}

async fn a_filter_assigns_only_what_is_fit(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let filter = boss.filter("n", "group = \"none\"").await.unwrap().name;
    let set = boss.set("s").await;
    let timed =
        proto::AutoAssignment { r#type: proto::ActionType::TimeForced.into(), ..automatic(set) };
    let refused = boss.let_assign(&filter, Some(timed)).await;
    assert_eq!(reason(refused), Reason::InvalidAutoAssignmentType);
    let heavy = proto::AutoAssignment { weight: Some(1001), ..automatic(set) };
    assert_eq!(reason(boss.let_assign(&filter, Some(heavy)).await), Reason::InvalidField);
    assert_eq!(reason(boss.let_assign(&filter, Some(automatic(999))).await), Reason::NotFound);
    let empty = boss.set_of(crate::operator::draft("empty", &[])).await.unwrap();
    let refused = boss.let_assign(&filter, Some(automatic(empty))).await;
    assert_eq!(reason(refused), Reason::SetIncomplete);
    let spoilt = boss.set("spoilt").await;
    boss.invalidate(spoilt).await;
    let refused = boss.let_assign(&filter, Some(automatic(spoilt))).await;
    assert_eq!(reason(refused), Reason::SetInvalid);
    let soft = proto::AutoAssignment {
        r#type: proto::ActionType::Soft.into(),
        weight: Some(7),
        ..automatic(set)
    };
    let kept = boss.let_assign(&filter, Some(soft)).await.unwrap().auto_assignment.unwrap();
    assert_eq!((kept.r#type(), kept.weight), (proto::ActionType::Soft, Some(7)));
    assert_eq!((kept.creator.as_str(), kept.set_display_name.as_str()), ("boss", "s"));
    assert_eq!(kept.confirmation_required, None, "nobody is asked");
    let locked = boss.update_set(set, "locked", |set| set.locked = true).await.unwrap();
    assert!(locked.locked);
    let none = boss.let_assign(&filter, None).await.unwrap();
    assert_eq!(none.auto_assignment, None);
}

async fn too_many_targets_are_refused_before_anything_is_assigned(ground: Ground) {
    let quotas = Quotas { targets_per_auto_assignment: 2, ..Quotas::default() };
    let options = HubOptions { quotas, ..HubOptions::default() };
    let world = World::open_with(&ground, options).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    for id in ["a1", "a2", "b1"] {
        boss.target(id).await;
    }
    let filter = boss.filter("n", "id = \"a*\" OR id = \"b*\"").await.unwrap().name;
    let refused = boss.let_assign(&filter, Some(automatic(set))).await;
    assert_eq!(reason(refused), Reason::QuotaExceeded);
    boss.change_filter(&filter, "filter", |f| f.filter = "id = \"a*\"".into()).await.unwrap();
    boss.let_assign(&filter, Some(automatic(set))).await.unwrap();
    let wider = boss.change_filter(&filter, "filter", |f| f.filter = "id = \"*\"".into()).await;
    assert_eq!(reason(wider), Reason::QuotaExceeded);
    boss.change_filter(&filter, "display_name", |f| f.display_name = "m".into()).await.unwrap();
}

async fn who_may_change_a_filter_may_not_therefore_assign(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    let filter = boss.filter("n", "group = \"none\"").await.unwrap().name;
    let reader = world.operator_with("reader", &["READ_TARGET"]).await;
    assert!(reader.see_filter(&filter).await.is_ok());
    for refused in [
        reader.filter("m", "id = \"a\"").await,
        reader.let_assign(&filter, None).await,
        reader.let_assign("targetFilters/999", None).await,
    ] {
        assert_eq!(reason(refused), Reason::PermissionDenied);
    }
    assert_eq!(reason(reader.delete_filter("targetFilters/999").await), Reason::PermissionDenied);
    let keeper = ["READ_TARGET", "UPDATE_TARGET", "CREATE_TARGET"];
    let keeper = world.operator_with("keeper", &keeper).await;
    for id in [set, 999] {
        let refused = keeper.let_assign(&filter, Some(automatic(id))).await;
        assert_eq!(reason(refused), Reason::PermissionDenied);
        let listed = proto::ListTargetFiltersRequest {
            distribution_set: names::distribution_set(id),
            ..Default::default()
        };
        let mut filters = keeper.hub.target_filters(&keeper.caller);
        let listed = told(filters.list_target_filters(listed).await);
        assert_eq!(reason(listed), Reason::PermissionDenied);
    }
    assert!(keeper.let_assign(&filter, None).await.is_ok());
}

async fn a_set_that_goes_is_assigned_no_more(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    for (name, is_deleted) in [("spoilt", false), ("gone", true)] {
        let set = boss.set(name).await;
        let filter = boss.filter(name, "group = \"none\"").await.unwrap().name;
        boss.let_assign(&filter, Some(automatic(set))).await.unwrap();
        if is_deleted {
            let request =
                proto::DeleteDistributionSetRequest { name: names::distribution_set(set) };
            let mut sets = boss.hub.distribution_sets(&boss.caller);
            told(sets.delete_distribution_set(request).await).unwrap();
        } else {
            boss.invalidate(set).await;
        }
        assert_eq!(boss.see_filter(&filter).await.unwrap().auto_assignment, None, "{name}");
    }
}
