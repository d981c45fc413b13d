//! Which writer a job goes to.

use std::hash::{DefaultHasher, Hash, Hasher};

use otahub_domain::TenantId;

/// Jobs of one lane are run in the order in which they came. Different lanes may be run side by
/// side (on PostgreSQL) and wait for each other's rows at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane(pub(crate) Option<u64>);

impl Lane {
    /// No order wanted: whichever writer comes next.
    pub const ANY: Self = Self(None);

    /// The lane of one target. Everything that a device causes belongs here.
    #[must_use]
    pub fn target(tenant: TenantId, controller_id: &str) -> Self {
        Self::hashed(&(tenant, controller_id))
    }

    /// A lane of its own for some kind of work, such as `"users"` or a set's number.
    #[must_use]
    pub fn exclusive(key: &str) -> Self {
        Self::hashed(&key)
    }

    fn hashed(key: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        Self(Some(hasher.finish()))
    }
}
