//! Tests of the rules of targets.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{Kind, TargetTypeId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_795_248_000_000);

fn draft(controller_id: &str) -> TargetDraft {
    TargetDraft { controller_id: controller_id.into(), ..TargetDraft::default() }
}

fn made(draft: &TargetDraft) -> crate::Result<Target> {
    new_target(draft, "generated".into(), "op", NOW)
}

#[test]
fn a_target_is_made_of_its_id_alone() {
    let target = made(&draft("dev-1")).unwrap();
    assert_eq!((target.name.as_str(), target.security_token.as_str()), ("dev-1", "generated"));
    assert_eq!((target.update_status, target.request_attributes), (UpdateStatus::Unknown, true));
    assert_eq!((target.last_poll_at, target.audit.created_by.as_str()), (None, "op"));
    let long = "x".repeat(256);
    let target = made(&draft(&long)).unwrap();
    assert_eq!((target.controller_id, target.name), (long, "x".repeat(128)));
}

#[test]
fn every_field_has_its_limit() {
    let with = |change: fn(&mut TargetDraft, String), length: usize| {
        let mut one = draft("dev");
        change(&mut one, "a".repeat(length));
        made(&one)
    };
    type Change = fn(&mut TargetDraft, String);
    let limits: [(Change, usize); 6] = [
        (|one, text| one.controller_id = text, 256),
        (|one, text| one.name = Some(text), 128),
        (|one, text| one.description = Some(text), 512),
        (|one, text| one.address = Some(text), 512),
        (|one, text| one.security_token = Some(text), 128),
        (|one, text| one.group = Some(text), 256),
    ];
    for (change, limit) in limits {
        assert!(with(change, limit).is_ok());
        assert_eq!(with(change, limit + 1).unwrap_err().kind(), Kind::InvalidArgument);
    }
}

#[test]
fn blanks_and_markup_are_no_part_of_an_id() {
    for id in ["", " ", "a b", "a\tb", " a", "a\n", "<b>", "a\u{a0}b"] {
        assert!(made(&draft(id)).is_err(), "{id:?}");
    }
    for id in ["a/b%c;d", "ä", "a<1", "#"] {
        assert!(made(&draft(id)).is_ok(), "{id:?}");
    }
    let marked = TargetDraft { name: Some("<i>x</i>".into()), ..draft("a") };
    assert!(made(&marked).is_err());
}

#[test]
fn names_are_trimmed_and_empty_texts_are_none() {
    let target = made(&TargetDraft {
        name: Some("Device ".into()),
        security_token: Some(String::new()),
        group: Some(" ".into()),
        address: Some(String::new()),
        ..draft("dev")
    });
    let target = target.unwrap();
    assert_eq!((target.name.as_str(), target.security_token.as_str()), ("Device", "generated"));
    assert_eq!((target.group, target.address), (None, None));
}

#[test]
fn a_device_registers_itself() {
    let target = plug_and_play("dev", "token".into(), Some("http://127.0.0.1".into()), NOW);
    let target = target.unwrap();
    assert_eq!((target.name.as_str(), target.update_status), ("dev", UpdateStatus::Registered));
    assert_eq!(target.description.as_deref(), Some("Plug and Play target: dev"));
    assert_eq!(target.audit.created_by, PLUG_AND_PLAY);
    assert_eq!((target.last_poll_at, target.request_attributes), (Some(NOW), true));
    assert!(plug_and_play(&"x".repeat(128), String::new(), None, NOW).is_ok());
    assert!(plug_and_play(&"x".repeat(129), String::new(), None, NOW).is_err());
}

#[test]
fn a_change_leaves_alone_what_it_does_not_name() {
    let mut target = made(&draft("dev")).unwrap();
    target.group = Some("north".into());
    target.target_type = Some(TargetTypeId(4));
    target.request_attributes = false;
    let same = update_target(&target, &TargetPatch::default(), "op", NOW).unwrap();
    assert_eq!(same, target);
    let patch = TargetPatch {
        name: Some("New ".into()),
        group: Some(String::new()),
        target_type: TypeChange::Clear,
        request_attributes: true,
        ..TargetPatch::default()
    };
    let changed = update_target(&target, &patch, "else", NOW).unwrap();
    assert_eq!((changed.name.as_str(), changed.group.as_deref()), ("New", None));
    assert_eq!((changed.target_type, changed.request_attributes), (None, true));
    assert_eq!(changed.audit.modified_by, "else");
    let nameless = TargetPatch { name: Some(" ".into()), ..TargetPatch::default() };
    assert!(update_target(&target, &nameless, "op", NOW).is_err());
}

