//! Targets, their types and tags, and filters of them.

use super::CREATED;
use super::sets::{SET, SET_TYPE};
use crate::table::{
    Answer, Arg, Form, Id, Kind, Noun, Verb, first, many, option, repeated, required,
};
use crate::view::{Cell, Column, at, last, moment, plain};
use serde_json::Value;

pub(crate) const TARGET: Kind = Kind {
    message: "Target",
    word: "target",
    collection: "targets",
    id: Id::Text,
    list: "ListTargets",
    natural: &["controllerId"],
    columns: &[
        Column("CONTROLLER ID", Cell::Text("controllerId")),
        Column("NAME", Cell::Text("displayName")),
        Column("STATUS", Cell::Word("updateStatus", "UPDATE_STATUS_")),
        Column("ASSIGNED", Cell::Last("assignedSet")),
        Column("INSTALLED", Cell::Last("installedSet")),
        Column("LAST POLL", Cell::With(last_poll)),
    ],
};

fn last_poll(item: &Value) -> String {
    let overdue = at(item, "pollStatus.overdue").as_bool().unwrap_or_default();
    let time = moment(at(item, "pollStatus.lastPollTime"));
    if overdue { format!("{time} (overdue)") } else { time }
}

pub(crate) const TARGET_TYPE: Kind = Kind {
    message: "TargetType",
    word: "target type",
    collection: "targetTypes",
    id: Id::Number,
    list: "ListTargetTypes",
    natural: &["key"],
    columns: &[
        Column("ID", Cell::Last("name")),
        Column("KEY", Cell::Text("key")),
        Column("NAME", Cell::Text("displayName")),
        Column("SET TYPES", Cell::With(|item| lasts(at(item, "distributionSetTypes")))),
        CREATED,
    ],
};

/// The last parts of names, with commas.
pub(super) fn lasts(names: &Value) -> String {
    let names = names.as_array().map(Vec::as_slice).unwrap_or_default();
    names.iter().map(last).collect::<Vec<_>>().join(", ")
}

pub(crate) const TARGET_TAG: Kind = Kind {
    message: "TargetTag",
    word: "target tag",
    collection: "targetTags",
    id: Id::Number,
    list: "ListTargetTags",
    natural: &["displayName"],
    columns: TAG_COLUMNS,
};

pub(super) const TAG_COLUMNS: &[Column] = &[
    Column("ID", Cell::Last("name")),
    Column("NAME", Cell::Text("displayName")),
    Column("COLOUR", Cell::Text("colour")),
    Column("DESCRIPTION", Cell::Text("description")),
    CREATED,
];

pub(crate) const FILTER: Kind = Kind {
    message: "TargetFilter",
    word: "filter",
    collection: "targetFilters",
    id: Id::Number,
    list: "ListTargetFilters",
    natural: &["displayName"],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("NAME", Cell::Text("displayName")),
        Column("FILTER", Cell::Text("filter")),
        Column("ASSIGNS", Cell::With(assigns)),
        CREATED,
    ],
};

fn assigns(item: &Value) -> String {
    let auto = at(item, "autoAssignment");
    let text = |key| at(auto, key).as_str().unwrap_or_default().to_owned();
    if auto.is_null() {
        return String::new();
    }
    format!("{} {}", text("setDisplayName"), text("setVersion"))
}

/// How metadata looks.
pub(super) const METADATA: &[Column] =
    &[Column("KEY", Cell::Text("key")), Column("VALUE", Cell::Text("value"))];

const NAME: Arg = first("target", "name", Form::Ref(&TARGET), "The target, by controller id");
const PARENT: Arg = first("target", "parent", Form::Ref(&TARGET), "The target, by controller id");

