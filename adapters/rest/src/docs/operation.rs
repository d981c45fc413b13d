//! One operation, as it is told to readers.

use crate::{Exception, Format};
use http::StatusCode;
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    AllOfBuilder, ArrayBuilder, KnownFormat, ObjectBuilder, Schema, Type,
};
use utoipa::openapi::{Ref, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// A named schema of the document.
pub(super) type Named = (String, RefOr<Schema>);

/// An operation: what it is for, what it takes, gives and refuses.
#[derive(Clone)]
pub struct Operation {
    pub(super) method: HttpMethod,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: Option<&'static str>,
    pub(super) query: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Success>,
    pub(super) errors: Vec<Exception>,
    pub(super) silent: Vec<StatusCode>,
    pub(super) refused: Vec<StatusCode>,
    pub(super) open: bool,
    pub(super) schemas: Vec<Named>,
}

/// What an operation takes.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) schema: RefOr<Schema>,
    pub(super) media_type: Option<&'static str>,
    pub(super) required: bool,
    pub(super) example: Option<Value>,
}

/// What an operation gives if all is well: a document of the interface's forms, bytes of a media
/// type of their own, or nothing.
#[derive(Clone)]
pub(super) struct Success {
    pub(super) status: StatusCode,
    pub(super) schema: Option<RefOr<Schema>>,
    pub(super) media_type: Option<&'static str>,
}

/// GET of `path`, e.g. `/targets/{targetId}`; `id` is the operation's name in generated clients.
#[must_use]
pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Get, path, id, summary)
}

/// As [`get`], for POST.
#[must_use]
pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Post, path, id, summary)
}

/// As [`get`], for PUT.
#[must_use]
pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Put, path, id, summary)
}

/// As [`get`], for DELETE.
#[must_use]
pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(HttpMethod::Delete, path, id, summary)
}

