//! The wall clock, for requests that carry a time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the tests' one wall clock")]
pub fn epoch_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_millis()).expect("the clock is before the year 292 million")
}
