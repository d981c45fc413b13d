//! Software modules, their types and artifacts.

use super::CREATED;
use super::sets::{SET, SET_TYPE};
use super::targets::METADATA;
use crate::table::{Answer, Form, Id, Kind, Noun, Verb, first, many, option, required};
use crate::view::{Cell, Column, at, flags};
use serde_json::Value;

pub(crate) const MODULE: Kind = Kind {
    message: "SoftwareModule",
    word: "module",
    collection: "softwareModules",
    id: Id::Number,
    list: "ListSoftwareModules",
    natural: &["displayName", "version"],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("TYPE", Cell::Text("typeKey")),
        Column("NAME", Cell::Text("displayName")),
        Column("VERSION", Cell::Text("version")),
        Column("VENDOR", Cell::Text("vendor")),
        Column("STATE", Cell::With(state)),
        CREATED,
    ],
};

fn state(item: &Value) -> String {
    flags(item, &[("deleted", "deleted"), ("locked", "locked"), ("!complete", "incomplete")])
}

pub(crate) const MODULE_TYPE: Kind = Kind {
    message: "SoftwareModuleType",
    word: "module type",
    collection: "softwareModuleTypes",
    id: Id::Number,
    list: "ListSoftwareModuleTypes",
    natural: &["key"],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("KEY", Cell::Text("key")),
        Column("NAME", Cell::Text("displayName")),
        Column("IN A SET", Cell::Text("maxAssignments")),
        Column("ARTIFACTS", Cell::Text("minArtifacts")),
        Column("STATE", Cell::With(|item| flags(item, &[("deleted", "deleted")]))),
        CREATED,
    ],
};

const VISIBLE_METADATA: &[Column] =
    &[METADATA[0], METADATA[1], Column("VISIBLE", Cell::Text("targetVisible"))];

/// How artifacts look.
pub(crate) const ARTIFACTS: &[Column] = &[
    Column("ID", Cell::Text("id")),
    Column("FILE", Cell::Text("filename")),
    Column("BYTES", Cell::Text("sizeBytes")),
    Column("SHA256", Cell::With(|item| at(item, "hashes.sha256").as_str().unwrap_or("").into())),
    CREATED,
];

pub(super) const MODULES: Noun = Noun {
    name: "modules",
    about: "Pieces of software in one version",
    verbs: &[
        Verb::new(
            "list",
            "Lists modules",
            "ListSoftwareModules",
            &[option("set", "distribution_set", Form::Ref(&SET), "Only the modules of this set")],
        )
        .answers(Answer::List(MODULE.columns)),
        Verb::new(
            "show",
            "Shows one module",
            "GetSoftwareModule",
            &[first("module", "name", Form::Ref(&MODULE), "The module")],
        ),
        Verb::new(
            "create",
            "Makes a module",
            "CreateSoftwareModule",
            &[
                first("name", "software_module.display_name", Form::Text, "What it is called"),
                first("version", "software_module.version", Form::Text, "Which version of it"),
                required(
                    "type",
                    "software_module.type_key",
                    Form::Text,
                    "The key of its type, e.g. os or application",
                ),
                option("vendor", "software_module.vendor", Form::Text, "Who makes it"),
                option("description", "software_module.description", Form::Text, "Free text"),
                option(
                    "encrypted",
                    "software_module.encrypted",
                    Form::Flag,
                    "Has the hub encrypt its artifacts",
                ),
            ],
        ),
        Verb::new(
            "update",
            "Changes a module",
            "UpdateSoftwareModule",
            &[
                first("module", "software_module.name", Form::Ref(&MODULE), "The module"),
                option("vendor", "software_module.vendor", Form::Text, "Who makes it"),
                option("description", "software_module.description", Form::Text, "Free text"),
            ],
        ),
        Verb::new(
            "lock",
            "Locks a module: its artifacts can no longer change",
            "UpdateSoftwareModule",
            &[first("module", "software_module.name", Form::Ref(&MODULE), "The module")],
        )
        .with(&[("software_module.locked", "true"), ("update_mask", "locked")]),
        Verb::new(
            "unlock",
            "Unlocks a module",
            "UpdateSoftwareModule",
            &[first("module", "software_module.name", Form::Ref(&MODULE), "The module")],
        )
        .with(&[("software_module.locked", "false"), ("update_mask", "locked")]),
        Verb::new(
            "delete",
            "Deletes modules",
            "DeleteSoftwareModule",
            &[many("module", "name", Form::Ref(&MODULE), "The modules")],
        )
        .answers(Answer::Done("deleted")),
        Verb::new(
            "metadata",
            "Shows its metadata",
            "ListSoftwareModuleMetadata",
            &[first("module", "parent", Form::Ref(&MODULE), "The module")],
        )
        .answers(Answer::All(VISIBLE_METADATA)),
        Verb::new(
            "set-metadata",
            "Sets entries of its metadata, new or not",
            "UpdateSoftwareModuleMetadata",
            &[
                first("module", "parent", Form::Ref(&MODULE), "The module"),
                many("entry", "metadata", Form::VisiblePair, "What to set; devices see KEY+=VALUE"),
            ],
        ),
        Verb::new(
            "delete-metadata",
            "Removes entries of its metadata",
            "DeleteSoftwareModuleMetadata",
            &[
                first("module", "parent", Form::Ref(&MODULE), "The module"),
                many("key", "key", Form::Text, "Which entries"),
            ],
        )
        .answers(Answer::Done("deleted")),
    ],
};

