//! Artifacts: how they come in, who may have them, and how they go.

use super::{Act, Owner};
use crate::auth::DeviceCaller;
use crate::hub::{Hub, to_the_end};
use crate::incoming::{Incoming, Received};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use otahub_domain::action::Event;
use otahub_domain::software::{
    Artifact, ArtifactDraft, Hashes, Module, RelationDraft, check_hashes, check_not_deleted,
    check_relation, check_removable, check_unlocked, relate, validate_filename,
};
use otahub_domain::target::Target;
use otahub_domain::tenant::Quotas;
use otahub_domain::{
    ActionId, ArtifactId, Audit, Entity, Error, ModuleId, Result, TenantId, Timestamp,
};
use otahub_store::{Lane, Session};
use std::sync::Arc;

/// An artifact that a device may have.
#[derive(Debug, Clone)]
pub(crate) struct Permitted {
    /// The artifact.
    pub artifact: Artifact,
    /// The action that gives it, unless it is installed already.
    pub action: Option<ActionId>,
}

/// Where an upload goes.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// Whose it is.
    pub tenant: TenantId,
    /// The module.
    pub module: ModuleId,
    /// The file's name; `None` while it may yet be told.
    pub filename: Option<String>,
    /// How it relates to another artifact.
    pub relation: RelationDraft,
    /// What the bytes must hash to; empty ones are not checked.
    pub expected: Hashes,
    /// Who uploads.
    pub by: String,
}

impl Hub {
    /// Refuses an upload that could not be kept, before its bytes come.
    pub(crate) async fn begin_upload(&self, to: &Destination) -> Result<Incoming> {
        let module = {
            let session = self.store.read();
            check_destination(&session, to, &self.options.quotas).await?
        };
        check_relation(&to.relation)?;
        let encryption = match (&self.encryptor, module.encrypted) {
            (_, false) => None,
            (Some(encryptor), true) => Some(encryptor.begin().await?),
            (None, true) => return Err(Error::EncryptionNotSupported),
        };
        Ok(Incoming::new(self.blobs.upload(), encryption))
    }

    /// Keeps a finished upload. It is whole now: even if its caller goes away, it is kept, or
    /// refused and undone.
    pub(crate) async fn keep_upload(&self, to: Destination, upload: Incoming) -> Result<Artifact> {
        let hub = self.clone();
        to_the_end(async move { hub.keep_whole(to, upload).await }).await
    }

    async fn keep_whole(&self, to: Destination, mut upload: Incoming) -> Result<Artifact> {
        if upload.size() == 0 {
            return Err(Error::EmptyFile);
        }
        let received = upload.finish().await?;
        check_hashes(&to.expected, received.sent())?;
        let (sha256, size) = (received.hashes.sha256.clone(), received.size);
        self.claim(&sha256, size).await?;
        let kept = match upload.keep(&sha256).await {
            Ok(()) => self.record(to, received).await,
            Err(error) => Err(error),
        };
        if kept.is_err() {
            self.release(&sha256).await;
        }
        kept
    }

    async fn claim(&self, sha256: &str, size: u64) -> Result<()> {
        let (sha256, now) = (sha256.to_owned(), self.now());
        self.write(Lane::ANY, move |session| {
            let sha256 = sha256.clone();
            Box::pin(async move { Ok(session.claim_blob(&sha256, size, now).await?) })
        })
        .await
    }

    async fn release(&self, sha256: &str) {
        let sha256 = sha256.to_owned();
        let released = self
            .write(Lane::ANY, move |session| {
                let sha256 = sha256.clone();
                Box::pin(async move { Ok(session.release_blob(&sha256).await?) })
            })
            .await;
        if let Err(error) = released {
            tracing::warn!(%error, "a claim on artifact bytes stays until it is stale");
        }
        self.remove_unneeded_bytes().await;
    }

    async fn record(&self, to: Destination, received: Received) -> Result<Artifact> {
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        let (lane, sha256) = (super::software::lane(to.module), received.hashes.sha256.clone());
        let recorded = Arc::new(self.once(move |session| {
            let (to, received, quotas) = (to.clone(), received.clone(), quotas.clone());
            Box::pin(async move { record(session, &to, received, now, &quotas).await })
        }));
        self.write(lane, move |session| {
            let (recorded, sha256) = (recorded.clone(), sha256.clone());
            Box::pin(async move {
                let artifact = recorded(session).await?;
                session.release_blob(&sha256).await?;
                Ok(artifact)
            })
        })
        .await
    }

