//! Assignment: targets are to get sets.

use super::act::Change;
use super::target_type::types_of;
use crate::auth::DeviceCaller;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::action::{
    Assignment, AssignmentContext, AssignmentOutcome, Initiator, assign, assign_offline,
    collapse_assignments, installed_already,
};
use otahub_domain::distribution_set::{Set, check_assignable, check_compatible, locks_implicitly};
use otahub_domain::target::Target;
use otahub_domain::tenant::Quotas;
use otahub_domain::{ActionId, Entity, Error, Result, SetId, TenantId, Timestamp};
use otahub_store::{DeletedMode, Lane, Page, Session, SetOrder, SetQuery};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What is to be assigned.
#[derive(Debug, Clone)]
pub(crate) struct AssignRequest {
    /// The orders.
    pub assignments: Vec<Assignment>,
    /// Only note that it is installed already.
    pub offline: bool,
    /// Pass over unknown targets.
    pub skip_unknown: bool,
    /// What assigns.
    pub initiator: Initiator,
    /// Who assigns, for the audit fields.
    pub by: String,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assigned {
    /// The new actions with their targets' controller ids.
    pub actions: Vec<(ActionId, String)>,
    /// Targets that had the set already.
    pub already: u64,
    /// Targets that were considered.
    pub total: u64,
}

/// How many targets are looked at together, so that statements stay of a reasonable size.
const CHUNK: usize = 500;

impl Hub {
    /// Assigns, all or nothing.
    pub(crate) async fn assign(
        &self,
        tenant: Arc<Tenant>,
        mut request: AssignRequest,
    ) -> Result<Assigned> {
        let quotas = self.options.quotas.clone();
        let assignments = std::mem::take(&mut request.assignments);
        request.assignments = collapse_assignments(assignments, &quotas)?;
        let controller_ids: Vec<String> =
            request.assignments.iter().map(|a| a.controller_id.clone()).collect();
        let (id, now) = (tenant.id, self.now());
        let lane = match controller_ids.as_slice() {
            [one] => Lane::target(id, one),
            _ => Lane::ANY,
        };
        self.write_and(
            lane,
            self.once(move |session| {
                let request = request.clone();
                let (tenant, quotas) = (tenant.clone(), quotas.clone());
                Box::pin(
                    async move { assign_within(session, &tenant, &request, (quotas, now)).await },
                )
            }),
            move |hub, _| {
                for controller_id in &controller_ids {
                    hub.devices.forget(id, controller_id);
                }
            },
        )
        .await
    }

    /// Records which set a device has already. False if that was known.
    pub(crate) async fn report_installed(
        &self,
        caller: &DeviceCaller,
        name: &str,
        version: &str,
    ) -> Result<bool> {
        let tenant = caller.tenant.clone();
        let set = self.set_by_name(tenant.id, name, version).await?;
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        let id = caller.controller_id.clone();
        self.with_target(tenant.id, id, move |session, target| {
            let (tenant, quotas) = (tenant.clone(), quotas.clone());
            Box::pin(async move {
                if target.installed_set == Some(set) {
                    return Ok(false);
                }
                let request = AssignRequest {
                    assignments: Vec::new(),
                    offline: true,
                    skip_unknown: false,
                    initiator: Initiator::Device(target.controller_id.clone()),
                    by: target.controller_id.clone(),
                };
                let job = Assigning { session, tenant: &tenant, request: &request, quotas, now };
                job.record_installed(set, target).await
            })
        })
        .await
    }

