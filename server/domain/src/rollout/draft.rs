//! Rollouts before they are made.

use std::collections::HashSet;
use std::time::Duration;

use super::{
    Conditions, Division, Group, GroupState, GroupTemplate, Pace, Proof, RetryPolicy, Rollout,
    RolloutState, SuccessAction,
};
use crate::action::{ActionType, MaintenanceWindow, check_weight};
use crate::request::Expected;
use crate::tenant::Quotas;
use crate::{
    Audit, Entity, Error, Result, RolloutGroupId, RolloutId, SetId, TenantId, Timestamp, text,
};

/// The most characters of a filter.
const FILTER_MAX: usize = 1024;
/// The weight of a rollout that none was given for.
const WEIGHT_DEFAULT: i32 = 1000;

/// What an operator says of a new group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupDraft {
    /// Required.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// In addition to the rollout's filter.
    pub filter: Option<String>,
    /// That filter as it was written in another language.
    pub source: Option<String>,
    /// Share in per cent; 100 without one.
    pub percent: Option<f32>,
    /// The rollout's without one.
    pub success_percent: Option<i32>,
    /// The next group without one: hawkBit does not take this over from the rollout.
    pub success_action: Option<SuccessAction>,
    /// The rollout's without one.
    pub error_percent: Option<i32>,
    /// The rollout's without one.
    pub confirmation_required: Option<bool>,
}

/// What an operator says of a new rollout.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of a rollout")]
pub struct RolloutDraft {
    pub name: String,
    pub description: Option<String>,
    pub set: SetId,
    pub filter: String,
    pub source: Option<String>,
    pub action_type: ActionType,
    pub start_at: Option<Timestamp>,
    pub weight: Option<i32>,
    pub dynamic: bool,
    pub template: Option<GroupTemplate>,
    pub confirmation_required: Option<bool>,
    pub conditions: Conditions,
    pub window: Option<MaintenanceWindow>,
    pub pace: Pace,
    pub retry: Option<RetryPolicy>,
    pub answer_timeout: Option<Duration>,
    pub proof: Option<Proof>,
    pub groups: Vec<GroupDraft>,
    pub group_count: i32,
}

/// Who makes a rollout, where and when.
#[derive(Debug, Clone)]
pub struct Making<'a> {
    /// Whose it will be.
    pub tenant: TenantId,
    /// Who makes it.
    pub by: &'a str,
    /// Needs nobody's approval.
    pub approval_exempt: bool,
    /// When.
    pub now: Timestamp,
    /// The quotas in force.
    pub quotas: &'a Quotas,
}

/// A rollout that is to be stored with its groups: all of it but the numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRollout {
    /// The rollout.
    pub rollout: Rollout,
    /// Its groups, in order.
    pub groups: Vec<Group>,
}

/// A change to a rollout; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutPatch {
    /// New name.
    pub name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New pace; the order of filling stays.
    pub pace: Option<Pace>,
    /// What it is a change of.
    pub expected: Expected,
}

/// Checks what is said of a new rollout. Whether its set can be rolled out, and whether its
/// filters can be read, is checked elsewhere.
///
/// # Errors
/// - [`Error::Invalid`] for a field that is missing or wrong;
/// - [`Error::QuotaExceeded`] for too many groups.
pub fn new_rollout(draft: &RolloutDraft, making: &Making<'_>) -> Result<NewRollout> {
    check_weight(draft.weight)?;
    check_policies(draft)?;
    let source = draft.source.as_deref();
    let filter = filter_text(&draft.filter, source)?;
    let rollout = Rollout {
        id: RolloutId(0),
        tenant: making.tenant,
        name: text::required("display_name", &draft.name, text::NAME_MAX)?,
        description: described(draft.description.as_deref())?,
        set: draft.set,
        filter,
        source: source.map(source_text).transpose()?,
        action_type: draft.action_type,
        start_at: draft.start_at,
        weight: draft.weight.unwrap_or(WEIGHT_DEFAULT),
        dynamic: draft.dynamic,
        template: draft.template.clone(),
        confirmation_required: draft.confirmation_required,
        conditions: draft.conditions,
        window: draft.window.clone(),
        pace: draft.pace,
        retry: draft.retry.clone(),
        answer_timeout: draft.answer_timeout,
        proof: draft.proof.clone(),
        state: RolloutState::Creating,
        deleted: false,
        approval_exempt: making.approval_exempt,
        approval: None,
        matching: 0,
        audit: Audit::new(making.by, making.now),
        version: 1,
    };
    let groups = groups(draft, making)?;
    Ok(NewRollout { rollout, groups })
}

