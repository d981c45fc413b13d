//! otahub.v1.WebhookService.

use super::target::called;
use super::{Answer, answer, check_batch, mask, required};
use crate::hub::Hub;
use crate::translate::{identity, name, webhook as translate};
use otahub_domain::Error;
use otahub_domain::permission::Permission;
use otahub_domain::request::Expected;
use otahub_proto::otahub::v1 as proto;
use proto::webhook_service_server::WebhookService;
use tonic::Request;

/// Webhooks.
pub(crate) struct Webhooks(pub(crate) Hub);

fn count(total: u64) -> i64 {
    i64::try_from(total).unwrap_or(i64::MAX)
}

#[tonic::async_trait]
impl WebhookService for Webhooks {
    async fn get_webhook(
        &self,
        request: Request<proto::GetWebhookRequest>,
    ) -> Answer<proto::Webhook> {
        let (operator, message) = called!(self, request, ReadTenantConfiguration);
        let found =
            async { self.0.find_webhook(operator.tenant, name::webhook(&message.name)?).await };
        answer(found.await.map(translate::webhook))
    }

    async fn list_webhooks(
        &self,
        request: Request<proto::ListWebhooksRequest>,
    ) -> Answer<proto::ListWebhooksResponse> {
        let (operator, message) = called!(self, request, ReadTenantConfiguration);
        let listed = async {
            let asked = identity::asked(message.page_size, message.page_token, "");
            let window = identity::window(&asked)?;
            let listed = self.0.list_webhooks(operator.tenant, window).await?;
            Ok(proto::ListWebhooksResponse {
                next_page_token: asked.next(window.0, listed.items.len(), listed.total),
                total_size: count(listed.total),
                webhooks: listed.items.into_iter().map(translate::webhook).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_webhook(
        &self,
        request: Request<proto::CreateWebhookRequest>,
    ) -> Answer<proto::CreateWebhookResponse> {
        let (operator, message) = called!(self, request, CreateTenantConfiguration);
        let created = async {
            operator.may(Permission::ReadTarget)?;
            let draft = translate::draft(&operator, required("webhook", message.webhook)?)?;
            self.0.create_webhook(&operator, draft, &message.secret).await
        };
        answer(created.await.map(|(webhook, secret)| proto::CreateWebhookResponse {
            webhook: Some(translate::webhook(webhook)),
            secret,
        }))
    }

    async fn update_webhook(
        &self,
        request: Request<proto::UpdateWebhookRequest>,
    ) -> Answer<proto::Webhook> {
        let (operator, message) = called!(self, request, UpdateTenantConfiguration);
        let updated = async {
            operator.may(Permission::ReadTarget)?;
            let webhook = required("webhook", message.webhook)?;
            let id = name::webhook(&webhook.name)?;
            let expected = Expected(webhook.etag.clone());
            let patch = translate::patch(&operator, webhook, &mask(message.update_mask)?)?;
            self.0.change_webhook(&operator, (id, expected), patch).await
        };
        answer(updated.await.map(translate::webhook))
    }

    async fn rotate_webhook_secret(
        &self,
        request: Request<proto::RotateWebhookSecretRequest>,
    ) -> Answer<proto::RotateWebhookSecretResponse> {
        let (operator, message) = called!(self, request, UpdateTenantConfiguration);
        let rotated = async {
            let id = name::webhook(&message.name)?;
            self.0.rotate_webhook_secret(operator.tenant, id, &message.secret).await
        };
        answer(rotated.await.map(|secret| proto::RotateWebhookSecretResponse { secret }))
    }

    async fn delete_webhook(&self, request: Request<proto::DeleteWebhookRequest>) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteTenantConfiguration);
        let deleted =
            async { self.0.delete_webhook(operator.tenant, name::webhook(&message.name)?).await };
        answer(deleted.await)
    }

    async fn list_webhook_deliveries(
        &self,
        request: Request<proto::ListWebhookDeliveriesRequest>,
    ) -> Answer<proto::ListWebhookDeliveriesResponse> {
        let (operator, message) = called!(self, request, ReadTenantConfiguration);
        let listed = async {
            let id = name::webhook(&message.parent)?;
            let asked = identity::asked(message.page_size, message.page_token, &message.parent);
            let window = identity::window(&asked)?;
            let listed = self.0.webhook_deliveries(operator.tenant, id, window).await?;
            Ok(proto::ListWebhookDeliveriesResponse {
                next_page_token: asked.next(window.0, listed.items.len(), listed.total),
                total_size: count(listed.total),
                deliveries: listed.items.into_iter().map(translate::delivery).collect(),
            })
        };
        answer(listed.await)
    }

    async fn retry_webhook_deliveries(
        &self,
        request: Request<proto::RetryWebhookDeliveriesRequest>,
    ) -> Answer<proto::RetryWebhookDeliveriesResponse> {
        let (operator, message) = called!(self, request, UpdateTenantConfiguration);
        let retried = async {
            let id = name::webhook(&message.parent)?;
            check_batch(message.names.len())?;
            let mut only = Vec::with_capacity(message.names.len());
            for text in &message.names {
                let (parent, delivery) = name::webhook_delivery(text)?;
                if parent != id {
                    return Err(Error::invalid("names", "are not all of this webhook"));
                }
                only.push(delivery);
            }
            self.0.retry_webhook_deliveries(operator.tenant, id, only).await
        };
        answer(
            retried.await.map(|sent| proto::RetryWebhookDeliveriesResponse { count: count(sent) }),
        )
    }

    async fn delete_webhook_delivery(
        &self,
        request: Request<proto::DeleteWebhookDeliveryRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, UpdateTenantConfiguration);
        let deleted = async {
            let named = name::webhook_delivery(&message.name)?;
            self.0.drop_webhook_delivery(operator.tenant, named).await
        };
        answer(deleted.await)
    }
}