    async fn set_by_name(&self, tenant: TenantId, name: &str, version: &str) -> Result<SetId> {
        let query = SetQuery {
            deleted: DeletedMode::Exclude,
            name: Some(name.to_owned()),
            version: Some(version.to_owned()),
            page: Page::<SetOrder>::first(1),
            ..SetQuery::default()
        };
        let found = self.store.read().list_sets(tenant, &query).await?;
        let set = found.items.first().map(|set| set.id);
        set.ok_or_else(|| Error::not_found(Entity::DistributionSet, format!("{name}:{version}")))
    }
}

/// Assigns within a transaction. The caller has collapsed repeats, and forgets what is remembered
/// of the devices.
pub(super) async fn assign_within(
    session: &Session<'_>,
    tenant: &Tenant,
    request: &AssignRequest,
    (quotas, now): (Quotas, Timestamp),
) -> Result<Assigned> {
    Assigning { session, tenant, request, quotas, now }.run().await
}

/// How many of its oldest actions a target loses when it has as many as it may have.
pub(super) fn actions_that_give_way(tenant: &Tenant, quotas: &Quotas) -> u64 {
    let percent = tenant.configuration.cleanup_on_quota_percent.unwrap_or(0);
    quotas.actions_per_target.saturating_mul(u64::from(percent)) / 100
}

/// Locks a set, and its modules, that is given out for the first time.
pub(super) async fn lock_implicitly(
    session: &Session<'_>,
    tenant: &Tenant,
    mut set: Set,
) -> Result<()> {
    let configuration = &tenant.configuration;
    if !locks_implicitly(&set, &[], configuration) {
        return Ok(());
    }
    let tags = session.tag_names_of_set(tenant.id, set.id);
    if !locks_implicitly(&set, &tags.await?, configuration) {
        return Ok(());
    }
    set.locked = true;
    super::set::save_locked(session, &set).await
}

/// An assignment within its transaction.
struct Assigning<'a> {
    session: &'a Session<'a>,
    tenant: &'a Tenant,
    request: &'a AssignRequest,
    quotas: Quotas,
    now: Timestamp,
}

