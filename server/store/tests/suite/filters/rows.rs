//! Random rows, and what is true of them.

use otahub_domain::action::{Action, NewAction, State};
use otahub_domain::distribution_set::{Set, SetTypeDraft};
use otahub_domain::software::{Metadata, Module, ModuleDraft, ModuleType, ModuleTypeDraft};
use otahub_domain::tag::TagDraft;
use otahub_domain::target::{Attributes, AutoConfirmation, Target, UpdateStatus};
use otahub_domain::target_type::{TargetType, TargetTypeDraft, new_target_type};
use otahub_domain::tenant::Quotas;
use otahub_domain::{RolloutId, TenantId, Timestamp};

use super::facts::Facts;
use super::random::Random;
use crate::harness::Db;
use crate::world::{NOW, World, audit, fresh, later, new_action};

/// What is there: each row's number and what is true of it, by number.
pub(crate) struct Rows {
    pub(crate) tenant: TenantId,
    pub(crate) targets: Vec<(i64, Facts)>,
    pub(crate) sets: Vec<(i64, Facts)>,
    pub(crate) modules: Vec<(i64, Facts)>,
    pub(crate) module_types: Vec<(i64, Facts)>,
    pub(crate) set_types: Vec<(i64, Facts)>,
    pub(crate) target_types: Vec<(i64, Facts)>,
    pub(crate) target_tags: Vec<(i64, Facts)>,
    pub(crate) set_tags: Vec<(i64, Facts)>,
    pub(crate) actions: Vec<(i64, Facts)>,
}

struct Maker {
    world: World,
    random: Random,
}

impl Rows {
    pub(crate) async fn new(db: Db) -> Self {
        let mut maker = Maker { world: World::new(db).await, random: Random::new() };
        let tenant = maker.world.tenant;
        let (modules, module_types) = maker.modules().await;
        let (all_sets, mut sets) = maker.sets(&modules).await;
        let kinds = maker.target_types().await;
        let (all_targets, mut targets) = maker.targets(&all_sets, &kinds).await;
        let target_tags = maker.target_tags(&all_targets, &mut targets).await;
        let set_tags = maker.set_tags(&all_sets, &mut sets).await;
        let target_types = kinds.iter().map(|k| (k.id.0, Facts::of_target_type(k))).collect();
        let actions = maker.actions(&all_targets, &all_sets).await;
        let modules = maker.module_facts(&modules, &module_types).await;
        let kinds = module_types.iter();
        Self {
            tenant,
            targets,
            sets,
            modules,
            module_types: kinds.map(|k| (k.id.0, Facts::of_module_type(k))).collect(),
            set_types: maker.set_types().await,
            target_types,
            target_tags,
            set_tags,
            actions,
        }
    }
}

impl Maker {
    fn moment(&mut self) -> Timestamp {
        later(i64::try_from(self.random.below(4)).unwrap())
    }

