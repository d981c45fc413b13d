//! Webhooks and what could not be delivered.

use crate::table::{Answer, Form, Id, Kind, Noun, Verb, first, many, option, repeated};
use crate::view::{Cell, Column, at, flags, word};
use serde_json::Value;

const WEBHOOK: Kind = Kind {
    message: "Webhook",
    word: "webhook",
    collection: "webhooks",
    id: Id::Number,
    list: "ListWebhooks",
    natural: &["url"],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("URL", Cell::Text("url")),
        Column("KINDS", Cell::With(kinds)),
        Column("STATE", Cell::With(state)),
        Column("DEAD", Cell::Text("state.deadDeliveries")),
        Column("BEHIND SINCE", Cell::Time("state.behindSince")),
    ],
};

fn state(item: &Value) -> String {
    let known = flags(item, &[("disabled", "disabled")]);
    if known.is_empty() && at(item, "state.failingSince").is_string() {
        return "failing".to_owned();
    }
    known
}

fn kinds(item: &Value) -> String {
    match at(item, "kinds").as_array() {
        Some(kinds) if !kinds.is_empty() => {
            kinds.iter().map(|kind| word(kind, "EVENT_KIND_")).collect::<Vec<_>>().join(", ")
        }
        _ => "all".to_owned(),
    }
}

const DELIVERIES: &[Column] = &[
    Column("NAME", Cell::Text("name")),
    Column("STATE", Cell::Word("state", "WEBHOOK_DELIVERY_STATE_")),
    Column("EVENTS", Cell::Text("eventCount")),
    Column("ATTEMPTS", Cell::Text("attempts")),
    Column("NEXT", Cell::Time("nextAttemptTime")),
    Column("STATUS", Cell::Text("lastStatus")),
    Column("ERROR", Cell::Text("lastError")),
];

const URL: &str = "Where events are sent: https://… or http://…";
const ABOUT: &str = "What it is for";
const KIND: &str = "A kind of events, e.g. `target-created`; may be repeated. All without one";
const TARGET: &str = "Only events of this target";
const ROLLOUT: &str = "Only events of this rollout";
const SIZE: &str = "How many events a body has at most";
const SECRET: &str = "Where the secret stands, in the first line; made up without it";
const SHOWN_ONCE: &str = "The secret is not shown again; receivers check signatures with it.";

pub(super) const WEBHOOKS: Noun = Noun {
    name: "webhooks",
    about: "Where events are sent by HTTP",
    verbs: &[
        Verb::new("list", "Lists webhooks", "ListWebhooks", &[])
            .answers(Answer::List(WEBHOOK.columns)),
        Verb::new(
            "show",
            "Shows a webhook and how it does",
            "GetWebhook",
            &[first("webhook", "name", Form::Ref(&WEBHOOK), "The webhook")],
        ),
        Verb::new(
            "create",
            "Makes a webhook and shows its secret, this once",
            "CreateWebhook",
            &[
                first("url", "webhook.url", Form::Text, URL),
                option("description", "webhook.description", Form::Text, ABOUT),
                repeated("kind", "webhook.kinds", Form::Word, KIND),
                option("target", "webhook.target", Form::Ref(&super::TARGET), TARGET),
                option("rollout", "webhook.rollout", Form::Ref(&super::ROLLOUT), ROLLOUT),
                option("batch-size", "webhook.batch_size", Form::Int, SIZE),
                option("secret-file", "secret", Form::Password(None), SECRET),
            ],
        )
        .answers(Answer::Flat("webhook", SHOWN_ONCE)),
        Verb::new(
            "update",
            "Changes a webhook",
            "UpdateWebhook",
            &[
                first("webhook", "webhook.name", Form::Ref(&WEBHOOK), "The webhook"),
                option("url", "webhook.url", Form::Text, URL),
                option("description", "webhook.description", Form::Text, ABOUT),
                repeated("kind", "webhook.kinds", Form::Word, KIND),
                option("target", "webhook.target", Form::Ref(&super::TARGET), TARGET),
                option("rollout", "webhook.rollout", Form::Ref(&super::ROLLOUT), ROLLOUT),
                option("batch-size", "webhook.batch_size", Form::Int, SIZE),
                option("disabled", "webhook.disabled", Form::Bool, "Whether nothing is sent"),
            ],
        ),
        Verb::new(
            "rotate-secret",
            "Gives a webhook another secret and shows it, this once",
            "RotateWebhookSecret",
            &[
                first("webhook", "name", Form::Ref(&WEBHOOK), "The webhook"),
                option("secret-file", "secret", Form::Password(None), SECRET),
            ],
        ),
        Verb::new(
            "delete",
            "Deletes webhooks with what was not delivered",
            "DeleteWebhook",
            &[many("webhook", "name", Form::Ref(&WEBHOOK), "The webhooks")],
        )
        .answers(Answer::Done("deleted")),
        Verb::new(
            "deliveries",
            "Lists what could not be delivered",
            "ListWebhookDeliveries",
            &[first("webhook", "parent", Form::Ref(&WEBHOOK), "The webhook")],
        )
        .answers(Answer::List(DELIVERIES)),
        Verb::new(
            "retry",
            "Sends what could not be delivered again",
            "RetryWebhookDeliveries",
            &[
                first("webhook", "parent", Form::Ref(&WEBHOOK), "The webhook"),
                repeated(
                    "delivery",
                    "names",
                    Form::Text,
                    "Which, by name as `deliveries` shows it; may be repeated. All without one",
                ),
            ],
        ),
        Verb::new(
            "drop",
            "Gives up what could not be delivered",
            "DeleteWebhookDelivery",
            &[many("delivery", "name", Form::Text, "By name, as `deliveries` shows it")],
        )
        .answers(Answer::Done("deleted")),
    ],
};
