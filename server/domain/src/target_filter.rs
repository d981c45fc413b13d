//! Target filters: searches that are kept by name, and what they assign by themselves.

use crate::action::{ActionType, Assignment, check_weight};
use crate::distribution_set::{Set, check_assignable};
use crate::filter::{self, Filter, Moments, TargetField};
use crate::request::Expected;
use crate::tenant::Quotas;
use crate::{Audit, Error, Result, SetId, TargetFilterId, TenantId, Timestamp, text};

/// The most characters of a filter as whoever keeps it wrote it.
pub const QUERY_MAX: usize = 1024;
/// The weight of automatic assignments that none was given for.
const WEIGHT_DEFAULT: i32 = 1000;

/// A search over targets that is kept by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetFilter {
    /// Number.
    pub id: TargetFilterId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Unique in the tenant, at most 128 characters.
    pub name: String,
    /// What it searches for.
    pub query: Query,
    /// What is assigned to targets that match.
    pub auto_assignment: Option<AutoAssignment>,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes, for optimistic locking.
    pub version: i64,
}

/// What a target filter searches for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// In the hub's language; see [`crate::filter`]. This is what counts.
    pub filter: String,
    /// In the words of whoever wrote it, if that was another language; at most 1024 characters.
    pub source: Option<String>,
}

/// What a target filter assigns (hawkBit domain rules: "Auto assignment").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoAssignment {
    /// The set.
    pub set: SetId,
    /// How urgent; never [`ActionType::TimeForced`].
    pub action_type: ActionType,
    /// 0 to 1000.
    pub weight: i32,
    /// Whether the device's side has to consent; without a word, where the tenant asks for it.
    pub confirmation_required: Option<bool>,
    /// Who set it, and on whose behalf it assigns.
    pub by: String,
}

/// What an operator says of an automatic assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoAssignmentDraft {
    /// The set.
    pub set: SetId,
    /// How urgent.
    pub action_type: ActionType,
    /// Without one 1000.
    pub weight: Option<i32>,
    /// Whether the device's side has to consent.
    pub confirmation_required: Option<bool>,
}

/// A change to a target filter; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetFilterPatch {
    /// New name.
    pub name: Option<String>,
    /// New query.
    pub query: Option<Query>,
    /// New automatic assignment, or none any more.
    pub auto_assignment: Option<Option<AutoAssignmentDraft>>,
    /// What it is a change of.
    pub expected: Expected,
}

impl Query {
    /// The query as people are to see it.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.source.as_deref().unwrap_or(&self.filter)
    }

    /// What it means at an instant.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `filter` and [`Error::FilterField`].
    pub fn resolve(&self, moments: Moments) -> Result<Filter<TargetField>> {
        filter::parse(&self.filter)?.resolve(moments)
    }

    /// Checks and trims it. A filter that stands for a text in another language may be longer
    /// than that text, for the same words are longer here.
    fn checked(&self, now: Timestamp) -> Result<Self> {
        let max = if self.source.is_some() { filter::LENGTH_MAX } else { QUERY_MAX };
        let query = Self {
            filter: text::required("filter", &self.filter, max)?,
            source: self.source.as_deref().map(source).transpose()?,
        };
        query.resolve(Moments { now, overdue: now })?;
        Ok(query)
    }
}

fn source(given: &str) -> Result<String> {
    text::required("source", given, QUERY_MAX)
}

/// Makes a target filter of what an operator says (Management API reference: "Target filters").
/// Number and tenant are 0 until the store sets them.
///
/// # Errors
/// [`Error::Invalid`] if name or query are missing, too long, have markup or cannot be read;
/// [`Error::FilterField`].
pub fn new_target_filter(
    name: &str,
    query: &Query,
    by: &str,
    now: Timestamp,
) -> Result<TargetFilter> {
    Ok(TargetFilter {
        id: TargetFilterId(0),
        tenant: TenantId(0),
        name: text::required("display_name", name, text::NAME_MAX)?,
        query: query.checked(now)?,
        auto_assignment: None,
        audit: Audit::new(by, now),
        version: 0,
    })
}

/// Applies an operator's change of name and query. The automatic assignment is
/// [`assign_automatically`]'s matter, but for its removal.
///
/// # Errors
/// As [`new_target_filter`], and [`Error::EtagMismatch`].
pub fn update_target_filter(
    found: &TargetFilter,
    patch: &TargetFilterPatch,
    by: &str,
    now: Timestamp,
) -> Result<TargetFilter> {
    patch.expected.check(found.id.0, found.version)?;
    let mut changed = found.clone();
    if let Some(name) = &patch.name {
        changed.name = text::required("display_name", name, text::NAME_MAX)?;
    }
    if let Some(query) = &patch.query {
        changed.query = query.checked(now)?;
    }
    if patch.auto_assignment == Some(None) {
        changed.auto_assignment = None;
    }
    changed.audit.touch(by, now);
    Ok(changed)
}

/// The automatic assignment of a set that an operator wants.
///
/// # Errors
/// - [`Error::InvalidAutoAssignmentType`] for one that is forced from an instant on;
/// - [`Error::Invalid`] for a weight out of range;
/// - [`Error::Deleted`], [`Error::SetInvalid`], [`Error::SetIncomplete`].
pub fn assign_automatically(
    draft: &AutoAssignmentDraft,
    set: &Set,
    by: &str,
) -> Result<AutoAssignment> {
    match draft.action_type {
        ActionType::Soft | ActionType::Forced | ActionType::DownloadOnly => {}
        ActionType::TimeForced { .. } => return Err(Error::InvalidAutoAssignmentType),
    }
    check_weight(draft.weight)?;
    check_assignable(set)?;
    Ok(AutoAssignment {
        set: set.id,
        action_type: draft.action_type,
        weight: draft.weight.unwrap_or(WEIGHT_DEFAULT),
        confirmation_required: draft.confirmation_required,
        by: by.to_owned(),
    })
}

/// Refuses an automatic assignment that would assign to too many targets at once.
///
/// # Errors
/// [`Error::QuotaExceeded`].
pub fn check_eligible(eligible: u64, quotas: &Quotas) -> Result<()> {
    let limit = quotas.targets_per_auto_assignment;
    Quotas::check("targets per automatic assignment", 0, eligible, limit)
}

impl AutoAssignment {
    /// The wish that a target gets the set.
    #[must_use]
    pub fn assignment(&self, controller_id: impl Into<String>) -> Assignment {
        Assignment {
            action_type: self.action_type,
            weight: Some(self.weight),
            confirmation_required: self.confirmation_required,
            ..Assignment::new(controller_id, self.set)
        }
    }
}

#[cfg(test)]
mod tests;