    fn entries(&mut self) -> Vec<Metadata> {
        let mut keys: Vec<&str> = (0..self.random.below(3)).map(|_| self.random.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        let entry = |key: &str| Metadata {
            key: key.to_owned(),
            value: self.random.text(),
            target_visible: false,
        };
        keys.into_iter().map(entry).collect()
    }

    async fn modules(&mut self) -> (Vec<Module>, Vec<ModuleType>) {
        let mut made = Vec::new();
        let mut kinds = vec![self.world.os.clone(), self.world.app.clone()];
        for number in 0..3 {
            let draft = ModuleTypeDraft {
                key: format!("{}{number}", self.random.text()),
                name: format!("{number}{}", self.random.text()),
                description: self.random.maybe(),
                colour: self.random.maybe(),
                max_assignments: number,
                min_artifacts: 1,
            };
            let tenant = self.world.tenant;
            let job = self.world.db.write(move |s| {
                let draft = draft.clone();
                Box::pin(async move { s.insert_module_type(tenant, &draft, &audit()).await })
            });
            kinds.push(job.await.unwrap());
        }
        for number in 0..8 {
            let draft = ModuleDraft {
                name: format!("{}{number}", self.random.text()),
                version: self.random.text(),
                description: self.random.maybe(),
                vendor: self.random.maybe(),
                ..ModuleDraft::default()
            };
            let kind = kinds[self.random.below(kinds.len())].id;
            let (tenant, entries) = (self.world.tenant, self.entries());
            let job = self.world.db.write(move |s| {
                let (draft, entries) = (draft.clone(), entries.clone());
                Box::pin(async move {
                    let module = s.insert_module(tenant, kind, &draft, &audit()).await?;
                    for entry in &entries {
                        s.put_metadata(&module, entry).await?;
                    }
                    Ok(module)
                })
            });
            made.push(job.await.unwrap());
        }
        (made, kinds)
    }

    async fn module_facts(&self, modules: &[Module], kinds: &[ModuleType]) -> Vec<(i64, Facts)> {
        let mut all = Vec::new();
        for module in modules {
            let kind = kinds.iter().find(|kind| kind.id == module.module_type);
            let metadata = self.world.db.store.read().metadata(module).await.unwrap();
            all.push((module.id.0, Facts::of_module(module, kind.unwrap(), metadata)));
        }
        all
    }

    async fn sets(&mut self, modules: &[Module]) -> (Vec<Set>, Vec<(i64, Facts)>) {
        let (mut made, mut facts) = (Vec::new(), Vec::new());
        for number in 0..10 {
            let some = modules.iter().filter(|_| self.random.below(4) == 0);
            let some: Vec<_> = some.map(|module| module.id).collect();
            let set = self.world.set(&format!("{}{number}", self.random.text()), &some).await;
            let changed = Set {
                version: self.random.text(),
                description: self.random.maybe(),
                valid: self.random.below(2) == 0,
                locked: self.random.below(2) == 0,
                ..set
            };
            let entries = self.entries();
            let job = self.world.db.write(move |s| {
                let (changed, entries) = (changed.clone(), entries.clone());
                Box::pin(async move {
                    for entry in &entries {
                        s.put_metadata(&changed, entry).await?;
                    }
                    s.save_set(&changed).await
                })
            });
            let set = job.await.unwrap();
            let metadata = self.world.db.store.read().metadata(&set).await.unwrap();
            let kind = &self.world.set_type;
            facts.push((set.id.0, Facts::of_set(&set, kind, modules, metadata)));
            made.push(set);
        }
        (made, facts)
    }

    async fn set_types(&mut self) -> Vec<(i64, Facts)> {
        let mut kinds = vec![self.world.set_type.clone()];
        for number in 0..4 {
            let draft = SetTypeDraft {
                key: format!("{}{number}", self.random.text()),
                name: format!("{number}{}", self.random.text()),
                description: self.random.maybe(),
                colour: self.random.maybe(),
                mandatory: Vec::new(),
                optional: Vec::new(),
            };
            let tenant = self.world.tenant;
            let job = self.world.db.write(move |s| {
                let draft = draft.clone();
                Box::pin(async move { s.insert_set_type(tenant, &draft, &[], &audit()).await })
            });
            kinds.push(job.await.unwrap());
        }
        kinds.iter().map(|kind| (kind.id.0, Facts::of_set_type(kind))).collect()
    }

    async fn target_types(&mut self) -> Vec<TargetType> {
        let mut kinds = Vec::new();
        for number in 0..3 {
            let draft = TargetTypeDraft {
                key: Some(format!("k{}{number}", self.random.key())),
                name: Some(format!("{number}{}", self.random.text())),
                description: self.random.maybe(),
                colour: self.random.maybe(),
                set_types: Vec::new(),
            };
            let (tenant, quotas) = (self.world.tenant, Quotas::default());
            let new = new_target_type(&draft, &quotas, "tester", NOW).unwrap();
            let job = self.world.db.write(move |s| {
                let new = new.clone();
                Box::pin(async move { s.insert_target_type(tenant, &new).await })
            });
            kinds.push(job.await.unwrap());
        }
        kinds
    }

    fn tag(&mut self, number: usize) -> TagDraft {
        TagDraft {
            name: format!("{}{number}", self.random.text()),
            description: self.random.maybe(),
            colour: self.random.maybe(),
        }
    }

    async fn target_tags(
        &mut self,
        targets: &[Target],
        facts: &mut [(i64, Facts)],
    ) -> Vec<(i64, Facts)> {
        let mut tags = Vec::new();
        for number in 0..4 {
            let (draft, tenant) = (self.tag(number), self.world.tenant);
            let some: Vec<_> = targets.iter().filter(|_| self.random.below(3) == 0).collect();
            let ids: Vec<_> = some.iter().map(|target| target.id).collect();
            for (_, facts) in facts.iter_mut().filter(|(id, _)| ids.iter().any(|t| t.0 == *id)) {
                facts.tag(&draft.name);
            }
            let job = self.world.db.write(move |s| {
                let (draft, ids) = (draft.clone(), ids.clone());
                Box::pin(async move {
                    let tag = s.insert_target_tag(tenant, &draft, &audit()).await?;
                    s.tag_targets(&tag, &ids).await?;
                    Ok(tag)
                })
            });
            let tag = job.await.unwrap();
            tags.push((tag.id.0, Facts::of_target_tag(&tag)));
        }
        tags
    }

    async fn set_tags(&mut self, sets: &[Set], facts: &mut [(i64, Facts)]) -> Vec<(i64, Facts)> {
        let mut tags = Vec::new();
        for number in 0..4 {
            let (draft, tenant) = (self.tag(number), self.world.tenant);
            let some: Vec<_> = sets.iter().filter(|_| self.random.below(3) == 0).collect();
            let ids: Vec<_> = some.iter().map(|set| set.id).collect();
            for (_, facts) in facts.iter_mut().filter(|(id, _)| ids.iter().any(|t| t.0 == *id)) {
                facts.tag(&draft.name);
            }
            let job = self.world.db.write(move |s| {
                let (draft, ids) = (draft.clone(), ids.clone());
                Box::pin(async move {
                    let tag = s.insert_set_tag(tenant, &draft, &audit()).await?;
                    s.tag_sets(&tag, &ids).await?;
                    Ok(tag)
                })
            });
            let tag = job.await.unwrap();
            tags.push((tag.id.0, Facts::of_set_tag(&tag, &some)));
        }
        tags
    }

    fn target(&mut self, number: usize, sets: &[Set], kinds: &[TargetType]) -> Target {
        let statuses = [
            UpdateStatus::Unknown,
            UpdateStatus::Registered,
            UpdateStatus::Pending,
            UpdateStatus::InSync,
            UpdateStatus::Error,
        ];
        let mut set = || {
            let at = self.random.below(sets.len() + 3);
            sets.get(at).map(|set| set.id)
        };
        let (assigned_set, installed_set) = (set(), set());
        let mut target = Target {
            assigned_set,
            installed_set,
            name: self.random.text(),
            description: self.random.maybe(),
            address: self.random.maybe(),
            group: self.random.maybe(),
            update_status: self.random.one(&statuses),
            last_poll_at: (self.random.below(2) == 0).then(|| self.moment()),
            installed_at: (self.random.below(2) == 0).then(|| self.moment()),
            auto_confirmation: None,
            target_type: kinds.get(self.random.below(kinds.len() + 2)).map(|kind| kind.id),
            ..fresh(&format!("{}x{number}", self.random.text()))
        };
        target.audit.created_at = self.moment();
        target.audit.modified_by = self.random.text();
        target.auto_confirmation = (self.random.below(2) == 0).then(|| AutoConfirmation {
            initiator: None,
            remark: None,
            activated_at: later(0),
            activated_by: "b".into(),
        });
        target
    }

    async fn targets(
        &mut self,
        sets: &[Set],
        kinds: &[TargetType],
    ) -> (Vec<Target>, Vec<(i64, Facts)>) {
        let (mut made, mut facts) = (Vec::new(), Vec::new());
        for number in 0..40 {
            let target = self.target(number, sets, kinds);
            let mut attributes = Attributes::new();
            for _ in 0..self.random.below(4) {
                attributes.insert(self.random.key().to_owned(), self.random.text());
            }
            let entries = self.entries();
            let tenant = self.world.tenant;
            let job = {
                let (attributes, entries) = (attributes.clone(), entries.clone());
                self.world.db.write(move |s| {
                    let (target, attributes) = (target.clone(), attributes.clone());
                    let entries = entries.clone();
                    Box::pin(async move {
                        let target = s.insert_target(tenant, &target).await?;
                        s.replace_attributes(&target, &attributes).await?;
                        for entry in &entries {
                            s.put_metadata(&target, entry).await?;
                        }
                        Ok(target)
                    })
                })
            };
            let target = job.await.unwrap();
            let find = |id| sets.iter().find(|set| Some(set.id) == id);
            let both = [find(target.assigned_set), find(target.installed_set)];
            let kind = kinds.iter().find(|kind| Some(kind.id) == target.target_type);
            let of = Facts::of_target(&target, both, kind, attributes, entries);
            facts.push((target.id.0, of));
            made.push(target);
        }
        (made, facts)
    }

    async fn actions(&mut self, targets: &[Target], sets: &[Set]) -> Vec<(i64, Facts)> {
        let mut facts = Vec::new();
        for _ in 0..40 {
            let target = &targets[self.random.below(targets.len())];
            let set = &sets[self.random.below(sets.len())];
            let new = NewAction {
                state: self.random.one(&State::ALL),
                weight: i32::try_from(self.random.below(5)).unwrap(),
                external_ref: self.random.maybe(),
                rollout: (self.random.below(2) == 0).then_some(RolloutId(2)),
                ..new_action(target, set.id)
            };
            let code = (self.random.below(2) == 0).then_some(3);
            let job = self.world.db.write(move |s| {
                let new = new.clone();
                Box::pin(async move {
                    let action = s.insert_action(new).await?;
                    let action = Action { last_code: code, ..action };
                    s.save_action(&action).await
                })
            });
            let action = job.await.unwrap();
            let of = Facts::of_action(&action, target, set, &self.world.set_type);
            facts.push((action.id.0, of));
        }
        facts
    }
}
