//! Maintenance windows.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{MaintenanceWindow, Occurrence, WindowState};
use super::NOW;
use crate::{Error, Result, Timestamp};

fn parse(schedule: &str, duration: &str, timezone: &str) -> Result<Option<MaintenanceWindow>> {
    MaintenanceWindow::parse(Some(schedule), Some(duration), Some(timezone), NOW)
}

fn window(schedule: &str, duration: &str, timezone: &str) -> MaintenanceWindow {
    parse(schedule, duration, timezone).unwrap().unwrap()
}

/// So many seconds after NOW, which is Saturday 2026-11-21T08:00:00Z.
fn at(secs: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + secs * 1000)
}

#[test]
fn a_window_needs_all_three_or_none() {
    let some = |a, b, c| MaintenanceWindow::parse(a, b, c, NOW);
    let (cron, hour, zone) = (Some("0 0 3 * * ?"), Some("01:00:00"), Some("+00:00"));
    assert_eq!(some(None, None, None), Ok(None));
    for (a, b, c) in
        [(cron, None, zone), (cron, hour, None), (None, hour, zone), (None, None, zone)]
    {
        assert!(matches!(some(a, b, c), Err(Error::InvalidMaintenanceSchedule { .. })));
    }
    assert!(some(cron, hour, zone).unwrap().is_some());
}

#[test]
fn malformed_windows_are_refused() {
    for schedule in [
        "",
        "every day",
        "0 0 3 * *",
        "0 0 3 * * ? 2098 x",
        "@daily",
        "60 0 3 * * ?",
        "0 0 24 * * ?",
        "0 0 3 32 * ?",
        "0 0 3 1 13 ?",
        "0 0 3 ? * 8",
        "0 0 3 ä * ?",
        "25:00-04:00",
        "04:00-04:00x",
    ] {
        assert!(parse(schedule, "01:00:00", "Z").is_err(), "{schedule}");
    }
    for duration in ["", "1:00:00", "24:00:00", "00:60:00", "01:00", "00:00:00", "PT1H", "+1:00:00"]
    {
        assert!(parse("0 0 3 * * ?", duration, "Z").is_err(), "{duration}");
    }
    for timezone in ["", "z", "UTC", "+1:00", "+19:00", "+00:60", "00:00", "+00:00:00", "ä"] {
        assert!(parse("0 0 3 * * ?", "01:00:00", timezone).is_err(), "{timezone}");
    }
    assert!(parse(&format!("{} 0 3 * * ?", "0,".repeat(200)), "01:00:00", "Z").is_err());
}

#[test]
fn a_window_must_have_a_future() {
    assert!(parse("0 0 3 1 1 ? 2020", "01:00:00", "+00:00").is_err());
    assert!(parse("0 0 3 30 2 ?", "01:00:00", "+00:00").is_err());
    assert!(parse("0 0 3 1 1 ? 2098", "01:00:00", "+00:00").is_ok());
    assert!(parse("0 30 7 21 11 ? 2026", "00:30:01", "+00:00").is_ok());
    assert!(parse("0 30 7 21 11 ? 2026", "00:30:00", "+00:00").is_err());
    let old = MaintenanceWindow::restore("0 0 3 1 1 ? 2020", "01:00:00", "Z").unwrap();
    assert_eq!((old.state(NOW), old.next_start_at(NOW)), (WindowState::Over, None));
}

#[test]
fn a_window_is_open_from_its_start_until_just_before_its_end() {
    let hour = window("0 0 9 * * ?", "01:00:00", "Z");
    let end = at(7200);
    assert_eq!(hour.state(NOW), WindowState::Closed { next: at(3600) });
    assert_eq!(hour.state(at(3600)), WindowState::Open { until: end });
    let last = Timestamp::from_millis(end.millis() - 1);
    assert_eq!(hour.state(last), WindowState::Open { until: end });
    assert_eq!(hour.state(end), WindowState::Closed { next: at(3600 + 86_400) });
    assert_eq!(hour.next_start_at(at(5000)), Some(at(3600)));
    assert_eq!(hour.occurrence(NOW), Some(Occurrence { start: at(3600), end }));
}

#[test]
fn timezones_move_the_wall_clock() {
    assert_eq!(window("0 0 9 * * ?", "01:00:00", "+01:00").next_start_at(NOW), Some(at(0)));
    assert_eq!(window("0 0 9 * * ?", "01:00:00", "-02:30").next_start_at(NOW), Some(at(12_600)));
}

