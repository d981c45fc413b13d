//! Webhooks.

use super::target::unknown_field;
use super::{audit, name, time};
use crate::auth::Operator;
use crate::translate::event::{check_kinds, seen_by};
use crate::usecase::ShownWebhook;
use otahub_domain::request::etag;
use otahub_domain::webhook::{Delivery, WebhookDraft, WebhookPatch, Wish};
use otahub_domain::{Result, RolloutId, WebhookId};
use otahub_proto::names;
use otahub_proto::otahub::v1 as proto;

/// A webhook, without its secret.
pub(crate) fn webhook(shown: ShownWebhook) -> proto::Webhook {
    let ShownWebhook { webhook, behind_since, dead } = shown;
    let health = webhook.health;
    let controller_id = webhook.wish.controller_id;
    let rollout = webhook.wish.rollout;
    proto::Webhook {
        name: names::webhook(webhook.id.0),
        id: webhook.id.0,
        target: controller_id.as_deref().map(names::target).unwrap_or_default(),
        rollout: rollout.map(|id| names::numbered("rollouts", id.0)).unwrap_or_default(),
        kinds: webhook.wish.kinds,
        batch_size: webhook.batch_size,
        disabled: webhook.disabled,
        state: Some(proto::WebhookState {
            position: health.seq.to_string(),
            behind_since: behind_since.map(time),
            failing_since: health.failing_since.map(time),
            last_success_time: health.succeeded_at.map(time),
            disabled_reason: health.disabled_reason.unwrap_or_default(),
            lost_time: health.lost_at.map(time),
            dead_deliveries: i64::try_from(dead).unwrap_or(i64::MAX),
        }),
        audit: Some(audit(&webhook.audit)),
        etag: etag(webhook.id.0, webhook.version),
        url: webhook.url,
        description: webhook.description,
    }
}

fn target(name: &str) -> Result<Option<String>> {
    name::optional(name, name::controller_id)
}

fn rollout(name: &str) -> Result<Option<RolloutId>> {
    name::optional(name, name::rollout)
}

/// What an operator says of a new webhook.
pub(crate) fn draft(operator: &Operator, webhook: proto::Webhook) -> Result<WebhookDraft> {
    check_kinds(operator, &webhook.kinds)?;
    Ok(WebhookDraft {
        wish: Wish {
            kinds: webhook.kinds,
            sees: seen_by(operator),
            controller_id: target(&webhook.target)?,
            rollout: rollout(&webhook.rollout)?,
        },
        url: webhook.url,
        description: webhook.description,
        batch_size: webhook.batch_size,
        disabled: webhook.disabled,
    })
}

/// What an operator changes.
pub(crate) fn patch(
    operator: &Operator,
    webhook: proto::Webhook,
    mask: &[String],
) -> Result<WebhookPatch> {
    let mut patch = WebhookPatch { sees: seen_by(operator), ..WebhookPatch::default() };
    for field in mask {
        match field.as_str() {
            "url" => patch.url = Some(webhook.url.clone()),
            "description" => patch.description = Some(webhook.description.clone()),
            "kinds" => {
                check_kinds(operator, &webhook.kinds)?;
                patch.kinds = Some(webhook.kinds.clone());
            }
            "target" => patch.controller_id = Some(target(&webhook.target)?),
            "rollout" => patch.rollout = Some(rollout(&webhook.rollout)?),
            "batch_size" => patch.batch_size = Some(webhook.batch_size),
            "disabled" => patch.disabled = Some(webhook.disabled),
            other => return Err(unknown_field(other)),
        }
    }
    Ok(patch)
}

/// What could not be delivered, without its body.
pub(crate) fn delivery(delivery: Delivery) -> proto::WebhookDelivery {
    let WebhookId(webhook) = delivery.webhook;
    let state = if delivery.dead {
        proto::WebhookDeliveryState::Dead
    } else {
        proto::WebhookDeliveryState::Retrying
    };
    proto::WebhookDelivery {
        name: names::webhook_delivery(webhook, delivery.id.0),
        state: state.into(),
        first_event: delivery.first_seq,
        last_event: delivery.last_seq,
        event_count: delivery.events,
        attempts: delivery.attempts.count,
        first_attempt_time: Some(time(delivery.attempts.since)),
        last_attempt_time: Some(time(delivery.attempts.last)),
        next_attempt_time: delivery.due_at.map(time),
        last_status: delivery.status,
        last_error: delivery.error,
    }
}
