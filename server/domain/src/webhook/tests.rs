//! Webhooks.

use super::*;
use crate::{Error, Timestamp};
use proptest::prelude::*;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn draft(url: &str) -> WebhookDraft {
    WebhookDraft { url: url.into(), ..WebhookDraft::default() }
}

fn webhook() -> Webhook {
    new_webhook(&draft("https://ci.example.org/hook"), 7, "boss", NOW).unwrap()
}

#[test]
fn a_webhook_begins_where_the_log_ends() {
    let made = webhook();
    assert_eq!((made.health.seq, made.batch_size, made.disabled), (7, 100, false));
    for odd in ["", "ftp://a/b", "ci.example.org", "file:///etc/passwd"] {
        assert!(matches!(
            new_webhook(&draft(odd), 0, "boss", NOW),
            Err(Error::Invalid { field: "url", .. })
        ));
    }
    for size in [-1, 501] {
        let wrong = WebhookDraft { batch_size: size, ..draft("http://a/b") };
        assert!(new_webhook(&wrong, 0, "boss", NOW).is_err(), "{size}");
    }
    assert!(check_count(WEBHOOKS_MAX - 1).is_ok() && check_count(WEBHOOKS_MAX).is_err());
}

#[test]
fn a_webhook_that_is_enabled_again_forgets_its_failure() {
    let mut failed = webhook();
    failed.disabled = true;
    failed.health.disabled_reason = Some("nothing was delivered".into());
    failed.health.failing_since = Some(NOW);
    let described = WebhookPatch { description: Some("x".into()), ..WebhookPatch::default() };
    let same = update_webhook(&failed, &described, "boss", NOW).unwrap();
    assert_eq!((same.disabled, &same.health), (true, &failed.health));
    let enable = WebhookPatch { disabled: Some(false), ..WebhookPatch::default() };
    let on = update_webhook(&failed, &enable, "boss", NOW).unwrap();
    assert_eq!(on.health, Health { seq: 7, ..Health::default() });
}

#[test]
fn whoever_changes_where_events_go_lends_it_what_it_may_see() {
    let mut first = webhook();
    first.wish.sees = vec!["READ_USER".into()];
    let patch =
        WebhookPatch { url: Some("https://other.example.org".into()), ..Default::default() };
    assert_eq!(update_webhook(&first, &patch, "clerk", NOW).unwrap().wish.sees, [""; 0]);
    let patch = WebhookPatch { description: Some("x".into()), ..Default::default() };
    assert_eq!(update_webhook(&first, &patch, "clerk", NOW).unwrap().wish.sees, ["READ_USER"]);
}

#[test]
fn a_secret_has_a_prefix_and_a_length() {
    assert_eq!(check_secret("whsec_abc").unwrap(), "abc");
    assert!(check_secret("abc").is_err());
    assert_eq!(secret_of("abc", 24).unwrap(), "whsec_abc");
    assert!(secret_of("abc", 23).is_err() && secret_of("abc", 65).is_err());
}

fn after(count: i32, passed: Duration) -> Attempts {
    Attempts { count, since: NOW, last: NOW.plus(passed) }
}

#[test]
fn waits_grow_until_it_is_given_up() {
    let failed = Outcome::Answered(500);
    let wait = |count| match judge(&failed, after(count, Duration::ZERO), Some(NOW), 0.0) {
        Verdict::Again(at) => at.since(NOW).as_secs(),
        other @ (Verdict::Delivered | Verdict::Dead | Verdict::Disable(_)) => panic!("{other:?}"),
    };
    assert_eq!([1, 2, 3, 10, 11, 100].map(wait), [5, 10, 20, 2560, 3600, 3600]);
    let early = judge(&failed, after(1, Duration::ZERO), None, 1.0);
    assert_eq!(early, Verdict::Again(NOW.plus(Duration::from_millis(3750))));
    assert_eq!(judge(&failed, after(90, 3 * DAY), Some(NOW), 0.0), Verdict::Dead);
    let late = judge(&failed, after(1, 7 * DAY), Some(NOW), 0.0);
    assert!(matches!(late, Verdict::Disable(_)), "{late:?}");
}

#[test]
fn only_2xx_has_arrived_and_410_wants_no_more() {
    for (status, arrived) in [(200, true), (204, true), (299, true), (301, false), (404, false)] {
        let verdict = judge(&Outcome::Answered(status), Attempts::first(NOW), None, 0.0);
        assert_eq!(verdict == Verdict::Delivered, arrived, "{status}: {verdict:?}");
    }
    let gone = judge(&Outcome::Answered(410), Attempts::first(NOW), None, 0.0);
    assert!(matches!(gone, Verdict::Disable(_)));
    let silent = Outcome::Failed("no answer".into());
    assert!(matches!(judge(&silent, Attempts::first(NOW), None, 0.0), Verdict::Again(_)));
}

#[test]
fn private_addresses_are_known_in_every_disguise() {
    for address in [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "ff02::1",
        "::127.0.0.1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00::1",
        "::ffff:8.8.8.8",
        "2001:4860::8888",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    #[test]
    fn a_wait_is_never_longer_than_an_hour(count in 1..i32::MAX, random in 0.0..1.0) {
        let verdict = judge(&Outcome::Answered(500), after(count, Duration::ZERO), None, random);
        let Verdict::Again(at) = verdict else { panic!("{verdict:?}") };
        let wait = at.since(NOW);
        prop_assert!(wait >= Duration::from_millis(3750) && wait <= Duration::from_secs(3600));
    }
}
