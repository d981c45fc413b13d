//! Last-seen times, written many at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use otahub_domain::{TargetId, Timestamp};
use sea_orm::Value;

use crate::target::CHUNK;
use crate::{Error, Session};

/// A target was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// Which.
    pub target: TargetId,
    /// When.
    pub at: Timestamp,
    /// From where, if that is known.
    pub address: Option<String>,
}

impl Session<'_> {
    /// Notes when targets were heard of, one statement for each 1000. Neither their versions nor
    /// their audit fields change, and a later time that stands there already stays.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn record_polls(&self, polls: &[Poll]) -> Result<(), Error> {
        let latest: Vec<Poll> = latest(polls).into_values().collect();
        for some in latest.chunks(CHUNK) {
            self.execute_sql(&update(some.len()), values(some)).await?;
        }
        Ok(())
    }
}

/// The last poll of each target, in the order of their numbers: all writers lock rows in it.
fn latest(polls: &[Poll]) -> BTreeMap<TargetId, Poll> {
    let mut latest = BTreeMap::new();
    for poll in polls {
        match latest.entry(poll.target) {
            Entry::Vacant(free) => {
                free.insert(poll.clone());
            }
            Entry::Occupied(mut taken) => {
                let known: &mut Poll = taken.get_mut();
                if known.at <= poll.at {
                    let address = poll.address.clone().or(known.address.take());
                    *known = Poll { address, ..poll.clone() };
                }
            }
        }
    }
    latest
}

fn update(rows: usize) -> String {
    let row = "(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT))";
    let rows = vec![row; rows].join(", ");
    // both databases name the columns of VALUES column1, column2 …
    format!(
        "UPDATE targets SET last_poll_at = seen.column2, \
         address = COALESCE(seen.column3, address) \
         FROM (VALUES {rows}) AS seen \
         WHERE targets.id = seen.column1 \
         AND (targets.last_poll_at IS NULL OR targets.last_poll_at <= seen.column2)"
    )
}

fn values(polls: &[Poll]) -> Vec<Value> {
    let one = |poll: &Poll| -> [Value; 3] {
        [poll.target.0.into(), poll.at.millis().into(), poll.address.clone().into()]
    };
    polls.iter().flat_map(one).collect()
}
