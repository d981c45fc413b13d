//! `otactl webhooks …`.

use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use crate::view::View;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    CreateWebhookRequest, DeleteWebhookRequest, EventKind, GetWebhookRequest,
    ListWebhookDeliveriesRequest, ListWebhooksRequest, RetryWebhookDeliveriesRequest, Webhook,
    WebhookDelivery,
};
use serde_json::json;

/// What can be done with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists webhooks.
    List {
        /// How many to show; 0 for all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows a webhook and how it does.
    Show {
        /// Its number.
        id: i64,
    },
    /// Makes a webhook and shows its secret, this once.
    Create(Create),
    /// Deletes webhooks.
    Delete {
        /// Their numbers.
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
    /// Lists what could not be delivered.
    Deliveries {
        /// The webhook's number.
        id: i64,
        /// How many to show; 0 for all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Sends again what could not be delivered.
    Retry {
        /// The webhook's number.
        id: i64,
        /// Which deliveries; all without one.
        #[arg(value_name = "DELIVERY")]
        deliveries: Vec<i64>,
    },
}

/// A webhook to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Where events are sent: https://… or http://…
    url: String,
    /// What it is for.
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// A kind of events, e.g. `target.created`; may be repeated. All without one.
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<EventKind>,
    /// Only events of this target.
    #[arg(long, value_name = "CONTROLLER-ID")]
    target: Option<String>,
    /// Only events of this rollout.
    #[arg(long, value_name = "ID")]
    rollout: Option<i64>,
}

/// The kind that a word such as `target.created` means.
fn kind(word: &str) -> Result<EventKind, String> {
    let name = format!("EVENT_KIND_{}", word.replace('.', "_").to_uppercase());
    EventKind::from_str_name(&name).ok_or_else(|| "there is no such kind of events".to_owned())
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::List { limit } => {
            let (webhooks, total) = collect(session, limit).await?;
            output.list("webhooks", &webhooks, total)
        }
        Verb::Show { id } => {
            let request = GetWebhookRequest { name: names::webhook(id) };
            output.show(&session.webhooks().get_webhook(request).await?.into_inner())
        }
        Verb::Create(create) => {
            let webhook = Some(create.into_webhook());
            let request = CreateWebhookRequest { webhook, ..Default::default() };
            let made = session.webhooks().create_webhook(request).await?.into_inner();
            let mut shown = made.webhook.unwrap_or_default().json();
            shown["secret"] = made.secret.into();
            output.fields(&shown)?;
            output.remark("The secret is not shown again; it signs what is sent.");
            Ok(())
        }
        Verb::Delete { ids } => {
            let mut gone = Vec::new();
            for name in ids.into_iter().map(names::webhook) {
                let request = DeleteWebhookRequest { name: name.clone() };
                session.webhooks().delete_webhook(request).await?;
                gone.push(name);
            }
            super::deleted(output, &gone)
        }
        Verb::Deliveries { id, limit } => {
            let (deliveries, total) = failed(session, id, limit).await?;
            output.list("deliveries", &deliveries, total)
        }
        Verb::Retry { id, deliveries } => {
            let names = deliveries.into_iter().map(|one| names::webhook_delivery(id, one));
            let request = RetryWebhookDeliveriesRequest {
                parent: names::webhook(id),
                names: names.collect(),
            };
            let answer = session.webhooks().retry_webhook_deliveries(request).await?.into_inner();
            let words = format!("{} to be sent again", answer.count);
            output.done(&words, &json!({ "count": answer.count }))
        }
    }
}

impl Create {
    fn into_webhook(self) -> Webhook {
        let rollout = |id| names::numbered("rollouts", id);
        Webhook {
            url: self.url,
            description: self.description,
            kinds: self.kinds.into_iter().map(Into::into).collect(),
            target: self.target.as_deref().map(names::target).unwrap_or_default(),
            rollout: self.rollout.map(rollout).unwrap_or_default(),
            ..Default::default()
        }
    }
}

async fn collect(session: &Session, limit: usize) -> Result<(Vec<Webhook>, i64), CliError> {
    gather(limit, |page_size, page_token| async move {
        let request = ListWebhooksRequest { page_size, page_token };
        let answer = session.webhooks().list_webhooks(request).await?.into_inner();
        let (next, total) = (answer.next_page_token, answer.total_size);
        Ok(Page { items: answer.webhooks, next, total })
    })
    .await
}

async fn failed(
    session: &Session,
    id: i64,
    limit: usize,
) -> Result<(Vec<WebhookDelivery>, i64), CliError> {
    gather(limit, |page_size, page_token| async move {
        let request =
            ListWebhookDeliveriesRequest { parent: names::webhook(id), page_size, page_token };
        let answer = session.webhooks().list_webhook_deliveries(request).await?.into_inner();
        let (next, total) = (answer.next_page_token, answer.total_size);
        Ok(Page { items: answer.deliveries, next, total })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_as_webhooks_tell_them() {
        assert_eq!(kind("target.created"), Ok(EventKind::TargetCreated));
        assert_eq!(kind("software_module_type.changed"), Ok(EventKind::SoftwareModuleTypeChanged));
        assert!(kind("target").is_err());
    }
}