impl Operation {
    fn new(
        method: HttpMethod,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            description: None,
            query: Vec::new(),
            body: None,
            answers: Vec::new(),
            errors: Vec::new(),
            silent: Vec::new(),
            refused: Vec::new(),
            open: false,
            schemas: Vec::new(),
        }
    }

    /// What the summary leaves open.
    #[must_use]
    pub fn explained(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// A query parameter.
    #[must_use]
    pub fn asks(mut self, parameter: ParameterBuilder) -> Self {
        self.query.push(parameter.parameter_in(ParameterIn::Query).build());
        self
    }

    /// Takes a `T`; of its fields, those in `needed` have to be there.
    #[must_use]
    pub fn takes<T: ToSchema>(mut self, needed: &[&str], example: Value) -> Self {
        let schema = self.one::<T>(needed);
        self.with_body(schema, example)
    }

    /// Takes a list of `T`; of the fields of each, those in `needed` have to be there.
    #[must_use]
    pub fn takes_list<T: ToSchema>(mut self, needed: &[&str], example: Value) -> Self {
        let schema = self.one::<T>(needed);
        let list = ArrayBuilder::new().items(schema).min_items(Some(1)).build();
        self.with_body(list.into(), example)
    }

    /// Takes what `schema` says.
    #[must_use]
    pub fn takes_what(self, schema: impl Into<RefOr<Schema>>, example: Value) -> Self {
        self.with_body(schema.into(), example)
    }

    /// Takes a form with a file in it.
    #[must_use]
    pub fn takes_form(mut self, form: impl Into<RefOr<Schema>>) -> Self {
        let (schema, media_type) = (form.into(), Some("multipart/form-data"));
        self.body = Some(Body { schema, media_type, required: true, example: None });
        self
    }

    fn with_body(mut self, schema: RefOr<Schema>, example: Value) -> Self {
        let example = Some(example);
        self.body = Some(Body { schema, media_type: None, required: true, example });
        self
    }

    /// The body may be left out.
    #[must_use]
    pub fn or_nothing(mut self) -> Self {
        if let Some(body) = &mut self.body {
            body.required = false;
        }
        self
    }

    /// Gives 200 with a `T`.
    #[must_use]
    pub fn gives<T: ToSchema>(mut self) -> Self {
        let schema = self.one::<T>(&[]);
        self.succeeds(StatusCode::OK, Some(schema), None)
    }

    /// Gives 200 with a `T` in plain JSON only.
    #[must_use]
    pub fn gives_json<T: ToSchema>(mut self) -> Self {
        let schema = self.one::<T>(&[]);
        self.succeeds(StatusCode::OK, Some(schema), Some(Format::Json.media_type()))
    }

    /// Gives 200 with a list of `T`.
    #[must_use]
    pub fn gives_list<T: ToSchema>(mut self) -> Self {
        let schema = self.one::<T>(&[]);
        self.succeeds(StatusCode::OK, Some(ArrayBuilder::new().items(schema).build().into()), None)
    }

    /// Gives 200 with a page of `T`: `content`, the `total` of all, and the `size` of this page.
    #[must_use]
    pub fn gives_page<T: ToSchema>(mut self) -> Self {
        let content = ArrayBuilder::new().items(self.one::<T>(&[])).max_items(Some(500)).build();
        let count = || i64::schema();
        let page = ObjectBuilder::new()
            .property("content", content)
            .property("total", count())
            .property("size", count());
        let page =
            ["content", "total", "size"].iter().fold(page, |page, name| page.required(*name));
        let name = format!("PagedList{}", T::name());
        self.schemas.push((name.clone(), page.build().into()));
        self.succeeds(StatusCode::OK, Some(Ref::from_schema_name(name).into()), None)
    }

    /// Gives 201 with a list of `T`.
    #[must_use]
    pub fn creates_list<T: ToSchema>(mut self) -> Self {
        let schema = self.one::<T>(&[]);
        let list = ArrayBuilder::new().items(schema).build();
        self.succeeds(StatusCode::CREATED, Some(list.into()), None)
    }

    /// Gives 201 with a `T`.
    #[must_use]
    pub fn creates<T: ToSchema>(mut self) -> Self {
        let schema = self.one::<T>(&[]);
        self.succeeds(StatusCode::CREATED, Some(schema), None)
    }

    /// Gives 200 with what `schema` says.
    #[must_use]
    pub fn gives_what(self, schema: impl Into<RefOr<Schema>>) -> Self {
        self.succeeds(StatusCode::OK, Some(schema.into()), None)
    }

    /// Gives a file, or the range of it that `Range` asks for.
    #[must_use]
    pub fn gives_file(self, media_type: &'static str) -> Self {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        let bytes = ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build();
        self.succeeds(StatusCode::OK, Some(bytes.into()), Some(media_type))
    }

    /// Gives text of a media type.
    #[must_use]
    pub fn gives_text(self, media_type: &'static str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        self.succeeds(StatusCode::OK, Some(text.into()), Some(media_type))
    }

    /// Gives 201 with what `schema` says.
    #[must_use]
    pub fn creates_what(self, schema: impl Into<RefOr<Schema>>) -> Self {
        self.succeeds(StatusCode::CREATED, Some(schema.into()), None)
    }

    /// Needs no credential.
    #[must_use]
    pub fn for_everybody(mut self) -> Self {
        self.open = true;
        self
    }

    /// Refuses with these statuses and the interface's own body.
    #[must_use]
    pub fn refuses(mut self, statuses: &[StatusCode]) -> Self {
        self.refused.extend_from_slice(statuses);
        self
    }

    /// Answers with a status and nothing else.
    #[must_use]
    pub fn answers(self, status: StatusCode) -> Self {
        self.succeeds(status, None, None)
    }

    /// Answers with 204 and nothing else.
    #[must_use]
    pub fn gives_nothing(self) -> Self {
        self.answers(StatusCode::NO_CONTENT)
    }

    fn succeeds(
        mut self,
        status: StatusCode,
        schema: Option<RefOr<Schema>>,
        media_type: Option<&'static str>,
    ) -> Self {
        self.answers.push(Success { status, schema, media_type });
        self
    }

    /// Refuses in these ways, beside those that all operations have in common.
    #[must_use]
    pub fn fails(mut self, errors: &[Exception]) -> Self {
        self.errors.extend_from_slice(errors);
        self
    }

    /// Refuses with a status and, in some cases, nothing else.
    #[must_use]
    pub fn fails_silently(mut self, status: StatusCode) -> Self {
        self.silent.push(status);
        self
    }

    /// The schema of a `T`, which the document gets to know.
    fn one<T: ToSchema>(&mut self, needed: &[&str]) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        let named = RefOr::Ref(Ref::from_schema_name(T::name()));
        if needed.is_empty() {
            return named;
        }
        let rule = needed.iter().fold(ObjectBuilder::new(), |rule, name| rule.required(*name));
        RefOr::T(Schema::AllOf(AllOfBuilder::new().item(named).item(rule.build()).build()))
    }
}
