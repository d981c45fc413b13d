//! What the operations of an interface have in common.

use super::operation::{Body, Operation, Success};
use crate::{Exception, Format};
use http::StatusCode;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Required, Schema, path};

/// What the operations of an interface have in common.
#[derive(Clone, Copy)]
pub struct Interface {
    /// What the paths of its operations begin with.
    pub prefix: &'static str,
    /// The forms of its documents, the default first.
    pub documents: &'static [Format],
    /// The forms of its bodies.
    pub bodies: &'static [Format],
    /// The names of the credentials that it takes, any one of them.
    pub credentials: &'static [&'static str],
    /// What every operation may refuse with.
    pub errors: &'static [Exception],
    /// Whether 401 has a body.
    pub challenges: bool,
    /// The body of refusals, and its name, if they are not hawkBit's. What is refused with it says
    /// each operation ([`Operation::refuses`]).
    pub own_refusal: Option<fn() -> (&'static str, Schema)>,
    /// Tells a parameter of a path by its name; the name and the place are filled in.
    pub parameter: fn(&str) -> ParameterBuilder,
}

/// Operations that belong together.
#[derive(Clone)]
pub struct Chapter {
    /// What they are about.
    pub tag: &'static str,
    /// What readers should know of it.
    pub description: &'static str,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// A body of `{timestamp, status, error}`.
const ROUTER_ERROR: &str = "RouterError";
/// hawkBit's error body.
const EXCEPTION_INFO: &str = "ExceptionInfo";

impl Interface {
    /// The operation as the document has it.
    pub(super) fn tell(&self, tag: &str, told: &Operation) -> path::Operation {
        let mut operation = OperationBuilder::new()
            .tag(tag)
            .operation_id(Some(told.id))
            .summary(Some(told.summary))
            .description(told.description)
            .securities((!told.open).then(|| {
                let required = |name: &&str| SecurityRequirement::new(*name, [""; 0]);
                self.credentials.iter().map(required)
            }));
        let path = format!("{}{}", self.prefix, told.path);
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            let parameter = (self.parameter)(name).name(name).parameter_in(ParameterIn::Path);
            operation = operation.parameter(parameter.required(Required::True).build());
        }
        for parameter in &told.query {
            operation = operation.parameter(parameter.clone());
        }
        operation = operation.request_body(told.body.as_ref().map(|body| self.body(body)));
        for success in &told.answers {
            let status = success.status.as_str().to_owned();
            operation = operation.response(status, self.success(success));
        }
        let refusals = match self.own_refusal {
            Some(body) => own_refusals(body().0, told),
            None => self.refusals(told),
        };
        for (status, response) in refusals {
            operation = operation.response(status.as_str().to_owned(), response);
        }
        operation.build()
    }

    fn body(&self, body: &Body) -> RequestBody {
        let required = if body.required { Required::True } else { Required::False };
        let content = || {
            ContentBuilder::new()
                .schema(Some(body.schema.clone()))
                .example(body.example.clone())
                .build()
        };
        let start = RequestBodyBuilder::new().required(Some(required));
        let told = match body.media_type {
            Some(media_type) => start.content(media_type, content()),
            None => self
                .bodies
                .iter()
                .fold(start, |told, format| told.content(format.media_type(), content())),
        };
        told.build()
    }

    fn success(&self, success: &Success) -> Response {
        let reason = success.status.canonical_reason().unwrap_or("Success");
        let start = ResponseBuilder::new().description(reason);
        let Some(schema) = &success.schema else {
            return start.build();
        };
        let content = || Content::new(Some(schema.clone()));
        let told = match success.media_type {
            Some(media_type) => start.content(media_type, content()),
            None => self
                .documents
                .iter()
                .fold(start, |told, format| told.content(format.media_type(), content())),
        };
        told.build()
    }

