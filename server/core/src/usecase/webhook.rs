//! Webhooks, as operators see them. What is sent is the matter of [`crate::webhooks`].

use crate::auth::Operator;
use crate::event::{Happened, Log};
use crate::hub::Hub;
use crate::webhooks::{checked_secret, new_secret};
use otahub_domain::request::Expected;
use otahub_domain::webhook::{
    Delivery, Webhook, WebhookDraft, WebhookPatch, check_count, new_webhook, update_webhook,
};
use otahub_domain::{Entity, Error, Result, TenantId, Timestamp, WebhookDeliveryId, WebhookId};
use otahub_proto::names;
use otahub_store::{Lane, Listed, Session};

/// A webhook with what is told of it besides.
#[derive(Debug, Clone)]
pub(crate) struct ShownWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// When the oldest event happened that it was not sent yet, or passed over.
    pub behind_since: Option<Timestamp>,
    /// How many of its deliveries are dead.
    pub dead: u64,
}

async fn find(session: &Session<'_>, tenant: TenantId, id: WebhookId) -> Result<Webhook> {
    let found = session.webhook(tenant, id).await?;
    found.ok_or_else(|| Error::not_found(Entity::Webhook, id))
}

async fn tell(
    session: &Session<'_>,
    tenant: TenantId,
    id: WebhookId,
    now: Timestamp,
) -> Result<()> {
    let log = Log { session, tenant, now };
    log.resource(Happened::WebhookChanged, &names::webhook(id.0)).await
}

impl Hub {
    /// A webhook, and how it does.
    pub(crate) async fn find_webhook(
        &self,
        tenant: TenantId,
        id: WebhookId,
    ) -> Result<ShownWebhook> {
        self.show_webhook(find(&self.store.read(), tenant, id).await?).await
    }

    async fn show_webhook(&self, webhook: Webhook) -> Result<ShownWebhook> {
        let session = self.store.read();
        let next = session.events_after(webhook.health.seq, 1).await?.pop();
        let dead = session.count_dead_deliveries(webhook.id).await?;
        Ok(ShownWebhook { behind_since: next.map(|event| event.created_at), dead, webhook })
    }

    /// A page of the tenant's webhooks.
    pub(crate) async fn list_webhooks(
        &self,
        tenant: TenantId,
        window: (u64, u64),
    ) -> Result<Listed<ShownWebhook>> {
        let listed = self.store.read().webhooks(tenant, window).await?;
        let mut items = Vec::with_capacity(listed.items.len());
        for webhook in listed.items {
            items.push(self.show_webhook(webhook).await?);
        }
        Ok(Listed { items, total: listed.total })
    }

    /// Makes a webhook, which begins with what happens from now on; gives the secret, too, which
    /// is told once.
    pub(crate) async fn create_webhook(
        &self,
        operator: &Operator,
        draft: WebhookDraft,
        secret: &str,
    ) -> Result<(ShownWebhook, String)> {
        self.sender.check(&draft.url)?;
        let secret = self.secret_or_new(secret)?;
        let (tenant, now, by) = (operator.tenant, self.now(), operator.username.clone());
        let seq = self.store.read().last_event().await?;
        let new = new_webhook(&draft, seq, &by, now)?;
        let kept = secret.clone();
        let made = self.write(Lane::exclusive("webhooks"), move |session| {
            let (new, secret) = (new.clone(), kept.clone());
            Box::pin(async move {
                check_count(session.count_webhooks(tenant).await?)?;
                let made = session.insert_webhook(tenant, &new, &secret).await?;
                tell(session, tenant, made.id, now).await?;
                Ok(made)
            })
        });
        Ok((self.show_webhook(made.await?).await?, secret))
    }

    /// Changes a webhook, if it is still as whoever changes it saw it.
    pub(crate) async fn change_webhook(
        &self,
        operator: &Operator,
        (id, expected): (WebhookId, Expected),
        patch: WebhookPatch,
    ) -> Result<ShownWebhook> {
        if let Some(url) = &patch.url {
            self.sender.check(url)?;
        }
        let (tenant, now, by) = (operator.tenant, self.now(), operator.username.clone());
        let changed = self.write(Lane::ANY, move |session| {
            let (patch, by, expected) = (patch.clone(), by.clone(), expected.clone());
            Box::pin(async move {
                let found = find(session, tenant, id).await?;
                expected.check(id.0, found.version)?;
                let changed = update_webhook(&found, &patch, &by, now)?;
                let saved = session.save_webhook(&changed).await?;
                tell(session, tenant, id, now).await?;
                Ok(saved)
            })
        });
        self.show_webhook(changed.await?).await
    }

    /// Gives a webhook another secret, which is told once.
    pub(crate) async fn rotate_webhook_secret(
        &self,
        tenant: TenantId,
        id: WebhookId,
        secret: &str,
    ) -> Result<String> {
        let secret = self.secret_or_new(secret)?;
        let (kept, now) = (secret.clone(), self.now());
        let rotated = self.write(Lane::ANY, move |session| {
            let secret = kept.clone();
            Box::pin(async move {
                find(session, tenant, id).await?;
                session.set_webhook_secret(id, &secret).await?;
                tell(session, tenant, id, now).await
            })
        });
        rotated.await.map(|()| secret)
    }

    fn secret_or_new(&self, given: &str) -> Result<String> {
        if given.is_empty() {
            let bytes = [self.entropy.bytes(), self.entropy.bytes()].concat();
            return new_secret(&bytes);
        }
        checked_secret(given)
    }

    /// Deletes a webhook with what was not delivered.
    pub(crate) async fn delete_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<()> {
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            Box::pin(async move {
                if !session.delete_webhook(tenant, id).await? {
                    return Err(Error::not_found(Entity::Webhook, id));
                }
                tell(session, tenant, id, now).await
            })
        })
        .await
    }

    /// A page of what could not be delivered.
    pub(crate) async fn webhook_deliveries(
        &self,
        tenant: TenantId,
        id: WebhookId,
        window: (u64, u64),
    ) -> Result<Listed<Delivery>> {
        let session = self.store.read();
        find(&session, tenant, id).await?;
        Ok(session.webhook_deliveries(id, window).await?)
    }

    /// Sends what could not be delivered again, as soon as possible; how much that is.
    pub(crate) async fn retry_webhook_deliveries(
        &self,
        tenant: TenantId,
        id: WebhookId,
        only: Vec<WebhookDeliveryId>,
    ) -> Result<u64> {
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            let only = only.clone();
            Box::pin(async move {
                find(session, tenant, id).await?;
                let only = (!only.is_empty()).then_some(only.as_slice());
                let count = session.hasten_webhook_deliveries(id, only, now).await?;
                tell(session, tenant, id, now).await?;
                Ok(count)
            })
        })
        .await
    }

    /// Drops what could not be delivered.
    pub(crate) async fn drop_webhook_delivery(
        &self,
        tenant: TenantId,
        (id, delivery): (WebhookId, WebhookDeliveryId),
    ) -> Result<()> {
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            Box::pin(async move {
                find(session, tenant, id).await?;
                if !session.delete_webhook_delivery(id, delivery).await? {
                    return Err(Error::not_found(Entity::WebhookDelivery, delivery));
                }
                tell(session, tenant, id, now).await
            })
        })
        .await
    }
}
