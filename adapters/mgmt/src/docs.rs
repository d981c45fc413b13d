//! What the documentation tells of this interface as a whole. Each operation is told beside its
//! route, in a function `docs` of the same file.

use crate::{exception as e, routes, rsql, sort};
use http::StatusCode;
use otahub_rest::docs::{
    Chapter, Interface, ObjectBuilder, Operation, ParameterBuilder, PartialSchema, Type,
};
use otahub_rest::{Exception, Format};
use serde_json::json;

/// The Management API with all of its operations, for [`otahub_rest::docs::document`].
#[must_use]
pub fn docs() -> (Interface, Vec<Chapter>) {
    let interface = Interface {
        prefix: "/rest/v1",
        documents: &[Format::HalJson, Format::Json],
        bodies: &[Format::Json, Format::HalJson],
        credentials: &["basicAuth"],
        errors: &[Exception::NOT_READABLE, e::PERMISSION, e::INTERNAL],
        challenges: true,
        own_refusal: None,
        parameter,
    };
    (interface, routes::docs())
}

/// A parameter of a path, by its name.
fn parameter(name: &str) -> ParameterBuilder {
    let (says, example) = match name {
        "targetId" | "controllerId" => ("The controller id of a target", json!("pump-7")),
        "metadataKey" => ("The key of an entry", json!("site")),
        "configKey" => ("The name of a setting", json!("pollingTime")),
        "group" => ("A group without `/` in it", json!("plant1")),
        "actionId" => ("The number of an action", json!(1)),
        "targetTypeId" => ("The number of a target type", json!(1)),
        "tagId" => ("The number of a tag", json!(1)),
        "distributionSetId" => ("The number of a distribution set", json!(1)),
        "distributionSetTypeId" => ("The number of a type of sets", json!(4)),
        "softwareModuleId" => ("The number of a software module", json!(1)),
        "softwareModuleTypeId" => ("The number of a type of modules", json!(1)),
        "optionalModuleTypeId" => ("The number of a type of modules", json!(2)),
        "filterId" => ("The number of a target filter", json!(1)),
        "rolloutId" => ("The number of a rollout", json!(1)),
        "groupId" => ("The number of a group of the rollout", json!(1)),
        "artifactId" => ("The number of a file", json!(1)),
        other => unknown(other),
    };
    let schema = match &example {
        serde_json::Value::String(_) => {
            let (kind, most) = (Type::String, if name == "metadataKey" { 128 } else { 256 });
            let text = ObjectBuilder::new().schema_type(kind).min_length(Some(1));
            text.max_length(Some(most)).build().into()
        }
        _ => i64::schema(),
    };
    ParameterBuilder::new().description(Some(says)).schema(Some(schema)).example(Some(example))
}

/// A name that the table above lacks; a test sees to it that there is none.
fn unknown(_: &str) -> (&'static str, serde_json::Value) {
    ("", json!(""))
}

/// A query parameter that is a word or a text.
pub(crate) fn text(name: &str, says: impl Into<String>) -> ParameterBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new().name(name).description(Some(says)).schema(Some(schema))
}

/// A switch, off unless it is given.
pub(crate) fn flag(name: &str, says: &str) -> ParameterBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false)));
    ParameterBuilder::new().name(name).description(Some(says)).schema(Some(schema.build()))
}

/// One of some words, the first unless another is given.
pub(crate) fn choice(name: &str, says: &str, words: &[&str]) -> ParameterBuilder {
    let default = words.first().map(|word| json!(word));
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.to_vec()));
    let schema = schema.default(default).build();
    ParameterBuilder::new().name(name).description(Some(says)).schema(Some(schema))
}

/// A whole number.
pub(crate) fn number(name: &str, says: &str, (least, default): (i32, i32)) -> ParameterBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).default(Some(json!(default)));
    let schema = schema.minimum(Some(least)).maximum(Some(i32::MAX)).build();
    ParameterBuilder::new().name(name).description(Some(says)).schema(Some(schema))
}

/// What an assignment may be refused with.
pub(crate) const ASSIGNMENT: &[Exception] =
    &[e::DELETED, e::INCOMPLETE, e::INVALIDATED, e::TYPE_INCOMPATIBLE, e::MULTIPLE, e::SCHEDULE];

/// What several operations have in common.
pub(crate) trait Common: Sized {
    /// Takes `offset`, `limit` and `sort` by these fields.
    fn paged(self, fields: &[sort::Field]) -> Self;
    /// Takes `q` with these fields; `example` is one.
    fn searched(self, fields: &[rsql::Field], example: &str) -> Self;
    /// Takes `soft_deleted_mode`.
    fn shows_deleted(self) -> Self;
    /// Takes `representation`.
    fn represented(self) -> Self;
    /// Creates: may be taken, against a rule, or too many.
    fn creating(self) -> Self;
    /// Changes what may not be there or breaks a rule.
    fn changing(self) -> Self;
    /// Looks for what may not be there.
    fn finding(self) -> Self;
    /// Looks for an action, which may be of another target.
    fn finding_action(self) -> Self;
}

impl Common for Operation {
    fn paged(self, fields: &[sort::Field]) -> Self {
        let fields = names(fields.iter().map(|field| field.0));
        let sort = format!(
            "Fields with their directions, e.g. `createdAt:DESC,id:ASC`; upper and lower case \
             are the same. Fields: {fields}"
        );
        self.asks(number("offset", "How many items are passed over", (0, 0)))
            .asks(number("limit", "The most items of the page; never above 500", (1, 50)))
            .asks(text("sort", sort).example(Some(json!("id:ASC"))))
            .fails(&[e::SORT_SYNTAX, e::SORT_FIELD, e::SORT_DIRECTION])
    }

    fn searched(self, fields: &[rsql::Field], example: &str) -> Self {
        let fields = names(fields.iter().map(|field| field.0));
        let q = format!(
            "A search in RSQL: `;` is and, `,` is or; operators `==` `!=` `=lt=` `=le=` `=gt=` \
             `=ge=` `=in=` `=out=` `=is=` `=not=`; `*` stands for any text. Fields: {fields}"
        );
        self.asks(text("q", q).example(Some(json!(example))))
            .fails(&[e::SEARCH_SYNTAX, e::SEARCH_FIELD])
    }

    fn shows_deleted(self) -> Self {
        let words = ["EXCLUDE_SOFT_DELETED", "INCLUDE_SOFT_DELETED", "ONLY_SOFT_DELETED"];
        self.asks(choice("soft_deleted_mode", "Whether what was deleted is listed", &words))
    }

    fn represented(self) -> Self {
        self.asks(choice("representation", "How much each item tells", &["compact", "full"]))
    }

    fn creating(self) -> Self {
        self.fails(&[e::CONSTRAINT, e::EXISTS, e::CONFLICT, e::QUOTA])
    }

    fn changing(self) -> Self {
        self.fails(&[e::NOT_FOUND, e::CONSTRAINT, e::CONFLICT, e::QUOTA])
    }

    fn finding(self) -> Self {
        self.fails(&[e::NOT_FOUND])
    }

    fn finding_action(self) -> Self {
        self.finding().fails_silently(StatusCode::NOT_FOUND)
    }
}

fn names(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}
