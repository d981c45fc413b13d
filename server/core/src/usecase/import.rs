//! Targets from elsewhere, a chunk at a time.

use super::target::save;
use super::target_batch::by_controller_id;
use super::target_type::types_of;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::outcome::{Outcome, Recalled};
use otahub_domain::target::{
    Target, TargetDraft, TargetPatch, generated_token, new_target, update_target,
};
use otahub_domain::{Audit, Entity, Error, Result, TargetTypeId, TenantId, Timestamp};
use otahub_store::{Lane, Session};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What is done with targets that are there, and with those that are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImportMode {
    /// Made; those that are there are refused.
    Create,
    /// Changed; those that are not there are refused.
    Update,
    /// Made or changed.
    CreateOrUpdate,
}

/// A target that is to be there.
#[derive(Debug, Clone)]
pub(crate) struct ImportedTarget {
    /// What it is to be if it is not there.
    pub draft: TargetDraft,
    /// What changes about it if it is.
    pub patch: TargetPatch,
}

/// Some of the targets that come, each as it could be read.
#[derive(Debug, Clone)]
pub(crate) struct ImportChunk {
    /// What is done with them.
    pub mode: ImportMode,
    /// The targets.
    pub targets: Vec<Result<ImportedTarget>>,
    /// Who imports.
    pub by: String,
}

/// A target that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportFailure {
    /// Its place in the chunk.
    pub index: usize,
    /// The number of the reason in the contract.
    pub reason: i32,
    /// For people.
    pub message: String,
}

/// What came of a chunk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Imported {
    /// Targets that were made.
    pub created: u64,
    /// Targets that were changed.
    pub updated: u64,
    /// Targets that were as they are to be.
    pub unchanged: u64,
    /// Targets that were refused, by index.
    pub failures: Vec<ImportFailure>,
}

impl Imported {
    fn refuse(&mut self, index: usize, error: &Error) {
        let (reason, message) = (crate::status::reason(error).into(), error.to_string());
        self.failures.push(ImportFailure { index, reason, message });
    }
}

impl Outcome for Imported {
    fn kept(&self) -> Value {
        let failures = self.failures.iter().map(|f| json!([f.index, f.reason, f.message]));
        json!([self.created, self.updated, self.unchanged, failures.collect::<Value>()])
    }

    fn recalled<'s>(_: &'s Session<'s>, _: TenantId, kept: Value) -> Recalled<'s, Self> {
        Box::pin(async move { imported_of(&kept).ok_or(Error::Internal) })
    }
}

fn imported_of(kept: &Value) -> Option<Imported> {
    let failure = |one: &Value| {
        Some(ImportFailure {
            index: usize::try_from(one.get(0)?.as_u64()?).ok()?,
            reason: i32::try_from(one.get(1)?.as_i64()?).ok()?,
            message: one.get(2)?.as_str()?.to_owned(),
        })
    };
    Some(Imported {
        created: kept.get(0)?.as_u64()?,
        updated: kept.get(1)?.as_u64()?,
        unchanged: kept.get(2)?.as_u64()?,
        failures: kept.get(3)?.as_array()?.iter().map(failure).collect::<Option<_>>()?,
    })
}

/// A target of a chunk, as it would be new.
type Prepared = Result<(Target, TargetPatch)>;

impl Hub {
    /// Makes and changes the targets of a chunk; what is refused leaves the others as they are.
    pub(crate) async fn import_targets(
        &self,
        tenant: TenantId,
        chunk: ImportChunk,
    ) -> Result<Imported> {
        let ImportChunk { mode, targets, by } = chunk;
        let now = self.now();
        let prepare = |one: Result<ImportedTarget>| {
            let ImportedTarget { draft, patch } = one?;
            let token = generated_token(self.entropy.bytes());
            Ok((new_target(&draft, token, &by, now)?, patch))
        };
        let prepared: Vec<Prepared> = targets.into_iter().map(prepare).collect();
        let ids: Vec<String> =
            prepared.iter().flatten().map(|(new, _)| new.controller_id.clone()).collect();
        let prepared = Arc::new(prepared);
        self.write_and(
            Lane::ANY,
            self.once(move |session| {
                let (prepared, by) = (prepared.clone(), by.clone());
                Box::pin(async move {
                    let importing = Importing { session, tenant, mode, by: &by, now };
                    importing.run(&prepared).await
                })
            }),
            move |hub, _| hub.forget_devices(tenant, &ids),
        )
        .await
    }
}

