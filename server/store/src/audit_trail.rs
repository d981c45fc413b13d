//! The audit trail: who changed what.

use otahub_domain::filter::{AuditField, Filter};
use otahub_domain::{TenantId, Timestamp};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryTrait as _, Set,
};

use crate::entity::audit_entry::{ActiveModel, Column, Entity, Model};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session, filter_sql};

/// Something that somebody changed, or was not allowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Grows with time; the database's to give.
    pub id: i64,
    /// Whose trail.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// With what it proved who it is.
    pub credential: String,
    /// How the call came.
    pub protocol: String,
    /// The rpc.
    pub method: String,
    /// The resource's name; empty if it is not known.
    pub resource: String,
    /// gRPC's word for what came of it.
    pub outcome: String,
    /// There were more resources than have entries.
    pub truncated: bool,
}

impl From<Model> for AuditEntry {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            tenant: TenantId(row.tenant_id),
            at: Timestamp::from_millis(row.happened_at),
            actor: row.actor,
            credential: row.credential,
            protocol: row.protocol,
            method: row.method,
            resource: row.resource,
            outcome: row.outcome,
            truncated: row.truncated,
        }
    }
}

impl From<AuditEntry> for ActiveModel {
    fn from(entry: AuditEntry) -> Self {
        Self {
            tenant_id: Set(entry.tenant.0),
            happened_at: Set(entry.at.millis()),
            actor: Set(entry.actor),
            credential: Set(entry.credential),
            protocol: Set(entry.protocol),
            method: Set(entry.method),
            resource: Set(entry.resource),
            outcome: Set(entry.outcome),
            truncated: Set(entry.truncated),
            ..Self::default()
        }
    }
}

struct ById;

impl Sortable for ById {
    fn column(&self) -> SimpleExpr {
        Column::Id.into_simple_expr()
    }
}

impl Session<'_> {
    /// Adds entries, in this order.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the tenant is gone.
    pub async fn append_audit(&self, entries: Vec<AuditEntry>) -> Result<(), Error> {
        self.insert_all(entries.into_iter().map(ActiveModel::from).collect()).await
    }

    /// A page of a tenant's trail, the newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn audit_trail(
        &self,
        tenant: TenantId,
        filter: Option<&Filter<AuditField>>,
        (skip, limit): (u64, u64),
    ) -> Result<Listed<AuditEntry>, Error> {
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(filter, |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            });
        let page = Page { skip, limit, order: vec![(ById, true)] };
        self.page(select, &page).await?.try_map(|row| Ok(row.into()))
    }

    /// Removes entries from before an instant; how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim_audit(&self, before: Timestamp) -> Result<u64, Error> {
        self.delete(Entity::delete_many().filter(Column::HappenedAt.lt(before.millis()))).await
    }
}