/// What an operator may say of a target.
macro_rules! fields {
    ($($before:expr,)* ; $($after:expr,)*) => {
        &[
            $($before,)*
            option("name", "target.display_name", Form::Text, "What people call it"),
            option("description", "target.description", Form::Text, "Free text"),
            option("address", "target.address", Form::Text, "Where it is reached: a URI"),
            option(
                "security-token",
                "target.security_token",
                Form::Text,
                "The device's secret; one is made up without it",
            ),
            option("group", "target.group", Form::Text, "The group it stands in"),
            option("type", "target.target_type", Form::Ref(&TARGET_TYPE), "Its type"),
            $($after,)*
        ]
    };
}

pub(super) const TARGETS: Noun = Noun {
    name: "targets",
    about: "The devices that are kept up to date",
    verbs: &[
        Verb::new("list", "Lists targets", "ListTargets", LIST)
            .answers(Answer::List(TARGET.columns)),
        Verb::new("show", "Shows one target", "GetTarget", &[NAME]),
        Verb::new(
            "create",
            "Makes a target",
            "CreateTarget",
            fields!(first(
                "target",
                "target.controller_id",
                Form::Text,
                "Its controller id: 1 to 256 characters without blanks",
            ), ; ),
        ),
        Verb::new(
            "update",
            "Changes a target",
            "UpdateTarget",
            fields!(first(
                "target",
                "target.name",
                Form::Ref(&TARGET),
                "The target, by controller id",
            ), ; option(
                "request-attributes",
                "target.attributes_requested",
                Form::Flag,
                "Asks the device for its attributes again",
            ),),
        ),
        Verb::new(
            "delete",
            "Deletes targets with their actions and history",
            "DeleteTarget",
            &[many("target", "name", Form::Ref(&TARGET), "The targets, by controller id")],
        )
        .answers(Answer::Done("deleted")),
        Verb::new(
            "attributes",
            "Shows what the device said of itself",
            "GetTargetAttributes",
            &[NAME],
        )
        .answers(Answer::Part("attributes")),
        Verb::new("metadata", "Shows its metadata", "ListTargetMetadata", &[PARENT])
            .answers(Answer::All(METADATA)),
        Verb::new(
            "show-metadata",
            "Shows one entry of its metadata",
            "GetTargetMetadata",
            &[PARENT, first("key", "key", Form::Text, "Which entry")],
        ),
        Verb::new(
            "add-metadata",
            "Adds entries to its metadata; refused if a key is taken",
            "CreateTargetMetadata",
            &[PARENT, many("entry", "metadata", Form::Pair, "What to add")],
        ),
        Verb::new(
            "set-metadata",
            "Sets entries of its metadata, new or not",
            "UpdateTargetMetadata",
            &[PARENT, many("entry", "metadata", Form::Pair, "What to set")],
        ),
        Verb::new(
            "delete-metadata",
            "Removes entries of its metadata",
            "DeleteTargetMetadata",
            &[PARENT, many("key", "key", Form::Text, "Which entries")],
        )
        .answers(Answer::Done("deleted")),
        Verb::new("groups", "Lists the groups that targets stand in", "ListTargetGroups", &[])
            .answers(Answer::All(&[Column("GROUP", Cell::With(plain))])),
        Verb::new(
            "group",
            "Puts targets into a group; out of all with an empty name",
            "AssignTargetGroup",
            &[
                first("group", "group", Form::Text, "The group's name"),
                repeated("target", "controller_ids", Form::Text, "A target, by controller id"),
                option("filter", "filter", Form::Text, "All that match it (AIP-160)"),
            ],
        ),
        Verb::new(
            "auto-confirmation",
            "Shows whether a standing consent is given",
            "GetTargetAutoConfirmation",
            &[NAME],
        ),
        Verb::new(
            "auto-confirm",
            "Gives a standing consent to its updates",
            "ActivateTargetAutoConfirmation",
            &[
                NAME,
                option("initiator", "initiator", Form::Text, "Who asked for it"),
                option("remark", "remark", Form::Text, "Why"),
            ],
        ),
        Verb::new(
            "stop-auto-confirm",
            "Takes a standing consent back",
            "DeactivateTargetAutoConfirmation",
            &[NAME],
        ),
    ],
};

