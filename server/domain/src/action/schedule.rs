//! The written form of a maintenance window: cron schedule, duration, offset.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::Timestamp;

/// The most characters of a schedule.
const SCHEDULE_MAX: usize = 256;
const SECS_PER_DAY: u32 = 24 * 60 * 60;

/// When windows start, on the wall clock of some offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Starts {
    cron: Cron,
    /// Seconds that the wall clock is ahead of UTC.
    ahead_secs: i64,
}

impl Starts {
    pub(super) fn new(schedule: &str, ahead_secs: i64) -> Result<Self, &'static str> {
        let cron = match daily(schedule) {
            Some((from, _)) => {
                parse_cron(&format!("{} {} {} * * ?", from % 60, from / 60 % 60, from / 3600))?
            }
            None => parse_cron(schedule)?,
        };
        Ok(Self { cron, ahead_secs })
    }

    /// The first start at or after the whole second that `from` lies in or, if it lies within
    /// one, the next second.
    pub(super) fn first_from(&self, from: Timestamp) -> Option<Timestamp> {
        let second = from.millis().checked_add(999)?.div_euclid(1000);
        let wall = self.wall(second)?;
        let found = self.cron.find_next_occurrence(&wall, true).ok()?;
        self.instant(found)
    }

    /// The last start at or before `until`.
    pub(super) fn last_until(&self, until: Timestamp) -> Option<Timestamp> {
        let wall = self.wall(until.millis().div_euclid(1000))?;
        let found = self.cron.find_previous_occurrence(&wall, true).ok()?;
        self.instant(found)
    }

    fn wall(&self, second: i64) -> Option<NaiveDateTime> {
        let wall = DateTime::from_timestamp(second.checked_add(self.ahead_secs)?, 0)?;
        Some(wall.naive_utc())
    }

    fn instant(&self, wall: NaiveDateTime) -> Option<Timestamp> {
        let second = wall.and_utc().timestamp().checked_sub(self.ahead_secs)?;
        Some(Timestamp::from_millis(second.checked_mul(1000)?))
    }
}

/// Quartz's own form: seconds first, year optional, Sunday is 1, `0/15` allowed.
fn parse_cron(schedule: &str) -> Result<Cron, &'static str> {
    let fields = schedule.split_whitespace().count();
    if schedule.len() > SCHEDULE_MAX || !schedule.is_ascii() || !(6..=7).contains(&fields) {
        return Err("the schedule is no cron expression of 6 or 7 fields");
    }
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Optional)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build()
        .parse(schedule)
        .map_err(|_| "the schedule is no valid cron expression")
}

/// The plain form of a daily window, `HH:mm-HH:mm`: seconds of the day from and to.
pub(super) fn daily(schedule: &str) -> Option<(u32, u32)> {
    let (from, to) = schedule.trim().split_once('-')?;
    Some((clock(from, 2)?, clock(to, 2)?))
}

/// `HH:mm:ss`, from one second to less than a day.
pub(super) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    match clock(text, 3) {
        Some(0) | None => Err("the duration must be HH:mm:ss, above zero and below 24 hours"),
        Some(secs) => Ok(Duration::from_secs(secs.into())),
    }
}

/// `HH:mm:ss` of the seconds from the one time of day to the other, perhaps over midnight.
pub(super) fn duration_between((from, to): (u32, u32)) -> String {
    let secs = (to + SECS_PER_DAY - from) % SECS_PER_DAY;
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// `Z`, `+HH:mm` or `-HH:mm`, up to 18 hours: seconds ahead of UTC.
pub(super) fn parse_offset(text: &str) -> Result<i64, &'static str> {
    const WRONG: &str = "the timezone must be Z, +HH:mm or -HH:mm";
    let (sign, rest) = match text.as_bytes().first() {
        Some(b'Z') if text.len() == 1 => return Ok(0),
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        Some(_) | None => return Err(WRONG),
    };
    match clock(rest, 2) {
        Some(secs) if secs <= 18 * 3600 => Ok(sign * i64::from(secs)),
        Some(_) | None => Err(WRONG),
    }
}

/// Two digits each for hours, minutes and perhaps seconds: seconds of the day.
fn clock(text: &str, parts: usize) -> Option<u32> {
    let mut secs = 0;
    let mut count = 0;
    for (part, (limit, unit)) in text.split(':').zip([(24, 3600), (60, 60), (60, 1)]) {
        let digits = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit());
        let value = part.parse::<u32>().ok().filter(|value| digits && *value < limit)?;
        secs += value * unit;
        count += 1;
    }
    (count == parts && text.split(':').count() == parts).then_some(secs)
}