/// A filter that stands for a text in another language may be longer than that text, for the
/// same words are longer here.
fn filter_text(filter: &str, source: Option<&str>) -> Result<String> {
    let max = if source.is_some() { crate::filter::LENGTH_MAX } else { FILTER_MAX };
    let filter = text::required("target_filter", filter, usize::MAX)?;
    if filter.chars().count() > max {
        return Err(Error::invalid("target_filter", format!("more than {max} characters")));
    }
    Ok(filter)
}

fn source_text(source: &str) -> Result<String> {
    text::required("target_filter_source", source, FILTER_MAX)
}

fn described(text: Option<&str>) -> Result<Option<String>> {
    let text = text::optional("description", text, text::DESCRIPTION_MAX)?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn check_policies(draft: &RolloutDraft) -> Result<()> {
    if let Some(retry) = &draft.retry {
        retry.check()?;
    }
    if let Some(proof) = &draft.proof {
        proof.check()?;
    }
    if draft.answer_timeout.is_some_and(|timeout| timeout.is_zero()) {
        return Err(Error::invalid("answer_timeout", "must be more than nothing"));
    }
    match &draft.template {
        Some(_) if !draft.dynamic => {
            Err(Error::invalid("dynamic_group_template", "is for dynamic rollouts only"))
        }
        Some(template) if template.target_count == 0 => {
            Err(Error::invalid("dynamic_group_template", "needs a target count"))
        }
        Some(template) => {
            text::limited("dynamic_group_template", &template.name_suffix, text::NAME_MAX)
        }
        None => Ok(()),
    }
}

fn groups(draft: &RolloutDraft, making: &Making<'_>) -> Result<Vec<Group>> {
    let mut made = match (draft.groups.as_slice(), draft.group_count) {
        ([], 0) if draft.template.is_some() => Vec::new(),
        ([], count) => equal_groups(draft, count, making)?,
        (_, 1..) => return Err(Error::invalid("group_count", "is not for groups of one's own")),
        (_, ..0) => return Err(Error::invalid("group_count", "is below nought")),
        (_, 0) if draft.dynamic => {
            return Err(Error::invalid("groups", "a dynamic rollout makes its own"));
        }
        (own, 0) => own_groups(draft, own, making)?,
    };
    if draft.dynamic {
        made.push(first_dynamic(draft, made.len(), making));
    }
    let count = u64::try_from(made.len()).unwrap_or(u64::MAX);
    Quotas::check("groups per rollout", 0, count, making.quotas.groups_per_rollout)?;
    Ok(made)
}

fn blank(draft: &RolloutDraft, at: usize, name: String, making: &Making<'_>) -> Group {
    Group {
        id: RolloutGroupId(0),
        rollout: RolloutId(0),
        position: u32::try_from(at).unwrap_or(u32::MAX),
        description: Some(name.clone()),
        name,
        filter: None,
        source: None,
        percent: 100.0,
        size: None,
        conditions: draft.conditions,
        confirmation_required: draft.confirmation_required,
        dynamic: false,
        state: GroupState::Creating,
        audit: Audit::new(making.by, making.now),
        version: 1,
    }
}

fn equal_groups(draft: &RolloutDraft, count: i32, making: &Making<'_>) -> Result<Vec<Group>> {
    let Ok(number @ 1..) = u16::try_from(count) else {
        if count > 0 {
            let limit = making.quotas.groups_per_rollout;
            return Err(Error::QuotaExceeded { what: "groups per rollout", limit });
        }
        return Err(Error::invalid("group_count", "must be at least 1"));
    };
    let quota = making.quotas.groups_per_rollout;
    Quotas::check("groups per rollout", 0, number.into(), quota)?;
    let percent = 100.0 / f32::from(number);
    let group = |at: u16| Group {
        percent,
        ..blank(draft, at.into(), format!("group-{}", u32::from(at) + 1), making)
    };
    Ok((0..number).map(group).collect())
}

fn own_groups(draft: &RolloutDraft, own: &[GroupDraft], making: &Making<'_>) -> Result<Vec<Group>> {
    let mut names = HashSet::new();
    let mut made = Vec::with_capacity(own.len());
    for (at, wanted) in own.iter().enumerate() {
        let name = text::required("groups", &wanted.name, text::NAME_MAX)?;
        if !names.insert(name.clone()) {
            return Err(Error::invalid("groups", "two have the same name"));
        }
        let percent = wanted.percent.unwrap_or(100.0);
        if !(percent > 0.0 && percent <= 100.0) {
            return Err(Error::invalid("target_percent", "must be above 0 and at most 100"));
        }
        let filter = wanted.filter.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let rollout = draft.conditions;
        made.push(Group {
            description: described(wanted.description.as_deref())?,
            filter: filter.map(str::to_owned),
            source: wanted.source.as_deref().map(source_text).transpose()?,
            percent,
            conditions: Conditions {
                success_percent: wanted.success_percent.unwrap_or(rollout.success_percent),
                success_action: wanted.success_action.unwrap_or(SuccessAction::NextGroup),
                error_percent: wanted.error_percent.unwrap_or(rollout.error_percent),
            },
            confirmation_required: wanted.confirmation_required.or(draft.confirmation_required),
            ..blank(draft, at, name, making)
        });
    }
    Ok(made)
}

fn first_dynamic(draft: &RolloutDraft, at: usize, making: &Making<'_>) -> Group {
    let template = draft.template.as_ref();
    let suffix = template.map_or("", |template| &template.name_suffix);
    let name = text::cut(&format!("group-{}{suffix}", at + 1), text::NAME_MAX);
    Group {
        size: template.map(|template| template.target_count),
        dynamic: true,
        ..blank(draft, at, name, making)
    }
}

impl NewRollout {
    /// Checks how its targets would be divided.
    ///
    /// # Errors
    /// - [`Error::Invalid`] if there are none, or if some would be in no group;
    /// - [`Error::QuotaExceeded`] if a group is too large.
    pub fn check_division(&self, division: &Division, quotas: &Quotas) -> Result<()> {
        let grouped: u64 = division.sizes.iter().sum();
        let only_dynamic = self.groups.iter().all(|group| group.dynamic);
        if only_dynamic {
            return Ok(());
        }
        if grouped + division.ungrouped == 0 {
            return Err(Error::invalid("target_filter", "matches no target that is there"));
        }
        if division.ungrouped > 0 {
            return Err(Error::invalid("groups", "do not take all targets of the rollout"));
        }
        let largest = division.sizes.iter().copied().max().unwrap_or(0);
        let limit = quotas.targets_per_rollout_group;
        Quotas::check("targets per rollout group", 0, largest, limit)
    }
}

/// Applies an operator's change.
///
/// # Errors
/// - [`Error::Invalid`] as in [`new_rollout`];
/// - [`Error::ReadOnly`] once it is being deleted;
/// - [`Error::EtagMismatch`].
pub fn update_rollout(
    rollout: &Rollout,
    patch: &RolloutPatch,
    by: &str,
    now: Timestamp,
) -> Result<Rollout> {
    if matches!(rollout.state, RolloutState::Deleting | RolloutState::Deleted) {
        let id = rollout.id.to_string();
        return Err(Error::ReadOnly { entity: Entity::Rollout, id });
    }
    patch.expected.check(rollout.id.0, rollout.version)?;
    let mut to = rollout.clone();
    if let Some(name) = &patch.name {
        to.name = text::required("display_name", name, text::NAME_MAX)?;
    }
    if let Some(description) = &patch.description {
        to.description = described(Some(description))?;
    }
    if let Some(pace) = patch.pace {
        to.pace = Pace { random: rollout.pace.random, ..pace };
    }
    to.audit.touch(by, now);
    Ok(to)
}

/// The rollout that tries again with what failed in a finished one.
///
/// # Errors
/// [`Error::Deleted`], or [`Error::Invalid`] if it is not finished.
pub fn retry_draft(rollout: &Rollout) -> Result<RolloutDraft> {
    if rollout.deleted {
        return Err(Error::Deleted { entity: Entity::Rollout, id: rollout.id.to_string() });
    }
    if rollout.state != RolloutState::Finished {
        return Err(Error::invalid("name", "is not the name of a finished rollout"));
    }
    Ok(RolloutDraft {
        name: format!("{}_retry", rollout.name),
        description: rollout.description.clone(),
        set: rollout.set,
        filter: format!("failed_rollout = {}", rollout.id),
        source: Some(format!("failedrollout=={}", rollout.id)),
        action_type: rollout.action_type,
        start_at: None,
        weight: Some(rollout.weight),
        dynamic: false,
        template: None,
        confirmation_required: Some(false),
        conditions: Conditions::default(),
        window: rollout.window.clone(),
        pace: rollout.pace,
        retry: rollout.retry.clone(),
        answer_timeout: rollout.answer_timeout,
        proof: rollout.proof.clone(),
        groups: Vec::new(),
        group_count: 1,
    })
}
