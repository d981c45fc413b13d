//! Blobs: which bytes are, or may be, in the artifact store, and who still needs them.

use otahub_domain::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

use crate::codec::{signed, time, unsigned};
use crate::entity::blob::{ActiveModel, Column, Entity, Model};
use crate::target::CHUNK;
use crate::{Error, Session};

/// Bytes in the artifact store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Their hash, which is their name there.
    pub sha256: String,
    /// How many they are.
    pub size: u64,
    /// How many uploads are under way that will need them.
    pub pending: u32,
    /// When the last upload said so.
    pub claimed_at: Timestamp,
    /// Since when they are known to be needed by nobody.
    pub orphaned_at: Option<Timestamp>,
}

impl From<Model> for Blob {
    fn from(row: Model) -> Self {
        Self {
            sha256: row.sha256,
            size: unsigned(row.size),
            pending: u32::try_from(row.pending).unwrap_or(0),
            claimed_at: Timestamp::from_millis(row.claimed_at),
            orphaned_at: time(row.orphaned_at),
        }
    }
}

/// Blobs that no upload and no artifact of a module that is not deleted needs.
const UNREFERENCED: &str = "pending = 0 AND NOT EXISTS (SELECT 1 FROM artifacts f \
    JOIN software_modules m ON m.id = f.module_id \
    WHERE f.sha256 = blobs.sha256 AND NOT m.deleted)";

impl Session<'_> {
    /// Says that an upload will need these bytes, before they are put into the artifact store.
    /// Waits for whoever is just removing them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn claim_blob(&self, sha256: &str, size: u64, now: Timestamp) -> Result<(), Error> {
        let row = ActiveModel {
            sha256: Set(sha256.to_owned()),
            size: Set(signed(size)),
            pending: Set(1),
            claimed_at: Set(now.millis()),
            orphaned_at: Set(None),
        };
        let mut known = OnConflict::column(Column::Sha256);
        known
            .update_columns([Column::ClaimedAt, Column::OrphanedAt])
            .value(Column::Pending, Expr::col((Entity, Column::Pending)).add(1));
        let insert = Entity::insert(row).on_conflict(known);
        insert.exec_without_returning(self.conn()).await.map_err(Error::of)?;
        Ok(())
    }

    /// Takes a claim back: the artifact is there now, or the upload failed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn release_blob(&self, sha256: &str) -> Result<(), Error> {
        let update = Entity::update_many()
            .col_expr(Column::Pending, Expr::col(Column::Pending).sub(1))
            .filter(Column::Sha256.eq(sha256))
            .filter(Column::Pending.gt(0));
        self.update(update).await.map(|_| ())
    }

    /// The blob of this hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn blob(&self, sha256: &str) -> Result<Option<Blob>, Error> {
        let found = self.one(Entity::find().filter(Column::Sha256.eq(sha256))).await?;
        Ok(found.map(Blob::from))
    }

    /// Blobs that nobody needs.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unreferenced_blobs(&self, limit: u64) -> Result<Vec<Blob>, Error> {
        let select = Entity::find()
            .filter(Expr::cust(UNREFERENCED))
            .order_by_asc(Column::Sha256)
            .limit(unsigned(signed(limit)));
        Ok(self.all(select).await?.into_iter().map(Blob::from).collect())
    }

    /// Notes since when blobs are needed by nobody, where it is not noted yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mark_orphaned(&self, sha256s: &[String], now: Timestamp) -> Result<(), Error> {
        for some in sha256s.chunks(CHUNK) {
            let update = Entity::update_many()
                .col_expr(Column::OrphanedAt, Expr::value(now.millis()))
                .filter(Column::Sha256.is_in(some))
                .filter(Column::OrphanedAt.is_null());
            self.update(update).await?;
        }
        Ok(())
    }

    /// Keeps uploads from claiming these bytes until the transaction ends, if nobody needs them;
    /// whether that is so. To be called in a job that then removes them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn lock_blob_if_unreferenced(&self, sha256: &str) -> Result<bool, Error> {
        if self.is_postgres() {
            let lock = Entity::find().filter(Column::Sha256.eq(sha256)).lock_exclusive();
            if self.one(lock).await?.is_none() {
                return Ok(false);
            }
        }
        let select =
            Entity::find().filter(Column::Sha256.eq(sha256)).filter(Expr::cust(UNREFERENCED));
        Ok(self.one(select).await?.is_some())
    }

    /// Forgets a blob; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_blob(&self, sha256: &str) -> Result<bool, Error> {
        let delete = Entity::delete_many().filter(Column::Sha256.eq(sha256));
        Ok(self.delete(delete).await? > 0)
    }

    /// Blobs whose uploads must have died: claimed last before an instant, and not released.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn stale_pending(&self, before: Timestamp) -> Result<Vec<Blob>, Error> {
        let select = Entity::find()
            .filter(Column::Pending.gt(0))
            .filter(Column::ClaimedAt.lt(before.millis()))
            .order_by_asc(Column::Sha256);
        Ok(self.all(select).await?.into_iter().map(Blob::from).collect())
    }

    /// Takes all claims on a blob back that were made before an instant, if none came since;
    /// whether that is so.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn drop_claims(&self, sha256: &str, before: Timestamp) -> Result<bool, Error> {
        let update = Entity::update_many()
            .col_expr(Column::Pending, Expr::value(0))
            .filter(Column::Sha256.eq(sha256))
            .filter(Column::ClaimedAt.lt(before.millis()));
        Ok(self.update(update).await? > 0)
    }
}
