//! Webhooks.

use otahub_domain::webhook::{Health, Webhook, Wish};
use otahub_domain::{RolloutId, TenantId, Timestamp, WebhookId};
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};

use crate::codec::{audit_of, set_audit, set_touch, time};
use crate::entity::webhook::{ActiveModel, Column, Entity, Model};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session};

struct ById;

impl Sortable for ById {
    fn column(&self) -> SimpleExpr {
        Column::Id.into_simple_expr()
    }
}

impl From<Model> for Webhook {
    fn from(row: Model) -> Self {
        Self {
            id: WebhookId(row.id),
            tenant: TenantId(row.tenant_id),
            wish: Wish {
                kinds: row.kinds.lines().filter_map(|kind| kind.parse().ok()).collect(),
                sees: row.sees.lines().map(str::to_owned).collect(),
                controller_id: row.controller_id.clone(),
                rollout: row.rollout_id.map(RolloutId),
            },
            batch_size: row.batch_size,
            disabled: row.disabled,
            health: Health {
                seq: row.seq,
                failing_since: time(row.failing_since),
                succeeded_at: time(row.succeeded_at),
                disabled_reason: row.disabled_reason.clone(),
                lost_at: time(row.lost_at),
            },
            audit: audit_of!(row),
            version: row.version,
            url: row.url,
            description: row.description,
        }
    }
}

/// What operators change.
fn changeable(webhook: &Webhook) -> ActiveModel {
    let kinds: Vec<String> = webhook.wish.kinds.iter().map(i32::to_string).collect();
    let mut row = ActiveModel {
        url: Set(webhook.url.clone()),
        description: Set(webhook.description.clone()),
        kinds: Set(kinds.join("\n")),
        sees: Set(webhook.wish.sees.join("\n")),
        controller_id: Set(webhook.wish.controller_id.clone()),
        rollout_id: Set(webhook.wish.rollout.map(|id| id.0)),
        batch_size: Set(webhook.batch_size),
        disabled: Set(webhook.disabled),
        failing_since: Set(webhook.health.failing_since.map(Timestamp::millis)),
        disabled_reason: Set(webhook.health.disabled_reason.clone()),
        ..ActiveModel::default()
    };
    set_touch!(row, webhook.audit);
    row
}

impl Session<'_> {
    /// A page of a tenant's webhooks, the oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn webhooks(
        &self,
        tenant: TenantId,
        (skip, limit): (u64, u64),
    ) -> Result<Listed<Webhook>, Error> {
        let select = Entity::find().filter(Column::TenantId.eq(tenant.0));
        let page = Page { skip, limit, order: vec![(ById, false)] };
        self.page(select, &page).await?.try_map(|row| Ok(row.into()))
    }

    /// The webhook of this number. In a job on PostgreSQL nobody changes it before the
    /// transaction ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn webhook(&self, tenant: TenantId, id: WebhookId) -> Result<Option<Webhook>, Error> {
        let mut select = Entity::find_by_id(id.0).filter(Column::TenantId.eq(tenant.0));
        if self.is_postgres() && self.is_in_job() {
            select = select.lock_exclusive();
        }
        Ok(self.one(select).await?.map(Webhook::from))
    }

    /// How many webhooks a tenant has.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_webhooks(&self, tenant: TenantId) -> Result<u64, Error> {
        self.count(Entity::find().filter(Column::TenantId.eq(tenant.0))).await
    }

    /// The webhooks of all tenants that are enabled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn enabled_webhooks(&self) -> Result<Vec<WebhookId>, Error> {
        let select = Entity::find().filter(Column::Disabled.eq(false)).order_by_asc(Column::Id);
        Ok(self.all(select).await?.into_iter().map(|row| WebhookId(row.id)).collect())
    }

    /// A webhook that is enabled, with the secret that its messages are signed with.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn webhook_to_serve(
        &self,
        id: WebhookId,
    ) -> Result<Option<(Webhook, String)>, Error> {
        let select = Entity::find_by_id(id.0).filter(Column::Disabled.eq(false));
        let found = self.one(select).await?;
        Ok(found.map(|mut row| {
            let secret = std::mem::take(&mut row.secret);
            (row.into(), secret)
        }))
    }

    /// Adds a webhook to a tenant. Its number, tenant and version are set here.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn insert_webhook(
        &self,
        tenant: TenantId,
        webhook: &Webhook,
        secret: &str,
    ) -> Result<Webhook, Error> {
        let mut row = ActiveModel {
            tenant_id: Set(tenant.0),
            secret: Set(secret.to_owned()),
            seq: Set(webhook.health.seq),
            version: Set(1),
            ..changeable(webhook)
        };
        set_audit!(row, webhook.audit);
        let id = WebhookId(self.insert(row).await?);
        Ok(Webhook { id, tenant, version: 1, ..webhook.clone() })
    }

    /// Writes back what an operator changed and returns it with its new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read.
    pub async fn save_webhook(&self, webhook: &Webhook) -> Result<Webhook, Error> {
        let update = Entity::update_many()
            .set(changeable(webhook))
            .col_expr(Column::Version, Expr::value(webhook.version + 1))
            .filter(Column::Id.eq(webhook.id.0))
            .filter(Column::TenantId.eq(webhook.tenant.0))
            .filter(Column::Version.eq(webhook.version));
        self.changed_one(self.update(update).await?)?;
        Ok(Webhook { version: webhook.version + 1, ..webhook.clone() })
    }

    /// Gives a webhook another secret.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_webhook_secret(&self, id: WebhookId, secret: &str) -> Result<(), Error> {
        let change = ActiveModel { secret: Set(secret.to_owned()), ..ActiveModel::default() };
        self.update(Entity::update_many().set(change).filter(Column::Id.eq(id.0))).await?;
        Ok(())
    }

    /// Removes a webhook with its deliveries; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<bool, Error> {
        let delete =
            Entity::delete_many().filter(Column::TenantId.eq(tenant.0)).filter(Column::Id.eq(id.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Notes how a webhook does, but for why it is disabled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn save_webhook_health(&self, id: WebhookId, health: &Health) -> Result<(), Error> {
        let change = ActiveModel {
            seq: Set(health.seq),
            failing_since: Set(health.failing_since.map(Timestamp::millis)),
            succeeded_at: Set(health.succeeded_at.map(Timestamp::millis)),
            lost_at: Set(health.lost_at.map(Timestamp::millis)),
            ..ActiveModel::default()
        };
        self.update(Entity::update_many().set(change).filter(Column::Id.eq(id.0))).await?;
        Ok(())
    }

    /// Disables a webhook, for this reason.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn disable_webhook(&self, id: WebhookId, reason: &str) -> Result<(), Error> {
        let change = ActiveModel {
            disabled: Set(true),
            disabled_reason: Set(Some(reason.to_owned())),
            ..ActiveModel::default()
        };
        let update = Entity::update_many()
            .set(change)
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(id.0));
        self.update(update).await?;
        Ok(())
    }
}
