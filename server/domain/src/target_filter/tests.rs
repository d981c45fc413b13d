//! The rules of target filters.

use super::*;
use crate::SetTypeId;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn query(filter: &str, source: Option<&str>) -> Query {
    Query { filter: filter.into(), source: source.map(Into::into) }
}

fn made(name: &str, query: &Query) -> Result<TargetFilter> {
    new_target_filter(name, query, "op", NOW)
}

fn set(complete: bool, valid: bool, deleted: bool) -> Set {
    Set {
        id: SetId(7),
        tenant: TenantId(1),
        set_type: SetTypeId(1),
        name: "fw".into(),
        version: "2".into(),
        description: None,
        required_migration_step: false,
        locked: false,
        deleted,
        valid,
        complete,
        modules: Vec::new(),
        audit: Audit::new("op", NOW),
        row_version: 1,
    }
}

fn draft(action_type: ActionType) -> AutoAssignmentDraft {
    AutoAssignmentDraft { set: SetId(7), action_type, weight: None, confirmation_required: None }
}

#[test]
fn name_and_query_are_required_trimmed_and_limited() {
    let fine = made(" reds ", &query(" group = \"red\" ", None)).unwrap();
    assert_eq!((fine.name.as_str(), fine.query.filter.as_str()), ("reds", "group = \"red\""));
    let red = query("group = \"red\"", None);
    for name in ["", "  ", "<b>", &"n".repeat(129)] {
        assert!(matches!(made(name, &red), Err(Error::Invalid { field: "display_name", .. })));
    }
    assert!(made("n", &query("", None)).is_err());
}

#[test]
fn a_query_has_to_mean_something_of_targets() {
    for text in ["group =", "group = \"a\" AND", "create_time > \"soon\""] {
        let refused = made("n", &query(text, None));
        assert!(matches!(refused, Err(Error::Invalid { field: "filter", .. })), "{text}");
    }
    let refused = made("n", &query("colour = \"red\"", None));
    assert!(matches!(refused, Err(Error::FilterField { .. })));
    assert!(made("n", &query("last_poll_time < overdue()", None)).is_ok());
}

#[test]
fn what_was_written_in_another_language_is_kept_and_limited_itself() {
    let long = format!("group = \"{}\"", "g".repeat(1100));
    assert!(made("n", &query(&long, None)).is_err());
    let kept = made("n", &query(&long, Some(" group==g "))).unwrap();
    assert_eq!(kept.query.shown(), "group==g");
    let refused = made("n", &query(&long, Some(&"x".repeat(1025))));
    assert!(matches!(refused, Err(Error::Invalid { field: "source", .. })));
    assert_eq!(query("a", None).shown(), "a");
}

#[test]
fn a_new_query_replaces_both_texts_and_touches_the_filter() {
    let before = made("n", &query("group = \"a\"", Some("group==a"))).unwrap();
    let patch = TargetFilterPatch {
        query: Some(query("group = \"b\"", None)),
        ..TargetFilterPatch::default()
    };
    let after = update_target_filter(&before, &patch, "me", NOW).unwrap();
    assert_eq!(after.query.shown(), "group = \"b\"");
    assert_eq!((after.name.as_str(), after.audit.modified_by.as_str()), ("n", "me"));
}

#[test]
fn an_automatic_assignment_is_kept_until_it_is_taken_away() {
    let mut filter = made("n", &query("group = \"a\"", None)).unwrap();
    filter.auto_assignment = Some(
        assign_automatically(&draft(ActionType::Soft), &set(true, true, false), "me").unwrap(),
    );
    let renamed = TargetFilterPatch { name: Some("m".into()), ..TargetFilterPatch::default() };
    let kept = update_target_filter(&filter, &renamed, "you", NOW).unwrap();
    assert_eq!(kept.auto_assignment, filter.auto_assignment);
    let removal = TargetFilterPatch { auto_assignment: Some(None), ..TargetFilterPatch::default() };
    let gone = update_target_filter(&filter, &removal, "you", NOW).unwrap();
    assert_eq!(gone.auto_assignment, None);
}

#[test]
fn only_fit_sets_are_assigned_and_never_forced_from_an_instant_on() {
    let fit = set(true, true, false);
    let auto = assign_automatically(&draft(ActionType::Forced), &fit, "me").unwrap();
    assert_eq!((auto.weight, auto.by.as_str()), (1000, "me"));
    let timed = draft(ActionType::TimeForced { at: NOW });
    assert_eq!(assign_automatically(&timed, &fit, "me"), Err(Error::InvalidAutoAssignmentType));
    for unfit in [set(false, true, false), set(true, false, false), set(true, true, true)] {
        assert!(assign_automatically(&draft(ActionType::Soft), &unfit, "me").is_err());
    }
    for weight in [-1, 1001] {
        let draft = AutoAssignmentDraft { weight: Some(weight), ..draft(ActionType::Soft) };
        assert!(assign_automatically(&draft, &fit, "me").is_err());
    }
}

#[test]
fn what_is_assigned_is_as_it_was_set() {
    let set = set(true, true, false);
    let draft = AutoAssignmentDraft {
        weight: Some(3),
        confirmation_required: Some(false),
        ..draft(ActionType::DownloadOnly)
    };
    let wish = assign_automatically(&draft, &set, "me").unwrap().assignment("t");
    assert_eq!(
        (wish.set, wish.action_type, wish.weight, wish.confirmation_required),
        (SetId(7), ActionType::DownloadOnly, Some(3), Some(false))
    );
}

#[test]
fn too_many_targets_at_once_are_refused() {
    let quotas = Quotas { targets_per_auto_assignment: 2, ..Quotas::default() };
    assert!(check_eligible(2, &quotas).is_ok());
    assert!(check_eligible(3, &quotas).is_err());
    let unlimited = Quotas { targets_per_auto_assignment: 0, ..Quotas::default() };
    assert!(check_eligible(u64::MAX, &unlimited).is_ok());
}