    /// Says anew how an artifact relates to another.
    pub(crate) async fn relate_artifact(
        &self,
        tenant: TenantId,
        (module, id): (ModuleId, ArtifactId),
        by: &str,
        relation: RelationDraft,
    ) -> Result<Artifact> {
        let (by, now) = (by.to_owned(), self.now());
        self.write(super::software::lane(module), move |session| {
            let (by, relation) = (by.clone(), relation.clone());
            Box::pin(async move {
                let (mut module, mut artifact) = find(session, tenant, module, id).await?;
                check_not_deleted(&module)?;
                check_unlocked(&module, "UPDATE_ARTIFACT")?;
                let others = session.artifacts(&module).await?;
                artifact.relation = relate(&relation, &artifact.filename, &others)?;
                artifact.audit.touch(&by, now);
                session.save_artifact(&artifact).await?;
                module.audit.touch(&by, now);
                super::software::save(session, &module, now).await?;
                Ok(artifact)
            })
        })
        .await
    }

    /// The artifact of a module.
    pub(crate) async fn find_artifact(
        &self,
        tenant: TenantId,
        module: ModuleId,
        id: ArtifactId,
    ) -> Result<(Module, Artifact)> {
        find(&self.store.read(), tenant, module, id).await
    }

    /// Deletes an artifact. Its bytes go when nobody needs them.
    pub(crate) async fn delete_artifact(
        &self,
        tenant: TenantId,
        module: ModuleId,
        id: ArtifactId,
        by: &str,
    ) -> Result<()> {
        let (by, now) = (by.to_owned(), self.now());
        let lane = super::software::lane(module);
        self.write_and_tidy(lane, move |session| {
            let by = by.clone();
            Box::pin(async move {
                let (mut module, artifact) = find(session, tenant, module, id).await?;
                check_unlocked(&module, "REMOVE_ARTIFACT")?;
                check_removable(&artifact, &session.artifacts(&module).await?)?;
                session.delete_artifact(&artifact).await?;
                module.audit.touch(&by, now);
                super::software::save(session, &module, now).await.map(|_| ())
            })
        })
        .await
    }

    /// As [`Hub::write`]; then removes the bytes that nobody needs any more, even if the caller
    /// goes away meanwhile.
    pub(super) async fn write_and_tidy<F>(&self, lane: Lane, job: F) -> Result<()>
    where
        F: for<'s> Fn(&'s Session<'s>) -> BoxFuture<'s, Result<()>> + Send + Sync + 'static,
    {
        let hub = self.clone();
        to_the_end(async move {
            hub.write(lane, job).await?;
            hub.remove_unneeded_bytes().await;
            Ok(())
        })
        .await
    }

    /// The bytes of an artifact, from `offset` on; all that follow if `length` is 0.
    pub(crate) async fn read_artifact(
        &self,
        artifact: &Artifact,
        offset: i64,
        length: i64,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        let out_of_bounds = || Error::invalid("offset_bytes", "is outside of the artifact");
        let offset = u64::try_from(offset).map_err(|_| out_of_bounds())?;
        let rest = artifact.size.checked_sub(offset).filter(|rest| *rest > 0);
        let rest = rest.ok_or_else(out_of_bounds)?;
        let length = match u64::try_from(length) {
            Ok(0) => rest,
            Ok(length) => length.min(rest),
            Err(_) => return Err(Error::invalid("length_bytes", "is negative")),
        };
        self.blobs.read(&artifact.hashes.sha256, offset, length).await
    }

    /// The artifacts of a module that the device may have.
    pub(crate) async fn device_artifacts(
        &self,
        caller: &DeviceCaller,
        module: ModuleId,
    ) -> Result<Vec<Artifact>> {
        let session = self.store.read();
        let found = self.permitted_module(&session, caller, module).await?;
        Ok(session.artifacts(&found).await?)
    }

    /// An artifact that the device may have; if not, why not.
    pub(crate) async fn device_artifact(
        &self,
        caller: &DeviceCaller,
        module: ModuleId,
        filename: &str,
    ) -> Result<Permitted> {
        let tenant = caller.tenant.id;
        let missing = || Error::not_found(Entity::Target, &caller.controller_id);
        let device = caller.device.as_ref().ok_or_else(missing)?;
        let session = self.store.read();
        let found = session.artifact_for_device(tenant, device.id, module, filename).await?;
        if let Some(found) = found {
            self.check_granted(&session, caller, module).await?;
            return Ok(Permitted { artifact: found.artifact, action: found.action });
        }
        self.permitted_module(&session, caller, module).await?;
        Err(Error::not_found(Entity::Artifact, filename))
    }