/// A chunk within its transaction.
struct Importing<'a> {
    session: &'a Session<'a>,
    tenant: TenantId,
    mode: ImportMode,
    by: &'a str,
    now: Timestamp,
}

/// What is to be done with a target.
enum Step {
    Create(Target),
    Update(Target),
    Nothing,
}

impl Importing<'_> {
    async fn run(&self, prepared: &[Prepared]) -> Result<Imported> {
        let read = prepared.iter().flatten();
        let ids: Vec<String> = read.clone().map(|(new, _)| new.controller_id.clone()).collect();
        let there = by_controller_id(self.session, self.tenant, &ids).await?;
        let types = self.known_types(types_of(read.map(|(new, _)| new))).await?;
        let (mut done, mut new) = (Imported::default(), Vec::new());
        let mut seen = BTreeSet::new();
        for (index, one) in prepared.iter().enumerate() {
            match self.step(one, &there, &types, &mut seen) {
                Ok(Step::Create(target)) => new.push(target),
                Ok(Step::Update(target)) => {
                    save(self.session, &target, self.now).await?;
                    done.updated += 1;
                }
                Ok(Step::Nothing) => done.unchanged += 1,
                Err(error) => done.refuse(index, &error),
            }
        }
        done.created = new.len() as u64;
        self.create(&new).await?;
        Ok(done)
    }

    async fn known_types(&self, wanted: Vec<TargetTypeId>) -> Result<BTreeSet<TargetTypeId>> {
        let found = self.session.target_types_by_ids(self.tenant, &wanted).await?;
        Ok(found.into_iter().map(|kind| kind.id).collect())
    }

    /// What becomes of a target; a refusal is its own.
    fn step<'p>(
        &self,
        one: &'p Prepared,
        there: &HashMap<String, Target>,
        types: &BTreeSet<TargetTypeId>,
        seen: &mut BTreeSet<&'p str>,
    ) -> Result<Step> {
        let (new, patch) = one.as_ref().map_err(Clone::clone)?;
        if !seen.insert(&new.controller_id) {
            return Err(Error::invalid("controller_id", "comes twice in the chunk"));
        }
        if let Some(id) = new.target_type.filter(|id| !types.contains(id)) {
            return Err(Error::not_found(Entity::TargetType, id));
        }
        match (there.get(&new.controller_id), self.mode) {
            (Some(_), ImportMode::Create) => Err(Error::AlreadyExists { entity: Entity::Target }),
            (None, ImportMode::Update) => Err(Error::not_found(Entity::Target, &new.controller_id)),
            (None, ImportMode::Create | ImportMode::CreateOrUpdate) => {
                Ok(Step::Create(new.clone()))
            }
            (Some(old), ImportMode::Update | ImportMode::CreateOrUpdate) => {
                let changed = update_target(old, patch, self.by, self.now)?;
                let same = Target { audit: Audit::clone(&old.audit), ..changed.clone() } == *old;
                Ok(if same { Step::Nothing } else { Step::Update(changed) })
            }
        }
    }

    async fn create(&self, new: &[Target]) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let made = match self.session.insert_targets(self.tenant, new).await.map_err(Error::from) {
            // somebody else made one of them since
            Err(Error::AlreadyExists { .. }) => Err(Error::Conflict),
            made => made,
        };
        let log = Log { session: self.session, tenant: self.tenant, now: self.now };
        for target in &made? {
            log.target(Happened::TargetCreated, target).await?;
        }
        Ok(())
    }
}
