//! Something happens to an action: the one way in which actions change.

use crate::event::Log;
use crate::hub::Hub;
use otahub_domain::action::{Action, Event, NewEntry, TargetChange, Transition, apply, settle};
use otahub_domain::target::Target;
use otahub_domain::tenant::Quotas;
use otahub_domain::{ActionId, Entity, Error, Result, SetId, TenantId, Timestamp};
use otahub_store::{Lane, Session};

/// Whose the action must be.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    /// Anybody's in the tenant.
    Any,
    /// This target's.
    Target(String),
}

impl From<String> for RequestId {
    fn from(id: String) -> Self {
        Self { id, is_first: false }
    }
}

/// An event for an action.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// Whose it is.
    pub tenant: TenantId,
    /// Whose it must be.
    pub owner: Owner,
    /// Which one.
    pub action: ActionId,
    /// What happens.
    pub event: Event,
    /// Who does it, for the audit fields; empty for the device itself.
    pub by: String,
    /// Repeats with the same id change nothing.
    pub request_id: Option<RequestId>,
}

/// By what repeats of a request are known.
#[derive(Debug, Clone)]
pub(crate) struct RequestId {
    /// The caller's word.
    pub id: String,
    /// It is known not to be a repeat, whatever was noted before.
    pub is_first: bool,
}

impl Hub {
    /// Lets an event happen and gives the action as it is then.
    pub(crate) async fn act(&self, act: Act) -> Result<Action> {
        let (action, target) = self.find_action(act.tenant, act.action, &act.owner).await?;
        if self.changes_nothing(&act, &action)? {
            return Ok(action);
        }
        let (tenant, controller_id) = (act.tenant, target.controller_id);
        let lane = Lane::target(tenant, &controller_id);
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        self.write_and(
            lane,
            self.once(move |session| {
                let (act, quotas) = (act.clone(), quotas.clone());
                Box::pin(async move { act_once(session, &act, now, &quotas).await })
            }),
            move |hub, _| hub.devices.forget(tenant, &controller_id),
        )
        .await
    }

    /// The action, and the target that it is of.
    pub(crate) async fn find_action(
        &self,
        tenant: TenantId,
        action: ActionId,
        owner: &Owner,
    ) -> Result<(Action, Target)> {
        find(&self.store.read(), tenant, action, owner).await
    }

    /// A fetch that is repeated writes nothing, so it does not have to wait for the writer.
    fn changes_nothing(&self, act: &Act, action: &Action) -> Result<bool> {
        match act.event {
            Event::Fetched | Event::CancelFetched => {
                let seen = apply(action, &act.event, self.now(), &self.options.quotas)?;
                Ok(!seen.changes())
            }
            _ => Ok(false),
        }
    }
}

/// The action, and the target that it is of.
pub(super) async fn find(
    session: &Session<'_>,
    tenant: TenantId,
    action: ActionId,
    owner: &Owner,
) -> Result<(Action, Target)> {
    let found = session.action(tenant, action).await?;
    let found = found.ok_or_else(|| Error::not_found(Entity::Action, action))?;
    let target = session.target_by_id(tenant, found.target).await?;
    let target = target.ok_or_else(|| Error::not_found(Entity::Action, action))?;
    match owner {
        Owner::Target(controller_id) if *controller_id != target.controller_id => {
            Err(Error::NotRelated {
                entity: Entity::Action,
                id: action.to_string(),
                parent: controller_id.clone(),
            })
        }
        Owner::Target(_) | Owner::Any => Ok((found, target)),
    }
}

/// Lets an event happen within a transaction. The caller forgets what is remembered of the device.
pub(super) async fn act_once(
    session: &Session<'_>,
    act: &Act,
    now: Timestamp,
    quotas: &Quotas,
) -> Result<Action> {
    let (action, mut target) = find(session, act.tenant, act.action, &act.owner).await?;
    let mut noted = act.request_id.as_ref().map(|request_id| request_id.id.as_str());
    if let Some(request_id) = &act.request_id
        && session.has_request(&action, &request_id.id).await?
    {
        if !request_id.is_first {
            return Ok(action);
        }
        noted = None;
    }
    let mut transition = apply(&action, &act.event, now, quotas)?;
    if !act.by.is_empty() {
        transition.action.audit.touch(&act.by, now);
    }
    let change = Change { transition, by: &act.by, now, request_id: noted };
    change.commit(session, &mut target).await
}