    /// A grant is for the files of one action, while nobody has cancelled it.
    async fn check_granted(
        &self,
        session: &Session<'_>,
        caller: &DeviceCaller,
        module: ModuleId,
    ) -> Result<()> {
        let Some(grant) = caller.grant else {
            return Ok(());
        };
        let tenant = caller.tenant.id;
        let action = session.action(tenant, grant.action).await?;
        let action = action.filter(|action| !action.state.is_cancel());
        let set = match action {
            Some(action) => session.set(tenant, action.set).await?,
            None => None,
        };
        if set.is_some_and(|set| set.modules.contains(&module)) {
            return Ok(());
        }
        Err(Error::Unauthenticated)
    }

    async fn permitted_module(
        &self,
        session: &Session<'_>,
        caller: &DeviceCaller,
        module: ModuleId,
    ) -> Result<Module> {
        let tenant = caller.tenant.id;
        let target = super::target::find(session, tenant, &caller.controller_id).await?;
        let found = super::software::find(session, tenant, module).await?;
        let sets = given_sets(session, &target).await?;
        let sets = session.sets_by_ids(tenant, &sets).await?;
        if sets.iter().any(|set| set.modules.contains(&module)) {
            return Ok(found);
        }
        Err(Error::NotRelated {
            entity: Entity::SoftwareModule,
            id: module.to_string(),
            parent: caller.controller_id.clone(),
        })
    }

    /// Notes that a device is about to download a file.
    pub(crate) async fn announce_download(
        &self,
        caller: &DeviceCaller,
        permitted: &Permitted,
        path: String,
        always: bool,
    ) -> Result<()> {
        let Some(action) = permitted.action else {
            return Ok(());
        };
        let act = Act {
            tenant: caller.tenant.id,
            owner: Owner::Any,
            action,
            event: Event::DownloadAnnounced { path, always },
            by: String::new(),
            request_id: None,
        };
        self.act(act).await.map(|_| ())
    }
}

/// The sets that the target is to have or has.
async fn given_sets(session: &Session<'_>, target: &Target) -> Result<Vec<otahub_domain::SetId>> {
    let open = session.open_actions(target).await?.into_iter();
    let given = open.filter(|o| !o.action.state.is_cancel()).map(|o| o.action.set);
    Ok(given.chain(target.installed_set).collect())
}

async fn find(
    session: &Session<'_>,
    tenant: TenantId,
    module: ModuleId,
    id: ArtifactId,
) -> Result<(Module, Artifact)> {
    let found = super::software::find(session, tenant, module).await?;
    let artifact = session.artifact(tenant, id).await?.filter(|a| a.module == module);
    Ok((found, artifact.ok_or_else(|| Error::not_found(Entity::Artifact, id))?))
}

async fn check_destination(
    session: &Session<'_>,
    to: &Destination,
    quotas: &Quotas,
) -> Result<Module> {
    let module = super::software::find(session, to.tenant, to.module).await?;
    check_not_deleted(&module)?;
    check_unlocked(&module, "ADD_ARTIFACT")?;
    if let Some(filename) = &to.filename {
        let filename = validate_filename(filename)?;
        if session.filename_exists(&module, &filename).await? {
            return Err(Error::AlreadyExists { entity: Entity::Artifact });
        }
    }
    let have = session.count_artifacts(&module).await?;
    Quotas::check("artifacts per software module", have, 1, quotas.artifacts_per_module)?;
    Ok(module)
}

async fn record(
    session: &Session<'_>,
    to: &Destination,
    received: Received,
    now: Timestamp,
    quotas: &Quotas,
) -> Result<Artifact> {
    let mut module = check_destination(session, to, quotas).await?;
    quotas.check_storage(session.storage_used(to.tenant).await?, received.size)?;
    let filename = validate_filename(to.filename.as_deref().unwrap_or_default())?;
    let relation = relate(&to.relation, &filename, &session.artifacts(&module).await?)?;
    let Received { size, hashes, decrypted } = received;
    let draft = ArtifactDraft { filename, size, hashes, decrypted, relation };
    let artifact = session.insert_artifact(&module, &draft, &Audit::new(&to.by, now)).await?;
    module.audit.touch(&to.by, now);
    super::software::save(session, &module, now).await?;
    Ok(artifact)
}
