//! Something happens to an action: the one way in which actions change.

use crate::event::Log;
use crate::hub::Hub;
use otahub_domain::action::{Action, Event, TargetChange, Transition, apply, settle};
use otahub_domain::target::Target;
use otahub_domain::tenant::Quotas;
use otahub_domain::{ActionId, Entity, Error, Result, SetId, TenantId, Timestamp};
use otahub_store::{AddedEntry, Lane, Session};

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
    let (action, target) = find(session, act.tenant, act.action, &act.owner).await?;
    let request = act.request_id.as_ref();
    let asked: Vec<_> = request.iter().map(|request| (action.id, request.id.as_str())).collect();
    let is_known = !session.known_requests(&asked).await?.is_empty();
    let Ok(request_id) = to_be_noted(request, is_known) else {
        return Ok(action);
    };
    let mut transition = apply(&action, &act.event, now, quotas)?;
    if !act.by.is_empty() {
        transition.action.audit.touch(&act.by, now);
    }
    let change = Change { transition, target, request_id };
    let (action, _) = change.commit(session, &act.by, now).await?;
    Ok(action)
}

/// The request was made before, and changes nothing now.
pub(super) struct Repeated;

/// The id that is to be noted with what a request changes; none if it has none, or if the id stands
/// there already. `is_known` tells whether it does.
pub(super) fn to_be_noted(
    request: Option<&RequestId>,
    is_known: bool,
) -> std::result::Result<Option<String>, Repeated> {
    match request {
        Some(request) if is_known && !request.is_first => Err(Repeated),
        Some(request) if !is_known => Ok(Some(request.id.clone())),
        Some(_) | None => Ok(None),
    }
}

/// A transition on its way to the database.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// What became of the action.
    pub transition: Transition,
    /// The action's target.
    pub target: Target,
    /// The request that did it.
    pub request_id: Option<String>,
}

impl From<(Transition, Target)> for Change {
    fn from((transition, target): (Transition, Target)) -> Self {
        Self { transition, target, request_id: None }
    }
}

impl Change {
    /// Saves it as [`Changes::commit`] does; action and target as saved.
    pub(super) async fn commit(
        self,
        session: &Session<'_>,
        by: &str,
        now: Timestamp,
    ) -> Result<(Action, Target)> {
        let saved = Changes { all: vec![self], by, now }.commit(session).await?;
        let saved = saved.into_iter().next().ok_or(Error::Internal)?;
        Ok((saved.transition.action, saved.target))
    }

    fn added(&self) -> impl Iterator<Item = AddedEntry> + '_ {
        let action = self.transition.action.id;
        self.transition.entries.iter().enumerate().map(move |(n, entry)| {
            let request_id = self.request_id.clone().filter(|_| n == 0);
            AddedEntry { action, entry: entry.clone(), request_id }
        })
    }
}

/// Transitions of actions on their way to the database, by few statements however many they are.
pub(super) struct Changes<'a> {
    /// What became of each action. A target that changes is there once.
    pub all: Vec<Change>,
    /// Who did it; empty for the device.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
}

impl Changes<'_> {
    /// Saves actions, histories, targets and events; gives all as saved, in their order.
    pub(super) async fn commit(self, session: &Session<'_>) -> Result<Vec<Change>> {
        let Self { mut all, by, now } = self;
        let changing = || |change: &&mut Change| change.transition.changes();
        let actions: Vec<Action> = all
            .iter_mut()
            .filter(changing())
            .map(|change| change.transition.action.clone())
            .collect();
        let Some(tenant) = actions.first().map(|action| action.tenant) else {
            return Ok(all);
        };
        session.save_actions(&actions).await?;
        let entries: Vec<AddedEntry> =
            all.iter_mut().filter(changing()).flat_map(|change| change.added()).collect();
        session.insert_entries(&entries, now).await?;
        let mut settled = Vec::with_capacity(all.len());
        for Change { transition: to, target, .. } in all.iter_mut().filter(changing()) {
            to.action.version += 1;
            if settle_target(session, (&to.target, to.action.id), target, (by, now)).await? {
                settled.push(target.clone());
                target.version += 1;
            }
        }
        session.save_settled(&settled).await?;
        let mut effects = Vec::with_capacity(all.len());
        for Change { transition: to, target, .. } in all.iter_mut().filter(changing()) {
            let changed = (&*target, to.effects.as_slice());
            super::rollout::after_change(session, &to.action, changed, now).await?;
            effects.push((to.effects.as_slice(), &*target, &to.action));
        }
        Log { session, tenant, now }.effects(&effects).await?;
        Ok(all)
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