#[test]
fn quartz_has_its_own_weekdays_steps_and_years() {
    let day = 86_400;
    assert_eq!(window("0 0 8 ? * 1", "01:00:00", "Z").next_start_at(NOW), Some(at(day)));
    assert_eq!(window("0 0 8 ? * 2", "01:00:00", "Z").next_start_at(NOW), Some(at(2 * day)));
    assert_eq!(window("0 0 8 ? * MON-FRI", "01:00:00", "Z").next_start_at(NOW), Some(at(2 * day)));
    assert_eq!(window("0 0 8 ? * SAT", "01:00:00", "Z").next_start_at(NOW), Some(at(0)));
    assert_eq!(window("1 0/15 * * * ?", "00:01:00", "Z").next_start_at(NOW), Some(at(1)));
    assert_eq!(window("0 0 8 L * ? 2027", "01:00:00", "Z").next_start_at(NOW), Some(at(71 * day)));
}

#[test]
fn overlapping_windows_are_open_until_the_latest_closes() {
    let always = window("0 * * * * ?", "23:59:59", "+02:00");
    let until = at(86_399);
    assert_eq!(always.state(NOW), WindowState::Open { until });
    assert_eq!(always.state(at(59)), WindowState::Open { until });
}

#[test]
fn the_manual_s_daily_form_is_understood() {
    let given = window("00:00-04:00", "02:00:00", "+08:00");
    assert_eq!(given.next_start_at(NOW), Some(at(8 * 3600)));
    assert_eq!(given.state(at(8 * 3600)), WindowState::Open { until: at(10 * 3600) });
    assert_eq!((given.schedule.as_str(), given.duration.as_str()), ("00:00-04:00", "02:00:00"));
    let derived = MaintenanceWindow::parse(Some("22:30-01:00"), None, Some("Z"), NOW);
    let derived = derived.unwrap().unwrap();
    assert_eq!(derived.duration, "02:30:00");
    let again = MaintenanceWindow::restore(&derived.schedule, &derived.duration, &derived.timezone);
    assert_eq!(again, Ok(derived));
    let none = MaintenanceWindow::parse(Some("04:00-04:00"), None, Some("Z"), NOW);
    assert!(none.is_err());
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,2}",
        Just("*".to_owned()),
        Just("?".to_owned()),
        "[0-9*]{1,2}/[0-9]{1,2}",
        "[0-9]{1,2}-[0-9]{1,2}",
        "[0-9]{1,2}(,[0-9]{1,2}){1,3}",
        "[0-9]{0,2}[LW#+]{1,2}[0-9L]?",
        "(MON|SUN|JAN|DEC)(-(FRI|FEB))?",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn hostile_texts_do_no_harm(
        schedule in "\\PC{0,40}",
        duration in "\\PC{0,9}",
        zone in "\\PC{0,7}",
    ) {
        let _ = parse(&schedule, "01:00:00", "Z");
        let _ = parse("0 0 3 * * ?", &duration, "Z");
        let _ = parse("0 0 3 * * ?", "01:00:00", &zone);
    }

    #[test]
    fn hostile_schedules_do_no_harm(
        fields in prop::collection::vec(field(), 6..8),
        millis in prop_oneof![any::<i64>(), 0_i64..4_102_444_800_000],
    ) {
        let schedule = fields.join(" ");
        if let Ok(window) = MaintenanceWindow::restore(&schedule, "01:00:00", "+05:30") {
            let now = Timestamp::from_millis(millis);
            match window.occurrence(now) {
                Some(found) => {
                    prop_assert!(found.end > now, "{}", schedule);
                    prop_assert_eq!(found.start.plus(Duration::from_secs(3600)), found.end);
                    prop_assert_eq!(window.next_start_at(now), Some(found.start));
                    let open = matches!(window.state(now), WindowState::Open { .. });
                    prop_assert_eq!(open, found.start <= now);
                    let inside = window.state(found.start);
                    prop_assert!(matches!(inside, WindowState::Open { .. }), "{}", schedule);
                }
                None => prop_assert_eq!(window.state(now), WindowState::Over),
            }
        }
    }

    #[test]
    fn a_daily_window_never_keeps_a_device_waiting_for_more_than_a_day(
        hour in 0_u32..24,
        minute in 0_u32..60,
        length in 1_u32..86_400,
        offset in -12_i32..=12,
        millis in 0_i64..4_102_444_800_000,
    ) {
        let schedule = format!("0 {minute} {hour} * * ?");
        let duration =
            format!("{:02}:{:02}:{:02}", length / 3600, length / 60 % 60, length % 60);
        let sign = if offset < 0 { '-' } else { '+' };
        let zone = format!("{sign}{:02}:00", offset.abs());
        let window = MaintenanceWindow::restore(&schedule, &duration, &zone).unwrap();
        let now = Timestamp::from_millis(millis);
        let start = window.next_start_at(now).unwrap();
        prop_assert!(start.since(now) <= Duration::from_secs(86_400));
        prop_assert!(now.since(start) < Duration::from_secs(length.into()));
        let wall = start.millis() / 1000 + i64::from(offset) * 3600;
        prop_assert_eq!(wall.rem_euclid(86_400), i64::from(hour * 3600 + minute * 60));
    }
}
