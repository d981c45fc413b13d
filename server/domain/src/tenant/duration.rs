//! Durations as settings have them.

use std::time::Duration;

/// Reads `HH:mm:ss`, `mm:ss`, `ss` or ISO-8601 (`PT5M`, `PT1H30M`, `P1DT2S`), from zero to
/// 3650 days; none if it is neither (Management API reference: "Tenant configuration").
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    const DAYS_MAX: u64 = 3650;
    let text = text.trim();
    let secs = match text.as_bytes().first()? {
        b'P' | b'p' => iso_secs(&text[1..])?,
        _ => clock_secs(text)?,
    };
    (secs <= DAYS_MAX * 24 * 3600).then(|| Duration::from_secs(secs))
}

/// Writes `HH:mm:ss`; hours may pass 99. Parts of a second are dropped.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let secs = duration.as_secs();
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// One to three numbers of up to two digits each; minutes and seconds below 60, hours below 24.
fn clock_secs(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split(':').collect();
    let limits: &[u64] = match parts.len() {
        1 => &[60],
        2 => &[60, 60],
        3 => &[24, 60, 60],
        _ => return None,
    };
    parts.iter().zip(limits).try_fold(0, |sum, (part, limit)| {
        let short = (1..=2).contains(&part.len());
        let value = number(part).filter(|value| short && value < limit)?;
        Some(sum * 60 + value)
    })
}

/// What follows the `P`: days, then after a `T` hours, minutes and seconds, all optional but one.
fn iso_secs(text: &str) -> Option<u64> {
    let upper = text.to_ascii_uppercase();
    let (days, time) = match upper.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (upper.as_str(), ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let (days, rest) = take(days, 'D')?;
    let (hours, time) = take(time, 'H')?;
    let (minutes, time) = take(time, 'M')?;
    let (seconds, time) = take(time, 'S')?;
    if !rest.is_empty() || !time.is_empty() {
        return None;
    }
    let hours = days.checked_mul(24)?.checked_add(hours)?;
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?;
    minutes.checked_mul(60)?.checked_add(seconds)
}

/// The number before the unit, 0 if the unit is missing, and what follows it.
fn take(text: &str, unit: char) -> Option<(u64, &str)> {
    match text.split_once(unit) {
        Some((digits, rest)) => Some((number(digits)?, rest)),
        None => Some((0, text)),
    }
}

fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}
