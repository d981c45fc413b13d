//! Webhooks: events that are sent to others by HTTP. What a webhook is, when a delivery that
//! failed is tried again, and which addresses are nobody's private matter.

mod address;
mod delivery;
mod model;
mod rules;
#[cfg(test)]
mod tests;

pub use address::is_public;
pub use delivery::{Attempts, Outcome, TIMEOUT, Verdict, judge};
pub use model::{Delivery, Health, Webhook, WebhookDraft, WebhookPatch, Wish};
pub use rules::{WEBHOOKS_MAX, check_count, check_secret, new_webhook, secret_of, update_webhook};
