//! What could not be delivered to webhooks.

use otahub_domain::webhook::{Attempts, Delivery};
use otahub_domain::{Timestamp, WebhookDeliveryId, WebhookId};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoSimpleExpr as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Set,
};

use crate::codec::time;
use crate::entity::webhook_delivery::{ActiveModel, Column, Entity, Model};
use crate::page::Sortable;
use crate::{Error, Listed, Page, Session};

/// How many dead deliveries are kept for a webhook.
const DEAD_MAX: i64 = 1000;

struct ById;

impl Sortable for ById {
    fn column(&self) -> SimpleExpr {
        Column::Id.into_simple_expr()
    }
}

impl From<Model> for Delivery {
    fn from(row: Model) -> Self {
        Self {
            id: WebhookDeliveryId(row.id),
            webhook: WebhookId(row.webhook_id),
            dead: row.dead,
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            events: row.events,
            attempts: Attempts {
                count: row.attempts,
                since: Timestamp::from_millis(row.since),
                last: Timestamp::from_millis(row.attempted_at),
            },
            due_at: time(row.due_at),
            status: row.status,
            body: row.body,
            error: row.error,
        }
    }
}

/// What changes with an attempt.
fn changeable(delivery: &Delivery) -> ActiveModel {
    ActiveModel {
        dead: Set(delivery.dead),
        attempts: Set(delivery.attempts.count),
        attempted_at: Set(delivery.attempts.last.millis()),
        due_at: Set(delivery.due_at.map(Timestamp::millis)),
        status: Set(delivery.status),
        error: Set(delivery.error.clone()),
        ..ActiveModel::default()
    }
}

impl Session<'_> {
    /// A page of what could not be delivered to a webhook, the oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn webhook_deliveries(
        &self,
        webhook: WebhookId,
        (skip, limit): (u64, u64),
    ) -> Result<Listed<Delivery>, Error> {
        let select = Entity::find().filter(Column::WebhookId.eq(webhook.0));
        let page = Page { skip, limit, order: vec![(ById, false)] };
        self.page(select, &page).await?.try_map(|row| Ok(row.into()))
    }

    /// How many deliveries of a webhook are dead.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_dead_deliveries(&self, webhook: WebhookId) -> Result<u64, Error> {
        let select = Entity::find().filter(Column::WebhookId.eq(webhook.0));
        self.count(select.filter(Column::Dead.eq(true))).await
    }

    /// What is to be sent to a webhook before anything new: what is tried again, and what is dead
    /// and wanted all the same; whichever is due first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next_webhook_delivery(
        &self,
        webhook: WebhookId,
    ) -> Result<Option<Delivery>, Error> {
        let select = Entity::find()
            .filter(Column::WebhookId.eq(webhook.0))
            .filter(Column::DueAt.is_not_null())
            .order_by_asc(Column::DueAt)
            .order_by_asc(Column::Id)
            .limit(1);
        Ok(self.one(select).await?.map(Delivery::from))
    }

    /// Keeps what could not be delivered.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the webhook is gone.
    pub async fn insert_webhook_delivery(&self, delivery: &Delivery) -> Result<(), Error> {
        let row = ActiveModel {
            webhook_id: Set(delivery.webhook.0),
            first_seq: Set(delivery.first_seq),
            last_seq: Set(delivery.last_seq),
            events: Set(delivery.events),
            body: Set(delivery.body.clone()),
            since: Set(delivery.attempts.since.millis()),
            ..changeable(delivery)
        };
        self.insert(row).await?;
        Ok(())
    }

    /// Notes what came of another attempt, if the delivery is still there.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn save_webhook_delivery(&self, delivery: &Delivery) -> Result<(), Error> {
        let update = Entity::update_many().set(changeable(delivery));
        self.update(update.filter(Column::Id.eq(delivery.id.0))).await?;
        Ok(())
    }

    /// Sends deliveries of a webhook again as soon as possible: these, or all; how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn hasten_webhook_deliveries(
        &self,
        webhook: WebhookId,
        only: Option<&[WebhookDeliveryId]>,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let change = ActiveModel { due_at: Set(Some(now.millis())), ..ActiveModel::default() };
        let update = Entity::update_many()
            .set(change)
            .filter(Column::WebhookId.eq(webhook.0))
            .apply_if(only, |update, ids| {
                update.filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
            });
        self.update(update).await
    }

    /// Drops a delivery; whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_webhook_delivery(
        &self,
        webhook: WebhookId,
        id: WebhookDeliveryId,
    ) -> Result<bool, Error> {
        let delete = Entity::delete_many()
            .filter(Column::WebhookId.eq(webhook.0))
            .filter(Column::Id.eq(id.0));
        Ok(self.delete(delete).await? > 0)
    }

    /// Drops the oldest dead deliveries of a webhook if there are more than are kept.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn limit_dead_deliveries(&self, webhook: WebhookId) -> Result<(), Error> {
        let sql = "DELETE FROM webhook_deliveries WHERE webhook_id = ? AND dead AND id <= \
                   (SELECT id FROM webhook_deliveries WHERE webhook_id = ? AND dead \
                   ORDER BY id DESC LIMIT 1 OFFSET ?)";
        let values = [webhook.0.into(), webhook.0.into(), DEAD_MAX.into()];
        self.execute_sql(sql, values).await.map(|_| ())
    }

    /// Drops dead deliveries that were tried last before an instant; how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn trim_webhook_deliveries(&self, before: Timestamp) -> Result<u64, Error> {
        let sql = "DELETE FROM webhook_deliveries WHERE dead AND attempted_at < ?";
        self.execute_sql(sql, [before.millis().into()]).await
    }
}
