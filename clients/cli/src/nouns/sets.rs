//! Distribution sets, their types and tags.

use super::CREATED;
use super::software::{MODULE, MODULE_TYPE};
use super::targets::{METADATA, TAG_COLUMNS, TARGET_TYPE, lasts};
use crate::table::{Answer, Form, Id, Kind, Noun, Verb, first, many, option, repeated, required};
use crate::view::{Cell, Column, at, flags};
use serde_json::Value;

pub(crate) const SET: Kind = Kind {
    message: "DistributionSet",
    word: "set",
    collection: "distributionSets",
    id: Id::Number,
    list: "ListDistributionSets",
    natural: &["displayName", "version"],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("TYPE", Cell::Text("typeKey")),
        Column("NAME", Cell::Text("displayName")),
        Column("VERSION", Cell::Text("version")),
        Column("MODULES", Cell::With(modules)),
        Column("STATE", Cell::With(state)),
        CREATED,
    ],
};

fn modules(item: &Value) -> String {
    let text = |item: &Value, key| at(item, key).as_str().unwrap_or_default().to_owned();
    let word = |item: &Value| format!("{} {}", text(item, "displayName"), text(item, "version"));
    let modules = at(item, "softwareModules").as_array().map(Vec::as_slice).unwrap_or_default();
    modules.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn state(item: &Value) -> String {
    let words = [
        ("deleted", "deleted"),
        ("!valid", "invalid"),
        ("!complete", "incomplete"),
        ("locked", "locked"),
    ];
    flags(item, &words)
}

pub(crate) const SET_TYPE: Kind = Kind {
    message: "DistributionSetType",
    word: "set type",
    collection: "distributionSetTypes",
    id: Id::Number,
    list: "ListDistributionSetTypes",
    natural: &["key"],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("KEY", Cell::Text("key")),
        Column("NAME", Cell::Text("displayName")),
        Column("MUST HAVE", Cell::With(|item| lasts(at(item, "mandatoryModuleTypes")))),
        Column("MAY HAVE", Cell::With(|item| lasts(at(item, "optionalModuleTypes")))),
        Column("STATE", Cell::With(|item| flags(item, &[("deleted", "deleted")]))),
        CREATED,
    ],
};

pub(crate) const SET_TAG: Kind = Kind {
    message: "DistributionSetTag",
    word: "set tag",
    collection: "distributionSetTags",
    id: Id::Number,
    list: "ListDistributionSetTags",
    natural: &["displayName"],
    columns: TAG_COLUMNS,
};