pub(super) const MODULE_TYPES: Noun = Noun {
    name: "module-types",
    about: "Kinds of software module",
    verbs: &[
        Verb::new(
            "list",
            "Lists module types",
            "ListSoftwareModuleTypes",
            &[option(
                "set-type",
                "distribution_set_type",
                Form::Ref(&SET_TYPE),
                "Only those that sets of this type may or must have",
            )],
        )
        .answers(Answer::List(MODULE_TYPE.columns)),
        Verb::new(
            "show",
            "Shows one module type",
            "GetSoftwareModuleType",
            &[first("type", "name", Form::Ref(&MODULE_TYPE), "The type")],
        ),
        Verb::new(
            "create",
            "Makes a module type",
            "CreateSoftwareModuleType",
            &[
                first("key", "software_module_type.key", Form::Text, "Its key, unique"),
                first("name", "software_module_type.display_name", Form::Text, "Its name, unique"),
                required(
                    "max-assignments",
                    "software_module_type.max_assignments",
                    Form::Int,
                    "How many modules of this type a set may have",
                ),
                option(
                    "min-artifacts",
                    "software_module_type.min_artifacts",
                    Form::Int,
                    "How many artifacts make a module of this type complete",
                ),
                option("description", "software_module_type.description", Form::Text, "Free text"),
                option("colour", "software_module_type.colour", Form::Text, "Its colour"),
            ],
        ),
        Verb::new(
            "update",
            "Changes a module type",
            "UpdateSoftwareModuleType",
            &[
                first("type", "software_module_type.name", Form::Ref(&MODULE_TYPE), "The type"),
                option("description", "software_module_type.description", Form::Text, "Free text"),
                option("colour", "software_module_type.colour", Form::Text, "Its colour"),
            ],
        ),
        Verb::new(
            "delete",
            "Deletes module types",
            "DeleteSoftwareModuleType",
            &[many("type", "name", Form::Ref(&MODULE_TYPE), "The types")],
        )
        .answers(Answer::Done("deleted")),
    ],
};

/// The other verbs are in [`crate::verbs::artifacts`].
pub(super) const ARTIFACT: Noun = Noun {
    name: "artifacts",
    about: "The files of a module",
    verbs: &[Verb::new(
        "list",
        "Lists the artifacts of a module",
        "ListArtifacts",
        &[required("module", "parent", Form::Ref(&MODULE), "The module")],
    )
    .answers(Answer::All(ARTIFACTS))],
};
