//! Things for tests to stand on: a tenant, types, a module, a set, targets, actions.

use otahub_domain::action::{Action, ActionType, EntryStatus, NewAction, NewEntry, State};
use otahub_domain::distribution_set::{Set, SetDraft, SetType, SetTypeDraft, SetTypeModule};
use otahub_domain::software::{
    Artifact, ArtifactDraft, Hashes, Module, ModuleDraft, ModuleType, ModuleTypeDraft, Relation,
};
use otahub_domain::target::{Target, TargetDraft, new_target};
use otahub_domain::{Audit, ModuleId, SetId, TenantId, Timestamp};

use crate::harness::Db;

/// The instant at which tests take place.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// An instant so many milliseconds later.
pub(crate) const fn later(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + millis)
}

/// The audit fields of what tests make.
pub(crate) fn audit() -> Audit {
    Audit::new("tester", NOW)
}

/// A tenant with one module type, which a set must have, and one that it may have.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) tenant: TenantId,
    pub(crate) os: ModuleType,
    pub(crate) app: ModuleType,
    pub(crate) set_type: SetType,
}

impl World {
    pub(crate) async fn new(db: Db) -> Self {
        let (tenant, os, app, set_type) = db
            .write(|s| {
                Box::pin(async move {
                    let tenant = s.insert_tenant("DEFAULT").await?.id;
                    let os = s.insert_module_type(tenant, &type_draft("os", 1), &audit()).await?;
                    let app = s.insert_module_type(tenant, &type_draft("app", 0), &audit()).await?;
                    let places = [
                        SetTypeModule { module_type: os.id, mandatory: true },
                        SetTypeModule { module_type: app.id, mandatory: false },
                    ];
                    let draft = set_type_draft("os_app");
                    let kind = s.insert_set_type(tenant, &draft, &places, &audit()).await?;
                    Ok((tenant, os, app, kind))
                })
            })
            .await
            .unwrap();
        Self { db, tenant, os, app, set_type }
    }

    /// A module of type `os` without artifacts.
    pub(crate) async fn module(&self, name: &str) -> Module {
        let (tenant, kind, draft) = (self.tenant, self.os.id, module_draft(name));
        let made = self.db.write(move |s| {
            let draft = draft.clone();
            Box::pin(async move { s.insert_module(tenant, kind, &draft, &audit()).await })
        });
        made.await.unwrap()
    }

    /// An artifact of a module.
    pub(crate) async fn artifact(&self, module: &Module, filename: &str) -> Artifact {
        let (module, draft) = (module.clone(), artifact_draft(filename));
        let made = self.db.write(move |s| {
            let (module, draft) = (module.clone(), draft.clone());
            Box::pin(async move { s.insert_artifact(&module, &draft, &audit()).await })
        });
        made.await.unwrap()
    }

    /// A set of these modules.
    pub(crate) async fn set(&self, name: &str, modules: &[ModuleId]) -> Set {
        let (tenant, kind) = (self.tenant, self.set_type.id);
        let draft = SetDraft {
            name: name.into(),
            version: "1".into(),
            modules: modules.to_vec(),
            ..SetDraft::default()
        };
        let made = self.db.write(move |s| {
            let draft = draft.clone();
            Box::pin(async move { s.insert_set(tenant, kind, &draft, &audit()).await })
        });
        made.await.unwrap()
    }

    /// A target.
    pub(crate) async fn target(&self, controller_id: &str) -> Target {
        let (tenant, target) = (self.tenant, fresh(controller_id));
        let made = self.db.write(move |s| {
            let target = target.clone();
            Box::pin(async move { s.insert_target(tenant, &target).await })
        });
        made.await.unwrap()
    }

    /// A running action.
    pub(crate) async fn action(&self, target: &Target, set: SetId, weight: i32) -> Action {
        self.action_in(State::Running, target, set, weight).await
    }

    /// An action in some state.
    pub(crate) async fn action_in(
        &self,
        state: State,
        target: &Target,
        set: SetId,
        weight: i32,
    ) -> Action {
        let new = NewAction { state, weight, ..new_action(target, set) };
        let made = self.db.write(move |s| {
            let new = new.clone();
            Box::pin(async move { s.insert_action(new).await })
        });
        made.await.unwrap()
    }
}

/// An action to store.
pub(crate) fn new_action(target: &Target, set: SetId) -> NewAction {
    NewAction {
        tenant: target.tenant,
        target: target.id,
        set,
        action_type: ActionType::Forced,
        state: State::Running,
        weight: 1000,
        window: None,
        external_ref: None,
        rollout: None,
        rollout_group: None,
        audit: audit(),
        entry: Some(entry("Update Server: begun")),
    }
}

/// A history entry to store.
pub(crate) fn entry(message: &str) -> NewEntry {
    NewEntry {
        status: EntryStatus::Running,
        messages: vec![message.into()],
        code: None,
        occurred_at: NOW,
    }
}

/// A target to store.
pub(crate) fn fresh(controller_id: &str) -> Target {
    let draft = TargetDraft { controller_id: controller_id.into(), ..TargetDraft::default() };
    new_target(&draft, "token".into(), "tester", NOW).unwrap()
}

fn type_draft(key: &str, min_artifacts: i32) -> ModuleTypeDraft {
    ModuleTypeDraft {
        key: key.into(),
        name: key.to_uppercase(),
        description: None,
        colour: None,
        max_assignments: 1,
        min_artifacts,
    }
}

/// A set type to store.
pub(crate) fn set_type_draft(key: &str) -> SetTypeDraft {
    SetTypeDraft {
        key: key.into(),
        name: key.to_uppercase(),
        description: None,
        colour: None,
        mandatory: Vec::new(),
        optional: Vec::new(),
    }
}

/// A module to store.
pub(crate) fn module_draft(name: &str) -> ModuleDraft {
    ModuleDraft { name: name.into(), version: "1".into(), ..ModuleDraft::default() }
}

/// An artifact to store; its hash is made of its name.
pub(crate) fn artifact_draft(filename: &str) -> ArtifactDraft {
    let hashes = Hashes { sha256: format!("hash-of-{filename}"), ..Hashes::default() };
    ArtifactDraft {
        filename: filename.into(),
        size: 7,
        hashes,
        decrypted: None,
        relation: Relation::default(),
    }
}
