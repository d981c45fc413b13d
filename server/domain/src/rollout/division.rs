//! How targets are divided among groups.

use super::Group;

/// How many of the matching targets meet which of the groups' own filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// The filters that they meet.
    pub filters: Vec<String>,
    /// How many they are.
    pub count: u64,
}

/// What groups would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// Of each group, how many targets.
    pub sizes: Vec<u64>,
    /// Targets in no group.
    pub ungrouped: u64,
}

/// Above this share a group takes all that is left: shares are not always exact.
const WHOLE: f64 = 99.999;

/// The share, in per cent, that the group at `at` takes of the targets that meet its filter and
/// are in no earlier group. Percentages are of all that meet the filter, so that two groups of
/// 50 per cent and one filter share everything.
#[must_use]
pub fn share_of_rest(groups: &[Group], at: usize) -> f64 {
    let Some(group) = groups.get(at) else {
        return 0.0;
    };
    let alike = groups.iter().take(at).filter(|earlier| earlier.filter == group.filter);
    let taken: f64 = alike.map(|earlier| f64::from(earlier.percent)).sum();
    let left = 100.0 - taken;
    if left <= 100.0 - WHOLE {
        return 100.0;
    }
    (f64::from(group.percent) * 100.0 / left).min(100.0)
}

/// A share of a number of targets, rounded.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is a count, and counts are far below 2^52"
)]
pub fn part(count: u64, share: f64) -> u64 {
    if share >= WHOLE {
        return count;
    }
    ((count as f64 * share / 100.0).round() as u64).min(count)
}

/// Divides as filling would. Of targets that meet several filters a group takes as many of each
/// kind as its share says; filling itself takes them in order, so that with overlapping filters
/// its numbers can differ a little.
#[must_use]
pub fn divide(groups: &[Group], matching: &[Matching]) -> Division {
    let mut left: Vec<Matching> = matching.to_vec();
    let mut sizes = Vec::with_capacity(groups.len());
    for (at, group) in groups.iter().enumerate() {
        if group.dynamic {
            sizes.push(0);
            continue;
        }
        let meets = |pool: &Matching| {
            group.filter.as_ref().is_none_or(|filter| pool.filters.contains(filter))
        };
        let candidates = left.iter().filter(|pool| meets(pool)).map(|pool| pool.count).sum();
        let share = share_of_rest(groups, at);
        let wanted = part(candidates, share);
        let mut missing = wanted;
        for pool in left.iter_mut().filter(|pool| meets(pool)) {
            let some = part(pool.count, share).min(missing);
            pool.count -= some;
            missing -= some;
        }
        for pool in left.iter_mut().filter(|pool| meets(pool)) {
            let some = pool.count.min(missing);
            pool.count -= some;
            missing -= some;
        }
        sizes.push(wanted - missing);
    }
    Division { sizes, ungrouped: left.iter().map(|pool| pool.count).sum() }
}