    /// The refusals by status.
    fn refusals(&self, told: &Operation) -> BTreeMap<StatusCode, Response> {
        let mut keyed: BTreeMap<StatusCode, Vec<Exception>> = BTreeMap::new();
        for error in self.errors.iter().chain(&told.errors) {
            let of_status = keyed.entry(error.status).or_default();
            if !of_status.contains(error) {
                of_status.push(*error);
            }
        }
        let mut all: BTreeMap<StatusCode, Response> = BTreeMap::new();
        for status in [StatusCode::NOT_ACCEPTABLE, StatusCode::TOO_MANY_REQUESTS] {
            all.insert(status, bare(status));
        }
        all.insert(StatusCode::SERVICE_UNAVAILABLE, plain(StatusCode::SERVICE_UNAVAILABLE));
        let unauthenticated = StatusCode::UNAUTHORIZED;
        let challenge = if self.challenges { plain } else { bare };
        all.insert(unauthenticated, challenge(unauthenticated));
        if told.body.is_some() {
            for status in [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE] {
                all.insert(status, plain(status));
            }
        }
        for (status, errors) in keyed {
            all.insert(status, refusal(status, &errors, told.silent.contains(&status)));
        }
        for status in &told.silent {
            all.entry(*status).or_insert_with(|| bare(*status));
        }
        all
    }
}

/// The refusals of an interface that has a body of its own for them.
fn own_refusals(body: &'static str, told: &Operation) -> BTreeMap<StatusCode, Response> {
    let response = |status: &StatusCode| {
        let content = Content::new(Some(Ref::from_schema_name(body)));
        let told = ResponseBuilder::new().description(reason(*status));
        (*status, told.content(Format::Json.media_type(), content).build())
    };
    let too_many = StatusCode::TOO_MANY_REQUESTS;
    told.refused.iter().map(response).chain([(too_many, bare(too_many))]).collect()
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Error")
}

/// A status and nothing else.
fn bare(status: StatusCode) -> Response {
    ResponseBuilder::new().description(format!("{}, without a body", reason(status))).build()
}

/// What the router itself says.
fn plain(status: StatusCode) -> Response {
    let content = Content::new(Some(Ref::from_schema_name(ROUTER_ERROR)));
    ResponseBuilder::new().description(reason(status)).content("application/json", content).build()
}

/// hawkBit's error body; where `silent`, it may be missing, so that no body is promised.
fn refusal(status: StatusCode, errors: &[Exception], silent: bool) -> Response {
    let keys: Vec<_> = errors.iter().map(|error| format!("`{}`", error.key)).collect();
    let mut description = format!("{}: {}", reason(status), keys.join(", "));
    if silent {
        description.push_str("; or without a body");
        return ResponseBuilder::new().description(description).build();
    }
    let examples = errors.iter().map(|error| {
        let name = short(error);
        let at = Ref::new(format!("#/components/examples/{name}"));
        (name, RefOr::<Example>::Ref(at))
    });
    let info = RefOr::<Schema>::Ref(Ref::from_schema_name(EXCEPTION_INFO));
    let hal = ContentBuilder::new().schema(Some(info.clone())).examples_from_iter(examples);
    let of_json = if status == StatusCode::BAD_REQUEST {
        let either = utoipa::openapi::schema::AnyOfBuilder::new()
            .item(info)
            .item(Ref::from_schema_name(ROUTER_ERROR));
        RefOr::T(Schema::AnyOf(either.build()))
    } else {
        info
    };
    ResponseBuilder::new()
        .description(description)
        .content(Format::HalJson.media_type(), hal.build())
        .content(Format::Json.media_type(), Content::new(Some(of_json)))
        .build()
}

/// The last words of an error's key, by which examples of it go.
fn short(error: &Exception) -> String {
    error.key.rsplit("server.error.").next().unwrap_or(error.key).to_owned()
}

/// An example of an error body of this kind, and its name.
pub(super) fn sample(error: &Exception) -> (String, Example) {
    let body = json!({
        "errorCode": error.key,
        "exceptionClass": format!("{}.{}", error.package, error.class),
        "message": "why, for people",
    });
    (short(error), ExampleBuilder::new().value(Some(body)).build())
}
