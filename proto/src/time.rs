//! Between the epoch milliseconds of the older protocols and protobuf's timestamps.

use prost_types::Timestamp;

/// A protobuf timestamp from milliseconds since 1970-01-01T00:00:00Z.
#[must_use]
pub fn timestamp(millis: i64) -> Timestamp {
    let nanos = i32::try_from(millis.rem_euclid(1000) * 1_000_000).unwrap_or_default();
    Timestamp { seconds: millis.div_euclid(1000), nanos }
}

/// Milliseconds since 1970-01-01T00:00:00Z, saturating.
#[must_use]
pub fn millis(time: &Timestamp) -> i64 {
    time.seconds.saturating_mul(1000).saturating_add(i64::from(time.nanos) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_survive_the_way_there_and_back() {
        for m in [0, 1, -1, 999, -999, 1000, 1_700_000_000_123, -62_135_596_800_000] {
            assert_eq!(millis(&timestamp(m)), m);
        }
    }
}
