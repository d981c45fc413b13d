//! The documentation that is served with the interfaces: OpenAPI 3.1, told by the code.
//!
//! An adapter tells each [`Operation`] beside its route and hands them over in [`Chapter`]s, with
//! the [`Interface`] that they have in common. [`document`] makes one document of several
//! interfaces, [`pages`] serves it with a page to read and try it.

mod document;
mod interface;
mod operation;
mod page;

pub use document::{Document, document};
pub use interface::{Chapter, Interface};
pub use operation::{Operation, delete, get, post, put};
pub use page::pages;
pub use utoipa::openapi::path::ParameterBuilder;
pub use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type,
};
pub use utoipa::openapi::{Ref, RefOr, Required};
pub use utoipa::{PartialSchema, ToSchema};