pub(super) const SETS: Noun = Noun {
    name: "sets",
    about: "What is installed together",
    verbs: &[
        Verb::new(
            "list",
            "Lists sets",
            "ListDistributionSets",
            &[option("tag", "distribution_set_tag", Form::Ref(&SET_TAG), "Only those with it")],
        )
        .answers(Answer::List(SET.columns)),
        Verb::new(
            "show",
            "Shows one set",
            "GetDistributionSet",
            &[first("set", "name", Form::Ref(&SET), "The set")],
        ),
        Verb::new(
            "create",
            "Makes a set",
            "CreateDistributionSet",
            &[
                first("name", "distribution_set.display_name", Form::Text, "What it is called"),
                first("version", "distribution_set.version", Form::Text, "Which version of it"),
                repeated(
                    "module",
                    "distribution_set.software_modules",
                    Form::Holder(&MODULE),
                    "A module of it",
                ),
                option(
                    "type",
                    "distribution_set.type_key",
                    Form::Text,
                    "The key of its type; the tenant's default without one",
                ),
                option("description", "distribution_set.description", Form::Text, "Free text"),
                option(
                    "required-migration-step",
                    "distribution_set.required_migration_step",
                    Form::Flag,
                    "Devices have to pass through it: newer assignments do not cancel it",
                ),
            ],
        ),
        Verb::new(
            "update",
            "Changes a set",
            "UpdateDistributionSet",
            &[
                first("set", "distribution_set.name", Form::Ref(&SET), "The set"),
                option("name", "distribution_set.display_name", Form::Text, "What it is called"),
                option("version", "distribution_set.version", Form::Text, "Which version of it"),
                option("description", "distribution_set.description", Form::Text, "Free text"),
                option(
                    "required-migration-step",
                    "distribution_set.required_migration_step",
                    Form::Bool,
                    "Whether devices have to pass through it",
                ),
            ],
        ),
        Verb::new(
            "modules",
            "Adds and removes modules of a set",
            "ChangeDistributionSetModules",
            &[
                first("set", "name", Form::Ref(&SET), "The set"),
                repeated("add", "add_modules", Form::Ref(&MODULE), "A module to add"),
                repeated("remove", "remove_modules", Form::Ref(&MODULE), "A module to remove"),
            ],
        ),
        Verb::new(
            "lock",
            "Locks a set: its modules can no longer change",
            "UpdateDistributionSet",
            &[first("set", "distribution_set.name", Form::Ref(&SET), "The set")],
        )
        .with(&[("distribution_set.locked", "true"), ("update_mask", "locked")]),
        Verb::new(
            "unlock",
            "Unlocks a set",
            "UpdateDistributionSet",
            &[first("set", "distribution_set.name", Form::Ref(&SET), "The set")],
        )
        .with(&[("distribution_set.locked", "false"), ("update_mask", "locked")]),
        Verb::new(
            "invalidate",
            "Has a set never be assigned again",
            "InvalidateDistributionSet",
            &[
                first("set", "name", Form::Ref(&SET), "The set"),
                required("cancel", "cancelation_mode", Form::Word, "What becomes of its actions"),
            ],
        ),
        Verb::new(
            "statistics",
            "Counts the actions, rollouts and filters of a set",
            "GetDistributionSetStatistics",
            &[first("set", "name", Form::Ref(&SET), "The set")],
        ),
        Verb::new(
            "delete",
            "Deletes sets",
            "DeleteDistributionSet",
            &[many("set", "name", Form::Ref(&SET), "The sets")],
        )
        .answers(Answer::Done("deleted")),
        Verb::new(
            "metadata",
            "Shows its metadata",
            "ListDistributionSetMetadata",
            &[first("set", "parent", Form::Ref(&SET), "The set")],
        )
        .answers(Answer::All(METADATA)),
        Verb::new(
            "set-metadata",
            "Sets entries of its metadata, new or not",
            "UpdateDistributionSetMetadata",
            &[
                first("set", "parent", Form::Ref(&SET), "The set"),
                many("entry", "metadata", Form::Pair, "What to set"),
            ],
        ),
        Verb::new(
            "delete-metadata",
            "Removes entries of its metadata",
            "DeleteDistributionSetMetadata",
            &[
                first("set", "parent", Form::Ref(&SET), "The set"),
                many("key", "key", Form::Text, "Which entries"),
            ],
        )
        .answers(Answer::Done("deleted")),
    ],
};

