//! Actions.

use super::CREATED;
use super::targets::TARGET;
use crate::table::{Answer, Arg, Form, Id, Kind, Noun, Verb, first, option, repeated};
use crate::view::{Cell, Column, at, moment};
use serde_json::Value;

pub(crate) const ACTION: Kind = Kind {
    message: "Action",
    word: "action",
    collection: "actions",
    id: Id::Number,
    list: "ListActions",
    natural: &[],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("TARGET", Cell::Last("target")),
        Column("SET", Cell::With(set)),
        Column("TYPE", Cell::Word("type", "ACTION_TYPE_")),
        Column("STATE", Cell::Word("state", "ACTION_STATE_")),
        Column("WEIGHT", Cell::Text("weight")),
        CREATED,
    ],
};

/// The set's name and version.
pub(super) fn set(item: &Value) -> String {
    let text = |key| at(item, key).as_str().unwrap_or_default().to_owned();
    format!("{} {}", text("setDisplayName"), text("setVersion"))
}

/// How the history of an action looks.
pub(crate) const ENTRIES: &[Column] = &[
    Column("TIME", Cell::With(entry_time)),
    Column("STATUS", Cell::Word("status", "ENTRY_STATUS_")),
    Column("CODE", Cell::Text("code")),
    Column("MESSAGES", Cell::With(messages)),
];

fn entry_time(item: &Value) -> String {
    match item.get("reportTime") {
        Some(time) => moment(time),
        None => moment(at(item, "occurTime")),
    }
}

fn messages(item: &Value) -> String {
    let messages = at(item, "messages").as_array().map(Vec::as_slice).unwrap_or_default();
    messages.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
}

const ONE: &[Arg] = &[NAME];
const NAME: Arg = first("action", "name", Form::Ref(&ACTION), "The action");
const ANSWER: &[Arg] = &[
    NAME,
    repeated("message", "messages", Form::Text, "Words for the history; may be repeated"),
    option("code", "code", Form::Int, "A code for the history"),
];

/// The other verbs are in [`crate::verbs::actions`].
pub(super) const ACTIONS: Noun = Noun {
    name: "actions",
    about: "Orders to targets, and what became of them",
    verbs: &[
        Verb::new(
            "list",
            "Lists actions, newest first",
            "ListActions",
            &[option("target", "target", Form::Ref(&TARGET), "Only those of this target")],
        )
        .answers(Answer::List(ACTION.columns)),
        Verb::new("show", "Shows one action", "GetAction", ONE),
        Verb::new(
            "history",
            "Shows what happened to an action, oldest first",
            "ListActionEntries",
            &[first("action", "parent", Form::Ref(&ACTION), "The action")],
        )
        .with(&[("order_by", "id")])
        .answers(Answer::All(ENTRIES)),
        Verb::new("cancel", "Asks the device to stop", "CancelAction", ONE),
        Verb::new(
            "force-quit",
            "Ends an action that is being cancelled without waiting for the device",
            "ForceQuitAction",
            ONE,
        ),
        Verb::new("force", "Makes an action forced", "ForceAction", ONE),
        Verb::new("confirm", "Confirms an action for the device", "ConfirmAction", ANSWER),
        Verb::new(
            "deny",
            "Denies an action for the device; it keeps waiting",
            "DenyAction",
            ANSWER,
        ),
        Verb::new(
            "delete",
            "Deletes actions: by number, by filter, or all but the newest of a target",
            "DeleteActions",
            &[
                repeated("action", "names", Form::Ref(&ACTION), "An action; may be repeated"),
                option("filter", "filter", Form::Text, "Those that match it (AIP-160)"),
                option("target", "target", Form::Ref(&TARGET), "Those of this target"),
                option("keep-last", "keep_last", Form::Int, "How many of the target's stay"),
            ],
        ),
    ],
};
