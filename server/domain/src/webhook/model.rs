//! What a webhook is.

use crate::{
    Audit, RolloutId, TenantId, Timestamp, WebhookDeliveryId, WebhookId, webhook::Attempts,
};

/// Which events a webhook wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Kinds by the contract's numbers; all that [`Wish::sees`] permits without one.
    pub kinds: Vec<i32>,
    /// The permissions of whoever set it that decide what it is told, by their names.
    pub sees: Vec<String>,
    /// Only this target.
    pub controller_id: Option<String>,
    /// Only this rollout.
    pub rollout: Option<RolloutId>,
}

/// Where events are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Number.
    pub id: WebhookId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Where to.
    pub url: String,
    /// What it is for, at most 512 characters.
    pub description: String,
    /// Which events.
    pub wish: Wish,
    /// The most events of one body.
    pub batch_size: i32,
    /// Whether nothing is sent.
    pub disabled: bool,
    /// How it does.
    pub health: Health,
    /// Who made it and who touched it last.
    pub audit: Audit,
    /// Counts changes by operators, for optimistic locking.
    pub version: i64,
}

/// How a webhook does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The number of the last event that was delivered, passed over, or put aside.
    pub seq: i64,
    /// Since when nothing arrives.
    pub failing_since: Option<Timestamp>,
    /// When something arrived last.
    pub succeeded_at: Option<Timestamp>,
    /// Why the hub disabled it.
    pub disabled_reason: Option<String>,
    /// When it was last found that events may be lost.
    pub lost_at: Option<Timestamp>,
}

/// What an operator says of a new webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookDraft {
    /// Where to.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Which events.
    pub wish: Wish,
    /// The most events of one body; 0 for the usual number.
    pub batch_size: i32,
    /// Whether nothing is sent.
    pub disabled: bool,
}

/// A change to a webhook; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookPatch {
    /// New URL.
    pub url: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New kinds.
    pub kinds: Option<Vec<i32>>,
    /// What whoever changes it may see.
    pub sees: Vec<String>,
    /// Another target, or any.
    pub controller_id: Option<Option<String>>,
    /// Another rollout, or any.
    pub rollout: Option<Option<RolloutId>>,
    /// New size of bodies; 0 for the usual one.
    pub batch_size: Option<i32>,
    /// Whether nothing is sent.
    pub disabled: Option<bool>,
}

/// A body that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Number; 0 until the store gives one.
    pub id: WebhookDeliveryId,
    /// Whose.
    pub webhook: WebhookId,
    /// Whether it was given up.
    pub dead: bool,
    /// The number of its first event.
    pub first_seq: i64,
    /// The number of its last event.
    pub last_seq: i64,
    /// How many events it has.
    pub events: i32,
    /// What is sent, JSON.
    pub body: String,
    /// How often and when it was sent.
    pub attempts: Attempts,
    /// When it is sent next.
    pub due_at: Option<Timestamp>,
    /// The status of the last answer; 0 if there was none.
    pub status: i32,
    /// What was wrong.
    pub error: String,
}
