//! What the documentation tells of this interface as a whole. Each operation is told beside its
//! handler, in a function `docs` of the same file.

use crate::handle::{
    artifact, attributes, cancellation, confirmation, deployment, installed, poll,
};
use otahub_rest::docs::{Chapter, Interface, ObjectBuilder, ParameterBuilder, PartialSchema, Type};
use otahub_rest::{Exception, Format};
use serde_json::{Value, json};

/// DDI with all of its operations, for [`otahub_rest::docs::document`].
#[must_use]
pub fn docs() -> (Interface, Vec<Chapter>) {
    let interface = Interface {
        prefix: "/{tenant}/controller/v1/{controllerId}",
        documents: &[Format::HalJson, Format::Json, Format::Cbor],
        bodies: &[Format::Json, Format::Cbor],
        credentials: &["deviceToken"],
        errors: &[
            Exception::NOT_READABLE,
            Exception::CONSTRAINT_VIOLATION,
            Exception::INSUFFICIENT_PERMISSION,
            Exception::ENTITY_NOT_FOUND,
            Exception::GENERIC,
        ],
        challenges: false,
        own_refusal: None,
        parameter,
    };
    let operations = [
        poll::docs(),
        attributes::docs(),
        deployment::docs(),
        cancellation::docs(),
        installed::docs(),
        confirmation::docs(),
        artifact::docs(),
    ];
    let chapter = Chapter {
        tag: "DDI Root Controller",
        description: "What devices ask for and tell: each for itself, with its own credential",
        operations: operations.concat(),
    };
    (interface, vec![chapter])
}

/// What is refused when something is looked for.
pub(crate) const FINDING: &[Exception] = &[Exception::ENTITY_NOT_FOUND];

/// What is refused when a device tells something.
pub(crate) const REPORT: &[Exception] =
    &[Exception::ENTITY_NOT_FOUND, Exception::QUOTA_EXCEEDED, Exception::CONCURRENT_MODIFICATION];

/// A parameter of a path, by its name.
fn parameter(name: &str) -> ParameterBuilder {
    let (says, example) = match name {
        "tenant" => ("The tenant of the device", json!("DEFAULT")),
        "controllerId" => ("The controller id of the device", json!("pump-7")),
        "fileName" => ("The name of a file", json!("firmware.bin")),
        "softwareModuleId" => ("The number of a software module", json!(1)),
        "actionId" => ("The number of an action", json!(1)),
        _ => ("", json!("")),
    };
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let schema = match &example {
        Value::String(_) => text.max_length(Some(256)).build().into(),
        _ => i64::schema(),
    };
    ParameterBuilder::new().description(Some(says)).schema(Some(schema)).example(Some(example))
}

/// How much of an action's history a document shows.
pub(crate) fn history() -> ParameterBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).default(Some(json!(0)));
    let says = "How many of the newest messages are shown: 0 for none, below 0 for all";
    let schema = schema.minimum(Some(i32::MIN)).maximum(Some(i32::MAX)).build();
    ParameterBuilder::new().name("actionHistory").description(Some(says)).schema(Some(schema))
}
