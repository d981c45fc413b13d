//! Locking: a set that was given out does not change any more (hawkBit domain rules: "Locking").

use super::{Set, check_usable};
use crate::tenant::Configuration;
use crate::{Entity, Error, Result, Timestamp};

/// Sets with one of these tags are not locked implicitly.
pub const SKIP_LOCK_TAGS: [&str; 4] =
    ["skip-implicit-lock", "skip_implicit_lock", "SKIP_IMPLICIT_LOCK", "SKIP-IMPLICIT-LOCK"];

/// Refuses a change to the modules, or to the migration step, of a locked set. `operation` names
/// the change, such as `ASSIGN_MODULE`.
///
/// # Errors
/// [`Error::Locked`].
pub fn check_unlocked(set: &Set, operation: &'static str) -> Result<()> {
    if set.locked {
        let id = set.id.to_string();
        return Err(Error::Locked { entity: Entity::DistributionSet, id, operation });
    }
    Ok(())
}

/// Locks a set on demand. Its modules are to be locked too; unlocking it leaves them locked.
///
/// # Errors
/// [`Error::SetIncomplete`], [`Error::Deleted`], [`Error::SetInvalid`].
pub fn lock_set(set: &Set, by: &str, now: Timestamp) -> Result<Set> {
    check_usable(set)?;
    if !set.complete {
        return Err(Error::SetIncomplete { id: set.id.to_string() });
    }
    let mut set = set.clone();
    if !set.locked {
        set.locked = true;
        set.audit.touch(by, now);
    }
    Ok(set)
}

/// Whether an assignment, an automatic assignment or a rollout of the set locks it.
#[must_use]
pub fn locks_implicitly(set: &Set, tags: &[String], configuration: &Configuration) -> bool {
    let skip = tags.iter().any(|tag| SKIP_LOCK_TAGS.contains(&tag.as_str()));
    configuration.implicit_lock && set.complete && !set.locked && !skip
}
