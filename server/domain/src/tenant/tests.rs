//! Tests of settings and quotas.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::action::State;
use crate::{Error, Kind};

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn check(key: Key, value: &Value) -> crate::Result<Value> {
    key.check(value, &Limits::default())
}

#[test]
fn keys_are_read_back_and_strangers_refused() {
    for key in Key::ALL {
        assert_eq!(Key::parse(key.as_str()), Ok(key));
    }
    for name in ["colour.of.sky", "", "PollingTime", "multi.assignments.enabled", "default.ds.type"]
    {
        assert!(matches!(Key::parse(name), Err(Error::ConfigurationKeyInvalid { .. })));
    }
}

#[test]
fn every_default_is_valid_and_gives_the_default_configuration() {
    for key in Key::ALL {
        assert_eq!(check(key, &key.default_value()), Ok(key.default_value()));
    }
    let settings = Key::ALL.map(|key| (key, key.default_value()));
    assert_eq!(Configuration::from_settings(settings), Configuration::default());
    assert_eq!(Configuration::from_settings([]), Configuration::default());
}

#[test]
fn values_convert_to_the_key_s_type() {
    let flag = Key::UserConfirmationFlow;
    assert_eq!(check(flag, &text("TRUE")), Ok(Value::Bool(true)));
    assert_eq!(check(Key::MaintenanceWindowPollCount, &text("7")), Ok(Value::Int(7)));
    assert_eq!(check(Key::AuthenticationGatewayTokenKey, &Value::Int(5)), Ok(text("5")));
    for (key, value) in [
        (flag, text("yes")),
        (flag, Value::Int(1)),
        (Key::MaintenanceWindowPollCount, Value::Bool(true)),
        (Key::MaintenanceWindowPollCount, Value::Int(1 << 40)),
        (Key::ActionCleanupExpiry, text("soon")),
    ] {
        assert_eq!(check(key, &value).unwrap_err().kind(), Kind::InvalidArgument);
    }
    assert_eq!(check(Key::ActionCleanupExpiry, &Value::Int(1 << 40)), Ok(Value::Int(1 << 40)));
}

#[test]
fn values_keep_their_key_s_rule() {
    let fine = [
        (Key::PollingTime, "00:10:00"),
        (Key::PollingTime, "00:10:00~5%, name==a -> PT1H"),
        (Key::PollingOverdueTime, "PT5M"),
        (Key::PollingOverdueTime, "00:00:00"),
        (Key::ActionCleanupStatus, "CANCELED;ERROR"),
    ];
    for (key, value) in fine {
        assert_eq!(check(key, &text(value)), Ok(text(value)));
    }
    let wrong = [
        (Key::PollingTime, "00:00:01"),
        (Key::PollingTime, "soon"),
        (Key::PollingOverdueTime, "-PT5M"),
        (Key::PollingOverdueTime, ""),
        (Key::ActionCleanupStatus, "CANCELED,DANCING"),
    ];
    for (key, value) in wrong {
        assert!(matches!(check(key, &text(value)), Err(Error::ConfigurationValueInvalid { .. })));
    }
    let long = text(&"k".repeat(32_769));
    assert!(check(Key::AuthenticationGatewayTokenKey, &long).is_err());
    let low = Limits { polling_min: Duration::from_secs(1), ..Limits::default() };
    assert!(Key::PollingTime.check(&text("00:00:01"), &low).is_ok());
}

#[test]
fn settings_become_typed() {
    let configuration = Configuration::from_settings([
        (Key::AuthenticationGatewayTokenEnabled, Value::Bool(true)),
        (Key::AuthenticationGatewayTokenKey, text("secret")),
        (Key::PollingTime, text("00:00:05")),
        (Key::PollingOverdueTime, text("PT1M")),
        (Key::ActionCleanupExpiry, Value::Int(1000)),
        (Key::ActionCleanupStatus, text("finished; ERROR,,WARNING")),
        (Key::ActionCleanupOnQuotaHit, Value::Int(100)),
        (Key::ImplicitLock, Value::Bool(false)),
        (Key::RolloutApproval, Value::Int(1)),
    ]);
    assert!(configuration.gateway_token_enabled && !configuration.implicit_lock);
    assert_eq!(configuration.gateway_token_key, "secret");
    assert_eq!(configuration.polling_time.interval.interval, Duration::from_secs(5));
    assert_eq!(configuration.polling_overdue, Duration::from_secs(60));
    assert_eq!(configuration.cleanup_expiry, Some(Duration::from_secs(1)));
    assert_eq!(configuration.cleanup_states, [State::Finished, State::Error]);
    assert_eq!(configuration.cleanup_on_quota_percent, None);
    assert!(!configuration.rollout_approval);
}

#[test]
fn durations_have_four_forms() {
    let fine = [
        ("00:05:00", 300),
        ("5:30", 330),
        ("7", 7),
        ("PT5M", 300),
        ("pt1h30m", 5400),
        ("P1DT1S", 86_401),
        ("P1D", 86_400),
        ("23:59:59", 86_399),
    ];
    for (text, secs) in fine {
        assert_eq!(parse_duration(text), Some(Duration::from_secs(secs)), "{text}");
    }
    for text in [
        "",
        "P",
        "PT",
        "P1",
        "PT5",
        "PT5X",
        "P1Y",
        "24:00:00",
        "1:2:3:4",
        "60",
        "-1",
        "+5",
        "PT1M1H",
        "PT-5M",
        "ä",
        "00:5:0 x",
        "P99999999999999999999D",
        "001:00:00",
    ] {
        assert_eq!(parse_duration(text), None, "{text}");
    }
}

#[test]
fn quotas_of_zero_are_none() {
    assert!(Quotas::check("things", 9, 1, 10).is_ok());
    let full = Quotas::check("things", 10, 1, 10);
    assert_eq!(full, Err(Error::QuotaExceeded { what: "things", limit: 10 }));
    assert!(Quotas::check("things", u64::MAX, 1, 0).is_ok());
    let quotas = Quotas::default();
    assert!(quotas.check_file(1 << 30).is_ok());
    assert!(quotas.check_file((1 << 30) + 1).is_err());
    assert!(quotas.check_storage(20 << 30, 0).is_ok());
    assert!(quotas.check_storage(20 << 30, 1).is_err());
}

proptest! {
    #[test]
    fn durations_survive_writing(secs in 0_u64..86_400) {
        let duration = Duration::from_secs(secs);
        prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
    }

    #[test]
    fn hostile_durations_do_no_harm(text in "\\PC{0,12}|P[0-9DTHMS.]{0,30}") {
        let _ = parse_duration(&text);
    }
}