#[test]
fn a_generated_token_is_hexadecimal() {
    assert_eq!(generated_token([0; 16]), "0".repeat(32));
    let bytes: [u8; 16] = std::array::from_fn(|at| u8::try_from(at).unwrap() * 17);
    assert_eq!(generated_token(bytes), "00112233445566778899aabbccddeeff");
}

#[test]
fn a_standing_consent_is_given_once() {
    let target = made(&draft("dev")).unwrap();
    let given = activate_auto_confirmation(&target, Some(""), Some("always"), "op", NOW).unwrap();
    let consent = given.auto_confirmation.clone().unwrap();
    assert_eq!((consent.initiator, consent.remark.as_deref()), (None, Some("always")));
    let twice = activate_auto_confirmation(&given, None, None, "op", NOW).unwrap_err();
    assert_eq!(twice.kind(), Kind::AlreadyExists);
    let long = "i".repeat(65);
    assert!(activate_auto_confirmation(&target, Some(&long), None, "op", NOW).is_err());
    assert_eq!(deactivate_auto_confirmation(&given), target);
}

fn change(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    pairs.iter().map(|(key, value)| (key.to_string(), value.map(str::to_owned))).collect()
}

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

#[test]
fn attributes_merge_replace_and_go() {
    let have = attributes(&[("a", "1"), ("b", "2")]);
    let with = |pairs: &[(&str, Option<&str>)], mode| {
        merge_attributes(&have, &change(pairs), mode, 100).unwrap()
    };
    let merged = with(&[("b", Some("3")), ("c", Some("")), ("a", None)], AttributeMode::Merge);
    assert_eq!(merged, (attributes(&[("b", "3"), ("c", "")]), true));
    let replaced = with(&[("d", Some("5")), ("e", None)], AttributeMode::Replace);
    assert_eq!(replaced, (attributes(&[("d", "5")]), true));
    assert_eq!(with(&[("x", None)], AttributeMode::Replace), (Attributes::new(), true));
    let removed = with(&[("a", Some("whatever")), ("x", None)], AttributeMode::Remove);
    assert_eq!(removed, (attributes(&[("b", "2")]), false));
}

#[test]
fn attributes_have_limits() {
    let none = Attributes::new();
    let ask = |key: &str, value: &str, quota| {
        merge_attributes(&none, &change(&[(key, Some(value))]), AttributeMode::Merge, quota)
    };
    assert!(ask("", "", 1).is_ok());
    assert!(ask(&"k".repeat(128), &"v".repeat(128), 1).is_ok());
    assert!(ask("a _-!@#$%^&*()+=[]{}|;:'\",.<>/\\?\t\n", "9", 1).is_ok());
    for (key, value) in [("~", ""), ("`", ""), ("", "ä"), ("\u{1}", "")] {
        assert_eq!(ask(key, value, 1).unwrap_err().kind(), Kind::InvalidArgument);
    }
    assert!(ask(&"k".repeat(129), "", 1).is_err());
    assert!(ask("k", &"v".repeat(129), 1).is_err());
    assert!(check_attributes_given(&BTreeMap::new()).is_err());
    let two = change(&[("a", Some("")), ("b", Some(""))]);
    let full = merge_attributes(&none, &two, AttributeMode::Merge, 1).unwrap_err();
    assert_eq!(full.kind(), Kind::ResourceExhausted);
    assert!(merge_attributes(&none, &two, AttributeMode::Merge, 0).is_ok());
}

const MIN: Duration = Duration::from_secs(30);
const MAX: Duration = Duration::from_secs(86_399);