impl Assigning<'_> {
    async fn run(&self) -> Result<Assigned> {
        let sets = self.sets().await?;
        let mut assigned = Assigned::default();
        for chunk in self.request.assignments.chunks(CHUNK) {
            let targets = self.targets(chunk).await?;
            self.check_types(chunk, &targets, &sets).await?;
            for assignment in chunk {
                let Some(target) = targets.get(&assignment.controller_id) else {
                    continue;
                };
                self.one(assignment, target, &mut assigned).await?;
            }
        }
        for set in sets {
            lock_implicitly(self.session, self.tenant, set).await?;
        }
        Ok(assigned)
    }

    /// The sets that are assigned, each fit to be.
    async fn sets(&self) -> Result<Vec<Set>> {
        let ids: BTreeSet<SetId> = self.request.assignments.iter().map(|a| a.set).collect();
        let ids: Vec<SetId> = ids.into_iter().collect();
        let sets = self.session.sets_by_ids(self.tenant.id, &ids).await?;
        for id in ids {
            let set = sets.iter().find(|set| set.id == id);
            check_assignable(set.ok_or_else(|| Error::not_found(Entity::DistributionSet, id))?)?;
        }
        Ok(sets)
    }

    async fn targets(&self, chunk: &[Assignment]) -> Result<HashMap<String, Target>> {
        let ids: Vec<String> = chunk.iter().map(|a| a.controller_id.clone()).collect();
        let found = self.session.targets_by_controller_ids(self.tenant.id, &ids).await?;
        let targets: HashMap<String, Target> =
            found.into_iter().map(|t| (t.controller_id.clone(), t)).collect();
        let missing = ids.iter().find(|id| !targets.contains_key(*id));
        match missing {
            Some(id) if !self.request.skip_unknown => Err(Error::not_found(Entity::Target, id)),
            _ => Ok(targets),
        }
    }

    /// Refuses sets that the types of their targets do not take.
    async fn check_types(
        &self,
        chunk: &[Assignment],
        targets: &HashMap<String, Target>,
        sets: &[Set],
    ) -> Result<()> {
        let (tenant, session) = (self.tenant.id, self.session);
        let wanted = types_of(targets.values());
        if wanted.is_empty() {
            return Ok(());
        }
        let target_types = session.target_types_by_ids(tenant, &wanted).await?;
        let ids: Vec<_> = sets.iter().map(|set| set.set_type).collect();
        let set_types = session.set_types_by_ids(tenant, &ids).await?;
        for assignment in chunk {
            let Some(target) = targets.get(&assignment.controller_id) else {
                continue;
            };
            let set = sets.iter().find(|set| set.id == assignment.set);
            let set_type =
                set_types.iter().find(|kind| set.is_some_and(|set| set.set_type == kind.id));
            let takes = target_types
                .iter()
                .find(|kind| Some(kind.id) == target.target_type)
                .map_or(&[][..], |kind| &kind.set_types);
            check_compatible(target, takes, set_type.ok_or(Error::Internal)?)?;
        }
        Ok(())
    }

    async fn one(
        &self,
        assignment: &Assignment,
        target: &Target,
        assigned: &mut Assigned,
    ) -> Result<()> {
        assigned.total += 1;
        let outcome = self
            .decide(target, |context| {
                if self.request.offline {
                    assign_offline(assignment, context, self.now)
                } else {
                    assign(assignment, context, self.now)
                }
            })
            .await?;
        match self.save(outcome).await? {
            Some(action) => assigned.actions.push((action, target.controller_id.clone())),
            None => assigned.already += 1,
        }
        Ok(())
    }

    async fn record_installed(&self, set: SetId, target: Target) -> Result<bool> {
        let outcome = self.decide(&target, |context| installed_already(set, context, self.now));
        let saved = self.save(outcome.await?).await?;
        Ok(saved.is_some())
    }

    async fn decide(
        &self,
        target: &Target,
        rule: impl Fn(&AssignmentContext<'_>) -> Result<AssignmentOutcome>,
    ) -> Result<AssignmentOutcome> {
        let decided = self.decide_as_it_is(target, &rule).await;
        // only what would become a new action makes room, and then sees what is left
        if matches!(decided, Err(Error::QuotaExceeded { .. })) && self.make_room(target).await? {
            return self.decide_as_it_is(target, &rule).await;
        }
        decided
    }

    async fn decide_as_it_is(
        &self,
        target: &Target,
        rule: &impl Fn(&AssignmentContext<'_>) -> Result<AssignmentOutcome>,
    ) -> Result<AssignmentOutcome> {
        let configuration = &self.tenant.configuration;
        let open = self.session.open_actions(target).await?;
        let scheduled = self.session.scheduled_actions(target).await?;
        rule(&AssignmentContext {
            target,
            open: &open,
            scheduled: &scheduled,
            consent_flow: configuration.consent_flow,
            autoclose: configuration.autoclose,
            initiator: &self.request.initiator,
            by: &self.request.by,
            action_count: self.session.count_actions(target).await?,
            quotas: &self.quotas,
        })
    }

    /// Deletes a target's oldest actions, if the tenant wishes so; whether there were any.
    async fn make_room(&self, target: &Target) -> Result<bool> {
        match actions_that_give_way(self.tenant, &self.quotas) {
            0 => Ok(false),
            share => Ok(self.session.delete_oldest_actions(target.id, share).await? > 0),
        }
    }

    async fn save(&self, outcome: AssignmentOutcome) -> Result<Option<ActionId>> {
        let AssignmentOutcome::New { target, action, superseded } = outcome else {
            return Ok(None);
        };
        let target = self.session.save_target(&target).await?;
        for mut transition in superseded {
            // the target belongs to the new action from now on
            transition.target = otahub_domain::action::TargetChange::None;
            Change::from((transition, target.clone())).commit(self.session, "", self.now).await?;
        }
        let action = self.session.insert_action(action).await?;
        let log = Log { session: self.session, tenant: self.tenant.id, now: self.now };
        log.target(Happened::TargetUpdated, &target).await?;
        log.action(Happened::ActionCreated, &target, &action).await?;
        if action.state.is_active() {
            log.action(Happened::OfferChanged, &target, &action).await?;
        }
        Ok(Some(action.id))
    }
}
