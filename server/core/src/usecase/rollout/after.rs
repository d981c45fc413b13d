//! What the end of an action means for its rollout: a retry, or a proof that is wanted.

use crate::event::{Happened, Log};
use otahub_domain::action::{Action, Effect, State, retry_action};
use otahub_domain::rollout::{AfterFailure, Proof, Rollout, RolloutState};
use otahub_domain::target::Target;
use otahub_domain::{Result, Timestamp};
use otahub_store::Session;

/// Called in the transaction that changes an action of a rollout's group, after it was saved.
pub(in crate::usecase) async fn after_change(
    session: &Session<'_>,
    action: &Action,
    (target, effects): (&Target, &[Effect]),
    now: Timestamp,
) -> Result<()> {
    let Some(id) = action.rollout.filter(|_| action.rollout_group.is_some()) else {
        return Ok(());
    };
    // only what moves the action on to its end
    let is_end = matches!(action.state, State::Error | State::Finished);
    if !is_end || !effects.contains(&Effect::OfferChanged) {
        return Ok(());
    }
    let Some(rollout) = session.rollout(action.tenant, id).await? else {
        return Ok(());
    };
    if rollout.proof.is_none() && rollout.retry.is_none() {
        return Ok(());
    }
    if action.state == State::Finished {
        return after_success(session, &rollout, action, (target, now)).await;
    }
    session.drop_proof(action.id).await?;
    after_failure(session, &rollout, action, now).await
}

async fn after_success(
    session: &Session<'_>,
    rollout: &Rollout,
    action: &Action,
    (target, now): (&Target, Timestamp),
) -> Result<()> {
    match &rollout.proof {
        Some(proof) if !is_proven(session, proof, target).await? => {
            Ok(session.want_proof(action, now.plus(proof.timeout)).await?)
        }
        Some(_) | None => Ok(()),
    }
}

async fn is_proven(session: &Session<'_>, proof: &Proof, target: &Target) -> Result<bool> {
    let attributes = session.attributes(target).await?;
    Ok(proof.is_given_by(attributes.get(&proof.attribute).map(String::as_str)))
}

async fn after_failure(
    session: &Session<'_>,
    rollout: &Rollout,
    action: &Action,
    now: Timestamp,
) -> Result<()> {
    let goes_on = matches!(rollout.state, RolloutState::Running | RolloutState::Paused);
    let Some(retry) = rollout.retry.as_ref().filter(|_| goes_on) else {
        return Ok(());
    };
    let Some((_, attempt)) = session.rollout_of_target(rollout.id, action.target).await? else {
        return Ok(());
    };
    match retry.after(attempt, action.last_code) {
        AfterFailure::Stays => Ok(()),
        AfterFailure::Again { after } => {
            session.replace_failed(action, now.plus(after)).await?;
            session.insert_action(retry_action(action, now)).await?;
            Ok(())
        }
    }
}

/// Called in the transaction that changes a target's attributes: they may be the proof that its
/// rollouts want.
pub(in crate::usecase) async fn check_proofs(
    session: &Session<'_>,
    target: &Target,
    now: Timestamp,
) -> Result<()> {
    for id in session.wanted_proofs(target.id).await? {
        let Some(action) = session.action(target.tenant, id).await? else {
            continue;
        };
        let Some(rollout) = action.rollout else {
            continue;
        };
        let rollout = session.rollout(target.tenant, rollout).await?;
        let Some(proof) = rollout.and_then(|rollout| rollout.proof) else {
            continue;
        };
        if is_proven(session, &proof, target).await? {
            session.drop_proof(id).await?;
            let log = Log { session, tenant: target.tenant, now };
            log.action(Happened::ActionUpdated, target, &action).await?;
        }
    }
    Ok(())
}
