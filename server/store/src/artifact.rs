//! Artifacts: the files of software modules.

use otahub_domain::software::{Artifact, ArtifactDraft, Module, Relation};
use otahub_domain::{ActionId, ArtifactId, Audit, ModuleId, TargetId, TenantId};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryResult, Set, Value};

use crate::artifact_details::{ARTIFACTS, artifact_of};
use crate::codec::{set_audit, set_touch, signed, unsigned};
use crate::entity::artifact::{ActiveModel, Column, Entity};
use crate::{Error, Session};

/// A file that a device may fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceArtifact {
    /// The file.
    pub artifact: Artifact,
    /// The newest of the target's actions for which it may: an active one that is not being
    /// cancelled, or the one that installed what is installed.
    pub action: Option<ActionId>,
}

/// The target's side of an artifact `f`: whether it is part of the installed set at all, and
/// which open or last action gives it.
const FOR_DEVICE: &str = "\
SELECT g.*,
  EXISTS (SELECT 1 FROM distribution_set_modules i
    WHERE i.module_id = g.module_id AND i.set_id = t.installed_set_id) AS is_installed,
  (SELECT MAX(a.id) FROM actions a
    JOIN distribution_set_modules m ON m.set_id = a.set_id AND m.module_id = g.module_id
    WHERE a.target_id = t.id AND ((a.active AND a.state <> 'canceling')
      OR (a.state = 'finished' AND a.set_id = t.installed_set_id))) AS action_id
FROM (";

/// Which artifact, and which target.
const OF_DEVICE: &str = "
WHERE f.tenant_id = ? AND f.module_id = ? AND f.filename = ?) g
JOIN targets t ON t.tenant_id = g.tenant_id AND t.id = ?";