pub(super) const SET_TYPES: Noun = Noun {
    name: "set-types",
    about: "Kinds of distribution set, and which modules they have",
    verbs: &[
        Verb::new(
            "list",
            "Lists set types",
            "ListDistributionSetTypes",
            &[option("target-type", "target_type", Form::Ref(&TARGET_TYPE), "Only what it takes")],
        )
        .answers(Answer::List(SET_TYPE.columns)),
        Verb::new(
            "show",
            "Shows one set type",
            "GetDistributionSetType",
            &[first("type", "name", Form::Ref(&SET_TYPE), "The type")],
        ),
        Verb::new(
            "create",
            "Makes a set type",
            "CreateDistributionSetType",
            &[
                first("key", "distribution_set_type.key", Form::Text, "Its key, unique"),
                first("name", "distribution_set_type.display_name", Form::Text, "Its name, unique"),
                repeated(
                    "mandatory",
                    "distribution_set_type.mandatory_module_types",
                    Form::Ref(&MODULE_TYPE),
                    "A type of modules that a set must have",
                ),
                repeated(
                    "optional",
                    "distribution_set_type.optional_module_types",
                    Form::Ref(&MODULE_TYPE),
                    "A type of modules that a set may have",
                ),
                option("description", "distribution_set_type.description", Form::Text, "Free text"),
                option("colour", "distribution_set_type.colour", Form::Text, "Its colour"),
            ],
        ),
        Verb::new(
            "update",
            "Changes a set type",
            "UpdateDistributionSetType",
            &[
                first("type", "distribution_set_type.name", Form::Ref(&SET_TYPE), "The type"),
                option("description", "distribution_set_type.description", Form::Text, "Free text"),
                option("colour", "distribution_set_type.colour", Form::Text, "Its colour"),
            ],
        ),
        Verb::new(
            "module-types",
            "Adds and removes types of modules, while no set has the type",
            "ChangeDistributionSetTypeModuleTypes",
            &[
                first("type", "name", Form::Ref(&SET_TYPE), "The type"),
                repeated("mandatory", "add_mandatory", Form::Ref(&MODULE_TYPE), "A set must have"),
                repeated("optional", "add_optional", Form::Ref(&MODULE_TYPE), "A set may have"),
                repeated("remove", "remove", Form::Ref(&MODULE_TYPE), "A set may not have"),
            ],
        ),
        Verb::new(
            "delete",
            "Deletes set types",
            "DeleteDistributionSetType",
            &[many("type", "name", Form::Ref(&SET_TYPE), "The types")],
        )
        .answers(Answer::Done("deleted")),
    ],
};

pub(super) const SET_TAGS: Noun = Noun {
    name: "set-tags",
    about: "Tags of distribution sets",
    verbs: &[
        Verb::new("list", "Lists set tags", "ListDistributionSetTags", &[])
            .answers(Answer::List(SET_TAG.columns)),
        Verb::new(
            "show",
            "Shows one set tag",
            "GetDistributionSetTag",
            &[first("tag", "name", Form::Ref(&SET_TAG), "The tag")],
        ),
        Verb::new(
            "create",
            "Makes a set tag",
            "CreateDistributionSetTag",
            &[
                first("name", "distribution_set_tag.display_name", Form::Text, "Its name"),
                option("description", "distribution_set_tag.description", Form::Text, "Free text"),
                option("colour", "distribution_set_tag.colour", Form::Text, "Its colour"),
            ],
        ),
        Verb::new(
            "update",
            "Changes a set tag",
            "UpdateDistributionSetTag",
            &[
                first("tag", "distribution_set_tag.name", Form::Ref(&SET_TAG), "The tag"),
                option("name", "distribution_set_tag.display_name", Form::Text, "Its name"),
                option("description", "distribution_set_tag.description", Form::Text, "Free text"),
                option("colour", "distribution_set_tag.colour", Form::Text, "Its colour"),
            ],
        ),
        Verb::new(
            "assign",
            "Puts a tag on sets",
            "AssignDistributionSetTag",
            &[
                first("tag", "name", Form::Ref(&SET_TAG), "The tag"),
                many("set", "assign_sets", Form::Ref(&SET), "The sets"),
            ],
        )
        .answers(Answer::Done("tagged")),
        Verb::new(
            "unassign",
            "Takes a tag off sets",
            "AssignDistributionSetTag",
            &[
                first("tag", "name", Form::Ref(&SET_TAG), "The tag"),
                many("set", "unassign_sets", Form::Ref(&SET), "The sets"),
            ],
        )
        .answers(Answer::Done("untagged")),
        Verb::new(
            "delete",
            "Deletes set tags",
            "DeleteDistributionSetTag",
            &[many("tag", "name", Form::Ref(&SET_TAG), "The tags")],
        )
        .answers(Answer::Done("deleted")),
    ],
};
