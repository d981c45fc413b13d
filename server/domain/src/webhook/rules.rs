//! What operators may say of webhooks.

use super::{Health, Webhook, WebhookDraft, WebhookPatch};
use crate::{Audit, Error, Result, TenantId, Timestamp, WebhookId, text};

/// The most webhooks of a tenant.
pub const WEBHOOKS_MAX: u64 = 50;
/// The most characters of a URL.
const URL_MAX: usize = 2048;
/// The most characters of a controller id.
const CONTROLLER_ID_MAX: usize = 256;
/// How many events a body has, without a word, and at most.
const BATCH: (i32, i32) = (100, 500);
/// How secrets begin (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";
/// How many bytes a secret has (Standard Webhooks).
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Makes a webhook of what an operator says, which begins after event `seq`. Number and tenant
/// are 0 until the store sets them.
///
/// # Errors
/// [`Error::Invalid`].
pub fn new_webhook(draft: &WebhookDraft, seq: i64, by: &str, now: Timestamp) -> Result<Webhook> {
    text::limited("description", &draft.description, text::DESCRIPTION_MAX)?;
    check_target(draft.wish.controller_id.as_deref())?;
    Ok(Webhook {
        id: WebhookId(0),
        tenant: TenantId(0),
        url: url(&draft.url)?,
        description: draft.description.clone(),
        wish: draft.wish.clone(),
        batch_size: batch_size(draft.batch_size)?,
        disabled: draft.disabled,
        health: Health { seq, ..Health::default() },
        audit: Audit::new(by, now),
        version: 0,
    })
}

/// Applies an operator's change. Who changes what is sent lends it what it may see; enabling
/// forgets why and since when it failed.
///
/// # Errors
/// [`Error::Invalid`].
pub fn update_webhook(
    found: &Webhook,
    patch: &WebhookPatch,
    by: &str,
    now: Timestamp,
) -> Result<Webhook> {
    let mut changed = found.clone();
    if let Some(given) = &patch.url {
        changed.url = url(given)?;
    }
    if let Some(description) = &patch.description {
        text::limited("description", description, text::DESCRIPTION_MAX)?;
        changed.description.clone_from(description);
    }
    if let Some(kinds) = &patch.kinds {
        changed.wish.kinds.clone_from(kinds);
    }
    if let Some(target) = &patch.controller_id {
        check_target(target.as_deref())?;
        changed.wish.controller_id.clone_from(target);
    }
    if let Some(rollout) = patch.rollout {
        changed.wish.rollout = rollout;
    }
    if patch.url.is_some() || patch.kinds.is_some() {
        changed.wish.sees.clone_from(&patch.sees);
    }
    if let Some(size) = patch.batch_size {
        changed.batch_size = batch_size(size)?;
    }
    if let Some(disabled) = patch.disabled {
        if changed.disabled && !disabled {
            changed.health.disabled_reason = None;
            changed.health.failing_since = None;
        }
        changed.disabled = disabled;
    }
    changed.audit.touch(by, now);
    Ok(changed)
}

/// Refuses one more webhook than a tenant may have.
///
/// # Errors
/// [`Error::QuotaExceeded`].
pub const fn check_count(count: u64) -> Result<()> {
    if count < WEBHOOKS_MAX {
        return Ok(());
    }
    Err(Error::QuotaExceeded { what: "webhooks per tenant", limit: WEBHOOKS_MAX })
}

/// The base64 of a secret, `whsec_…`.
///
/// # Errors
/// [`Error::Invalid`].
pub fn check_secret(secret: &str) -> Result<&str> {
    secret
        .strip_prefix(SECRET_PREFIX)
        .ok_or_else(|| Error::invalid("secret", "does not begin with whsec_"))
}

/// The secret whose bytes have this base64 form; `length` is how many they are.
///
/// # Errors
/// [`Error::Invalid`] if they are too few or too many.
pub fn secret_of(base64: &str, length: usize) -> Result<String> {
    if !SECRET_BYTES.contains(&length) {
        return Err(Error::invalid("secret", "has to have 24 to 64 bytes"));
    }
    Ok(format!("{SECRET_PREFIX}{base64}"))
}

/// Checks length and scheme; the rest is for whoever reads URLs.
fn url(given: &str) -> Result<String> {
    let url = text::required("url", given, URL_MAX)?;
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::invalid("url", "begins with neither https:// nor http://"));
    }
    Ok(url)
}

fn check_target(controller_id: Option<&str>) -> Result<()> {
    match controller_id {
        Some(id) if id.chars().count() > CONTROLLER_ID_MAX => {
            Err(Error::invalid("target", "names no target"))
        }
        Some(_) | None => Ok(()),
    }
}

fn batch_size(given: i32) -> Result<i32> {
    match given {
        0 => Ok(BATCH.0),
        size if (1..=BATCH.1).contains(&size) => Ok(size),
        _ => Err(Error::invalid("batch_size", format!("is not 1 to {}", BATCH.1))),
    }
}