const LIST: &[Arg] = &[
    option("assigned", "assigned_set", Form::Ref(&SET), "Only those to which it is assigned"),
    option("installed", "installed_set", Form::Ref(&SET), "Only those that have it"),
    option("tag", "target_tag", Form::Ref(&TARGET_TAG), "Only those with this tag"),
    option("group", "group", Form::Text, "Only those of this group"),
    option("subgroups", "include_subgroups", Form::Flag, "Those of groups below it, too"),
];

pub(super) const TARGET_TYPES: Noun = Noun {
    name: "target-types",
    about: "Kinds of target, and which sets they take",
    verbs: &[
        Verb::new("list", "Lists target types", "ListTargetTypes", &[])
            .answers(Answer::List(TARGET_TYPE.columns)),
        Verb::new(
            "show",
            "Shows one target type",
            "GetTargetType",
            &[first("type", "name", Form::Ref(&TARGET_TYPE), "The type")],
        ),
        Verb::new(
            "create",
            "Makes a target type",
            "CreateTargetType",
            &[
                first("key", "target_type.key", Form::Text, "Its key, unique"),
                option("name", "target_type.display_name", Form::Text, "What people call it"),
                option("description", "target_type.description", Form::Text, "Free text"),
                option("colour", "target_type.colour", Form::Text, "Its colour, e.g. #00ff00"),
                repeated(
                    "set-type",
                    "target_type.distribution_set_types",
                    Form::Ref(&SET_TYPE),
                    "A type of sets that its targets take",
                ),
            ],
        ),
        Verb::new(
            "update",
            "Changes a target type",
            "UpdateTargetType",
            &[
                first("type", "target_type.name", Form::Ref(&TARGET_TYPE), "The type"),
                option("name", "target_type.display_name", Form::Text, "What people call it"),
                option("description", "target_type.description", Form::Text, "Free text"),
                option("colour", "target_type.colour", Form::Text, "Its colour"),
                repeated(
                    "set-type",
                    "target_type.distribution_set_types",
                    Form::Ref(&SET_TYPE),
                    "A type of sets that its targets take, instead of those before",
                ),
            ],
        ),
        Verb::new(
            "set-types",
            "Adds and removes types of sets that its targets take",
            "ChangeTargetTypeSetTypes",
            &[
                first("type", "name", Form::Ref(&TARGET_TYPE), "The type"),
                repeated("add", "add_set_types", Form::Ref(&SET_TYPE), "A type to add"),
                repeated("remove", "remove_set_types", Form::Ref(&SET_TYPE), "A type to remove"),
            ],
        ),
        Verb::new(
            "delete",
            "Deletes target types",
            "DeleteTargetType",
            &[many("type", "name", Form::Ref(&TARGET_TYPE), "The types")],
        )
        .answers(Answer::Done("deleted")),
    ],
};