/// A transition on its way to the database.
pub(super) struct Change<'a> {
    /// What became of the action.
    pub transition: Transition,
    /// Who did it; empty for the device.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// The request that did it.
    pub request_id: Option<&'a str>,
}

impl Change<'_> {
    /// Saves action, history, target and events; gives the action as saved.
    pub(super) async fn commit(self, session: &Session<'_>, target: &mut Target) -> Result<Action> {
        let Transition { action, entries, target: change, effects } = self.transition;
        if effects.is_empty() {
            return Ok(action);
        }
        let action = session.save_action(&action).await?;
        for (n, entry) in entries.iter().enumerate() {
            let request_id = self.request_id.filter(|_| n == 0);
            session.insert_entry(&action, entry, self.now, request_id).await?;
        }
        let means = (&change, action.id);
        if settle_target(session, means, target, (self.by, self.now)).await? {
            *target = session.save_target(target).await?;
        }
        super::rollout::after_change(session, &action, (target, &effects), self.now).await?;
        let log = Log { session, tenant: action.tenant, now: self.now };
        log.effects(&[(&effects, target, &action)]).await?;
        Ok(action)
    }
}

/// Transitions of many actions on their way to the database, by few statements.
pub(super) struct Changes<'a> {
    /// What became of each action, with its target. A target that changes is there once.
    pub all: Vec<(Transition, Target)>,
    /// Who did it; empty for the device.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
}

impl Changes<'_> {
    /// Saves actions, histories, targets and events, as [`Change::commit`] does for one.
    pub(super) async fn commit(self, session: &Session<'_>) -> Result<()> {
        let Self { mut all, by, now } = self;
        all.retain(|(transition, _)| !transition.effects.is_empty());
        let Some(tenant) = all.first().map(|(transition, _)| transition.action.tenant) else {
            return Ok(());
        };
        let actions: Vec<Action> = all.iter().map(|(to, _)| to.action.clone()).collect();
        session.save_actions(&actions).await?;
        let entries = |(to, _): &(Transition, Target)| {
            let entry = |entry: &NewEntry| (to.action.id, entry.clone());
            to.entries.iter().map(entry).collect::<Vec<_>>()
        };
        let entries: Vec<_> = all.iter().flat_map(entries).collect();
        session.insert_entries(&entries, now).await?;
        let mut settled = Vec::with_capacity(all.len());
        for (to, target) in &mut all {
            to.action.version += 1;
            if settle_target(session, (&to.target, to.action.id), target, (by, now)).await? {
                settled.push(target.clone());
                target.version += 1;
            }
        }
        session.save_settled(&settled).await?;
        for (to, target) in &all {
            let changed = (target, to.effects.as_slice());
            super::rollout::after_change(session, &to.action, changed, now).await?;
        }
        let changes = all.iter().map(|(to, target)| (to.effects.as_slice(), target, &to.action));
        let log = Log { session, tenant, now };
        log.effects(&changes.collect::<Vec<_>>()).await
    }
}

/// Changes a target as a transition wants it; whether it wants anything.
async fn settle_target(
    session: &Session<'_>,
    (change, action): (&TargetChange, ActionId),
    target: &mut Target,
    (by, now): (&str, Timestamp),
) -> Result<bool> {
    if *change == TargetChange::None {
        return Ok(false);
    }
    // nothing else looks at the other actions
    let remaining = if *change == TargetChange::CancellationDone {
        remaining(session, target, action).await?
    } else {
        Vec::new()
    };
    settle(change, target, &remaining, by, now);
    Ok(true)
}

async fn remaining(
    session: &Session<'_>,
    target: &Target,
    but: ActionId,
) -> Result<Vec<(ActionId, SetId)>> {
    let open = session.open_actions(target).await?;
    let others = open.into_iter().map(|o| o.action).filter(|a| a.id != but);
    Ok(others.map(|a| (a.id, a.set)).collect())
}
