//! What operators say of rollouts, as the hub's requests. Checked here is what only this
//! interface can say wrong: what contradicts itself.

use super::assignment::action_type;
use super::rollout_extras;
use super::target_filter::meaning;
use super::types::mask;
use crate::error::Fault;
use crate::wire;
use otahub_client::{names, proto, timestamp};

/// Groups of a rollout that says nothing of them.
const GROUPS_DEFAULT: i32 = 1;
/// Per cent that a condition wants that does not say how many.
const EXPRESSION_DEFAULT: &str = "100";
/// What is never reached: hawkBit takes a percentage that is none, and never meets it.
const NEVER: i32 = 101;

/// What creates a rollout.
pub(crate) fn creation(body: wire::RolloutBody) -> Result<proto::CreateRolloutRequest, Fault> {
    check_groups(&body)?;
    let query = body.target_filter_query.filter(|query| !query.trim().is_empty());
    let query = query.ok_or_else(Fault::no_search)?;
    let groups = body.groups.unwrap_or_default();
    let group_count = match (groups.is_empty(), body.amount_groups) {
        (false, _) => 0,
        (true, amount) => amount.unwrap_or(GROUPS_DEFAULT),
    };
    let kind = body.kind.unwrap_or(wire::AssignmentWord::Forced);
    let timed = kind == wire::AssignmentWord::TimeForced;
    let mut rollout = proto::Rollout {
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        distribution_set: names::distribution_set(body.distribution_set_id.0),
        target_filter: meaning(&query)?,
        target_filter_source: query,
        r#type: action_type(kind).into(),
        force_time: timed.then(|| timestamp(body.forcetime)),
        start_time: body.start_at.map(timestamp),
        weight: body.weight,
        dynamic: body.dynamic,
        dynamic_group_template: body.dynamic_group_template.map(template),
        confirmation_required: body.confirmation_required,
        conditions: Some(conditions(&body.conditions)),
        ..Default::default()
    };
    rollout_extras::add(body.extras, &mut rollout);
    Ok(proto::CreateRolloutRequest {
        rollout: Some(rollout),
        groups: groups.into_iter().map(group).collect::<Result<_, _>>()?,
        group_count,
        request_id: String::new(),
    })
}

/// Refuses what is said of groups in two ways, or in none.
fn check_groups(body: &wire::RolloutBody) -> Result<(), Fault> {
    let has_template = body.dynamic_group_template.is_some();
    let wrong = match (&body.groups, body.amount_groups) {
        (Some(groups), _) if groups.is_empty() => "groups: must not be empty",
        (Some(_), Some(_)) => "either groups or amountGroups can be given",
        (Some(_), None) if body.dynamic => "a dynamic rollout takes no groups",
        (_, Some(amount)) if amount < 0 => "amountGroups: must not be negative",
        (None, Some(0)) if !has_template => "amountGroups: at least one group is needed",
        _ if has_template && !body.dynamic => "only a dynamic rollout has a dynamicGroupTemplate",
        _ => return Ok(()),
    };
    Err(Fault::constraint(wrong))
}

fn template(body: wire::TemplateBody) -> proto::DynamicGroupTemplate {
    proto::DynamicGroupTemplate {
        name_suffix: body.name_suffix.unwrap_or_default(),
        target_count: body.target_count,
    }
}

fn group(body: wire::GroupBody) -> Result<proto::RolloutGroupSpec, Fault> {
    let query = body.target_filter_query.filter(|query| !query.trim().is_empty());
    Ok(proto::RolloutGroupSpec {
        display_name: body.name.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        target_filter: query.as_deref().map(meaning).transpose()?.unwrap_or_default(),
        target_filter_source: query.unwrap_or_default(),
        target_percent: body.target_percentage,
        conditions: Some(conditions(&body.conditions)),
        confirmation_required: body.confirmation_required,
    })
}

/// What follows success is never left open: a group does not take it from its rollout.
fn conditions(body: &wire::ConditionsBody) -> proto::GroupConditions {
    let action = match body.success_action.map(|body| body.action).unwrap_or_default() {
        wire::SuccessWord::NextGroup => proto::SuccessAction::NextGroup,
        wire::SuccessWord::Pause => proto::SuccessAction::Pause,
    };
    proto::GroupConditions {
        success_threshold_percent: body.success_condition.as_ref().map(percent),
        success_action: action.into(),
        error_threshold_percent: body.error_condition.as_ref().map(percent),
    }
}

fn percent(condition: &wire::ConditionBody) -> i32 {
    let expression = condition.expression.as_deref().unwrap_or(EXPRESSION_DEFAULT);
    expression.trim().parse().unwrap_or(NEVER)
}

/// What changes a rollout: only what the body holds; nothing if it holds nothing.
pub(crate) fn update(
    id: i64,
    body: wire::RolloutChangeBody,
) -> Option<proto::UpdateRolloutRequest> {
    let (name, description, pace) = (body.name, body.description, body.pace);
    if name.is_none() && description.is_none() && pace.is_none() {
        return None;
    }
    let update_mask = mask(&[
        ("display_name", name.is_some()),
        ("description", description.is_some()),
        ("pace", pace.is_some()),
    ]);
    let rollout = proto::Rollout {
        name: names::numbered("rollouts", id),
        display_name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        pace: pace.map(rollout_extras::pace),
        ..Default::default()
    };
    Some(proto::UpdateRolloutRequest { rollout: Some(rollout), update_mask })
}