pub(super) const TARGET_TAGS: Noun = Noun {
    name: "target-tags",
    about: "Tags of targets",
    verbs: &[
        Verb::new(
            "list",
            "Lists target tags",
            "ListTargetTags",
            &[option("target", "target", Form::Ref(&TARGET), "Only those of this target")],
        )
        .answers(Answer::List(TARGET_TAG.columns)),
        Verb::new(
            "show",
            "Shows one target tag",
            "GetTargetTag",
            &[first("tag", "name", Form::Ref(&TARGET_TAG), "The tag")],
        ),
        Verb::new(
            "create",
            "Makes a target tag",
            "CreateTargetTag",
            &[
                first("name", "target_tag.display_name", Form::Text, "What it is called"),
                option("description", "target_tag.description", Form::Text, "Free text"),
                option("colour", "target_tag.colour", Form::Text, "Its colour, e.g. #00ff00"),
            ],
        ),
        Verb::new(
            "update",
            "Changes a target tag",
            "UpdateTargetTag",
            &[
                first("tag", "target_tag.name", Form::Ref(&TARGET_TAG), "The tag"),
                option("name", "target_tag.display_name", Form::Text, "What it is called"),
                option("description", "target_tag.description", Form::Text, "Free text"),
                option("colour", "target_tag.colour", Form::Text, "Its colour"),
            ],
        ),
        Verb::new(
            "assign",
            "Puts a tag on targets",
            "AssignTargetTag",
            &[
                first("tag", "name", Form::Ref(&TARGET_TAG), "The tag"),
                many("target", "assign_controller_ids", Form::Text, "By controller id"),
                option("skip-unknown", "skip_unknown", Form::Flag, "Passes over unknown targets"),
            ],
        ),
        Verb::new(
            "unassign",
            "Takes a tag off targets",
            "AssignTargetTag",
            &[
                first("tag", "name", Form::Ref(&TARGET_TAG), "The tag"),
                many("target", "unassign_controller_ids", Form::Text, "By controller id"),
                option("skip-unknown", "skip_unknown", Form::Flag, "Passes over unknown targets"),
            ],
        ),
        Verb::new(
            "delete",
            "Deletes target tags",
            "DeleteTargetTag",
            &[many("tag", "name", Form::Ref(&TARGET_TAG), "The tags")],
        )
        .answers(Answer::Done("deleted")),
    ],
};

pub(super) const FILTERS: Noun = Noun {
    name: "filters",
    about: "Stored filters of targets, and what they assign by themselves",
    verbs: &[
        Verb::new(
            "list",
            "Lists filters",
            "ListTargetFilters",
            &[option("set", "distribution_set", Form::Ref(&SET), "Only those that assign it")],
        )
        .answers(Answer::List(FILTER.columns)),
        Verb::new(
            "show",
            "Shows one filter",
            "GetTargetFilter",
            &[first("filter", "name", Form::Ref(&FILTER), "The filter")],
        ),
        Verb::new(
            "create",
            "Makes a filter",
            "CreateTargetFilter",
            &[
                first("name", "target_filter.display_name", Form::Text, "What it is called"),
                first("expression", "target_filter.filter", Form::Text, "Which targets (AIP-160)"),
            ],
        ),
        Verb::new(
            "update",
            "Changes a filter",
            "UpdateTargetFilter",
            &[
                first("filter", "target_filter.name", Form::Ref(&FILTER), "The filter"),
                option("name", "target_filter.display_name", Form::Text, "What it is called"),
                option("expression", "target_filter.filter", Form::Text, "Which targets (AIP-160)"),
            ],
        ),
        Verb::new(
            "auto-assign",
            "Has it assign a set to all targets that match, now and later",
            "UpdateTargetFilter",
            AUTO,
        ),
        Verb::new(
            "stop-auto-assign",
            "Has it assign nothing any more",
            "UpdateTargetFilter",
            &[first("filter", "target_filter.name", Form::Ref(&FILTER), "The filter")],
        )
        .with(&[("update_mask", "autoAssignment")]),
        Verb::new(
            "delete",
            "Deletes filters",
            "DeleteTargetFilter",
            &[many("filter", "name", Form::Ref(&FILTER), "The filters")],
        )
        .answers(Answer::Done("deleted")),
    ],
};

const AUTO: &[Arg] = &[
    first("filter", "target_filter.name", Form::Ref(&FILTER), "The filter"),
    required(
        "set",
        "target_filter.auto_assignment.distribution_set",
        Form::Ref(&SET),
        "What it assigns",
    ),
    option("type", "target_filter.auto_assignment.type", Form::Word, "How urgent it is"),
    option(
        "weight",
        "target_filter.auto_assignment.weight",
        Form::Int,
        "0 to 1000; the heaviest is offered first",
    ),
    option(
        "confirmation",
        "target_filter.auto_assignment.confirmation_required",
        Form::Bool,
        "Whether devices' users are asked first",
    ),
];
