//! Rollouts: drafts, shares, commands, and what is planned when.

mod draft;
mod planner;
mod policy;
mod simulation;

use super::*;
use crate::action::ActionType;
use crate::tenant::Quotas;
use crate::{RolloutGroupId, RolloutId, SetId, TenantId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn draft(groups: i32) -> RolloutDraft {
    RolloutDraft {
        name: "campaign".into(),
        description: None,
        set: SetId(5),
        filter: "name = a*".into(),
        source: None,
        action_type: ActionType::Forced,
        start_at: None,
        weight: None,
        dynamic: false,
        template: None,
        confirmation_required: None,
        conditions: Conditions::default(),
        window: None,
        pace: Pace::default(),
        retry: None,
        answer_timeout: None,
        proof: None,
        groups: Vec::new(),
        group_count: groups,
    }
}

fn make(draft: &RolloutDraft) -> crate::Result<NewRollout> {
    let quotas = Quotas::default();
    let making =
        Making { tenant: TenantId(1), by: "op", approval_exempt: false, now: NOW, quotas: &quotas };
    let mut made = new_rollout(draft, &making)?;
    made.rollout.id = RolloutId(9);
    for (at, group) in (1..).zip(&mut made.groups) {
        group.id = RolloutGroupId(at);
    }
    Ok(made)
}

/// A view of a rollout whose groups have these states and counts.
fn view(draft: &RolloutDraft, state: RolloutState, groups: &[(GroupState, Tally)]) -> View {
    let made = make(draft).unwrap();
    let pairs = made.groups.into_iter().zip(groups);
    let groups = pairs.map(|(group, (state, tally))| GroupView {
        due: tally.scheduled,
        expired: false,
        tally: *tally,
        group: Group { state: *state, ..group },
    });
    View {
        groups: groups.collect(),
        gathered: true,
        lately: 0,
        involve: false,
        approval: false,
        groups_max: 500,
        rollout: Rollout { state, ..made.rollout },
    }
}