impl Session<'_> {
    /// The artifacts of a module by number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn artifacts(&self, module: &Module) -> Result<Vec<Artifact>, Error> {
        self.artifacts_of_modules(module.tenant, &[module.id]).await
    }

    /// The artifacts of several modules by module and number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn artifacts_of_modules(
        &self,
        tenant: TenantId,
        modules: &[ModuleId],
    ) -> Result<Vec<Artifact>, Error> {
        if modules.is_empty() {
            return Ok(Vec::new());
        }
        let places = vec!["?"; modules.len()].join(", ");
        let condition =
            format!("f.tenant_id = ? AND f.module_id IN ({places}) ORDER BY f.module_id, f.id");
        let ids = modules.iter().map(|module| module.0);
        let values = std::iter::once(tenant.0).chain(ids).map(Value::from).collect();
        let rows = self.artifacts_where(&condition, values).await?;
        rows.iter().map(artifact_of).collect()
    }

    /// The artifact of this number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn artifact(
        &self,
        tenant: TenantId,
        artifact: ArtifactId,
    ) -> Result<Option<Artifact>, Error> {
        let values = vec![tenant.0.into(), artifact.0.into()];
        let rows = self.artifacts_where("f.tenant_id = ? AND f.id = ?", values).await?;
        rows.first().map(artifact_of).transpose()
    }

    /// The artifact of a module of exactly this name.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn artifact_by_filename(
        &self,
        module: &Module,
        filename: &str,
    ) -> Result<Option<Artifact>, Error> {
        let values = vec![module.id.0.into(), filename.to_lowercase().into(), filename.into()];
        let condition = "f.module_id = ? AND f.filename_lower = ? AND f.filename = ?";
        let rows = self.artifacts_where(condition, values).await?;
        rows.first().map(artifact_of).transpose()
    }

    async fn artifacts_where(
        &self,
        condition: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, Error> {
        self.query_sql(&format!("{ARTIFACTS} WHERE {condition}"), values).await
    }

    /// Whether a module has an artifact of this name in any case of letters.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn filename_exists(&self, module: &Module, filename: &str) -> Result<bool, Error> {
        let select = Entity::find()
            .filter(Column::ModuleId.eq(module.id.0))
            .filter(Column::FilenameLower.eq(filename.to_lowercase()));
        Ok(self.one(select).await?.is_some())
    }

    /// Adds an artifact to a module, which may thereby become complete.
    ///
    /// # Errors
    /// [`Error::Unique`] if the module has one of this name in any case of letters;
    /// [`Error::Conflict`] if the module is gone.
    pub async fn insert_artifact(
        &self,
        module: &Module,
        draft: &ArtifactDraft,
        audit: &Audit,
    ) -> Result<Artifact, Error> {
        let mut row = ActiveModel {
            tenant_id: Set(module.tenant.0),
            module_id: Set(module.id.0),
            filename: Set(draft.filename.clone()),
            filename_lower: Set(draft.filename.to_lowercase()),
            size: Set(signed(draft.size)),
            md5: Set(draft.hashes.md5.clone()),
            sha1: Set(draft.hashes.sha1.clone()),
            sha256: Set(draft.hashes.sha256.clone()),
            ..ActiveModel::default()
        };
        set_audit!(row, audit);
        let id = ArtifactId(self.insert(row).await?);
        if let Some(decrypted) = &draft.decrypted {
            self.insert_decrypted(id, decrypted).await?;
        }
        if draft.relation != Relation::default() {
            self.put_relation(id, &draft.relation).await?;
        }
        self.recompute_module(module.tenant, module.id).await?;
        Ok(Artifact {
            id,
            tenant: module.tenant,
            module: module.id,
            filename: draft.filename.clone(),
            size: draft.size,
            hashes: draft.hashes.clone(),
            decrypted: draft.decrypted.clone(),
            relation: draft.relation.clone(),
            audit: audit.clone(),
        })
    }

    /// Saves an artifact's relation, and who changed it.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is gone.
    pub async fn save_artifact(&self, artifact: &Artifact) -> Result<(), Error> {
        let mut row = ActiveModel::default();
        set_touch!(row, artifact.audit);
        let update = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(artifact.id.0))
            .filter(Column::TenantId.eq(artifact.tenant.0));
        if self.update(update).await? == 0 {
            return Err(Error::Conflict);
        }
        self.put_relation(artifact.id, &artifact.relation).await
    }

    /// Removes an artifact, whose module may thereby become incomplete; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_artifact(&self, artifact: &Artifact) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::Id.eq(artifact.id.0))
            .filter(Column::TenantId.eq(artifact.tenant.0));
        let is_gone = self.delete(delete).await? > 0;
        if is_gone {
            self.recompute_module(artifact.tenant, artifact.module).await?;
        }
        Ok(is_gone)
    }

    /// How many artifacts a module has.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_artifacts(&self, module: &Module) -> Result<u64, Error> {
        self.count(Entity::find().filter(Column::ModuleId.eq(module.id.0))).await
    }

    /// How many bytes the artifacts of a tenant's modules have that are not deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn storage_used(&self, tenant: TenantId) -> Result<u64, Error> {
        let sql = "SELECT CAST(COALESCE(SUM(f.size), 0) AS BIGINT) AS used FROM artifacts f \
                   JOIN software_modules m ON m.id = f.module_id \
                   WHERE f.tenant_id = ? AND NOT m.deleted";
        let rows = self.query_sql(sql, [tenant.0.into()]).await?;
        let used: Option<i64> =
            rows.first().map(|row| row.try_get("", "used")).transpose().map_err(Error::of)?;
        Ok(unsigned(used.unwrap_or(0)))
    }

    /// The artifact of a module if a target may fetch it: its module belongs to the set of an
    /// active action that is not being cancelled, or to the installed set.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn artifact_for_device(
        &self,
        tenant: TenantId,
        target: TargetId,
        module: ModuleId,
        filename: &str,
    ) -> Result<Option<DeviceArtifact>, Error> {
        let values = [tenant.0.into(), module.0.into(), filename.into(), target.0.into()];
        let sql = format!("{FOR_DEVICE}{ARTIFACTS}{OF_DEVICE}");
        let rows = self.query_sql(&sql, values).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let is_installed: bool = row.try_get("", "is_installed").map_err(Error::of)?;
        let action: Option<i64> = row.try_get("", "action_id").map_err(Error::of)?;
        if action.is_none() && !is_installed {
            return Ok(None);
        }
        let artifact = artifact_of(row)?;
        Ok(Some(DeviceArtifact { artifact, action: action.map(ActionId) }))
    }

    /// Whether any artifact of a module that is not deleted has these bytes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_referenced(&self, sha256: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 AS one FROM artifacts f JOIN software_modules m ON m.id = f.module_id \
                   WHERE f.sha256 = ? AND NOT m.deleted LIMIT 1";
        Ok(!self.query_sql(sql, [sha256.into()]).await?.is_empty())
    }
}