#[test]
fn polling_times_have_overrides_and_deviations() {
    let text = "00:05:00~10%, group == 'a' -> PT1M~5%,name==b,id==c->00:10:00";
    let polling = PollingTime::parse(text, MIN, MAX).unwrap();
    assert_eq!(polling.interval.deviation_percent, 10);
    let queries: Vec<&str> = polling.overrides.iter().map(|one| one.query.as_str()).collect();
    assert_eq!(queries, ["group == 'a'", "name==b,id==c"]);
    let second = polling.interval_for(|query| query.starts_with("name"));
    assert_eq!(second, PollingInterval::every(Duration::from_secs(600)));
    assert_eq!(polling.interval_for(|_| true).interval, Duration::from_secs(60));
    assert_eq!(polling.interval_for(|_| false).interval, Duration::from_secs(300));
}

#[test]
fn malformed_polling_times_are_refused() {
    for text in [
        "",
        "soon",
        "00:00:29",
        "24:00:00",
        "00:05:00~",
        "00:05:00~5",
        "00:05:00~100%",
        "00:05:00~+5%",
        "00:05:00,",
        "00:05:00, x",
        "00:05:00, -> 00:05:00",
        "00:05:00, a ->",
        "00:05:00, a -> 00:00:01",
        "00:05:00~1%~2%",
    ] {
        assert!(PollingTime::parse(text, MIN, MAX).is_err(), "{text}");
    }
    assert!(PollingTime::parse("00:00:01", Duration::from_secs(1), MAX).is_ok());
    assert!(PollingTime::parse(" 00:05:00 ~5% ", MIN, MAX).is_ok());
}

#[test]
fn a_target_is_overdue_only_after_all_tolerances() {
    let interval = PollingInterval { interval: Duration::from_secs(100), deviation_percent: 10 };
    let at = |secs| {
        let now = NOW.plus(Duration::from_secs(secs));
        poll_status(Some(NOW), interval, Duration::from_secs(50), now).unwrap()
    };
    assert_eq!(at(0).next_expected_at, NOW.plus(Duration::from_secs(110)));
    assert!(!at(160).overdue);
    assert!(at(161).overdue);
    assert_eq!(poll_status(None, interval, MIN, NOW), None);
}

proptest! {
    #[test]
    fn a_deviation_stays_within_its_share_and_bounds(
        secs in 30_u64..86_400,
        deviation_percent in 0_u32..100,
        share in 0.0_f64..1.0,
    ) {
        let interval = PollingInterval { interval: Duration::from_secs(secs), deviation_percent };
        let got = interval.at(share, MIN, MAX);
        prop_assert!(got >= MIN && got <= MAX);
        let off = got.abs_diff(interval.interval);
        prop_assert!(off <= interval.interval * deviation_percent / 100);
        for odd in [f64::NAN, f64::INFINITY, -1.0, 2.0] {
            prop_assert!(interval.at(odd, MIN, MAX) <= MAX);
        }
    }

    #[test]
    fn hostile_polling_times_do_no_harm(text in "[0-9:PTHMS~%,> a-]{0,40}") {
        let _ = PollingTime::parse(&text, MIN, MAX);
    }

    #[test]
    fn merging_is_idempotent_and_replacing_forgets(
        have in prop::collection::btree_map("[a-d]", "[a-z]{0,3}", 0..4),
        change in prop::collection::btree_map("[a-f]", prop::option::of("[a-z]{0,3}"), 1..6),
    ) {
        for mode in [AttributeMode::Merge, AttributeMode::Replace, AttributeMode::Remove] {
            let (once, told) = merge_attributes(&have, &change, mode, 0).unwrap();
            let again = merge_attributes(&once, &change, mode, 0).unwrap();
            prop_assert_eq!(again, (once.clone(), told));
            for (key, value) in &once {
                let given = change.get(key).and_then(Option::as_ref);
                let expected = match mode {
                    AttributeMode::Merge => given.or(have.get(key)),
                    AttributeMode::Replace => given,
                    AttributeMode::Remove => have.get(key),
                };
                prop_assert_eq!(Some(value), expected);
            }
        }
    }
}
