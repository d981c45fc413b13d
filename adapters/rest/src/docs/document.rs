//! One document of several interfaces.

use super::{Chapter, Interface, interface};
use crate::problem::{ExceptionInfo, Info, RouterError};
use serde::Serialize;
use utoipa::openapi::path::PathsBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem};

/// The whole document. It is written as OpenAPI 3.1 in JSON.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Document(OpenApi);

const DESCRIPTION: &str = "A hub for over-the-air updates that speaks hawkBit's interfaces: the \
    Management API, by which people and scripts drive it, and the Direct Device Integration API, \
    by which devices ask for work and tell how it goes. Times are in milliseconds since 1970. \
    Unknown members of a body are passed over. The examples work on a new hub from the top to \
    the bottom.";

/// The document of these interfaces with their chapters, in this order.
#[must_use]
pub fn document(version: &str, interfaces: &[(Interface, Vec<Chapter>)]) -> Document {
    let mut paths = PathsBuilder::new();
    let mut tags = Vec::new();
    let mut components = ComponentsBuilder::new()
        .schema_from::<ExceptionInfo>()
        .schema_from::<Info>()
        .schema_from::<RouterError>()
        .security_scheme("basicAuth", basic())
        .security_scheme("deviceToken", device_token());
    for (interface, chapters) in interfaces {
        if let Some(body) = interface.own_refusal {
            let (name, schema) = body();
            components = components.schema(name, schema);
        }
        if interface.credentials.contains(&"bearerToken") {
            components = components.security_scheme("bearerToken", bearer());
        }
        for chapter in chapters {
            let tag = TagBuilder::new().name(chapter.tag).description(Some(chapter.description));
            tags.push(tag.build());
            for told in &chapter.operations {
                let path = format!("{}{}", interface.prefix, told.path);
                let operation = interface.tell(chapter.tag, told);
                paths = paths.path(path, PathItem::new(told.method.clone(), operation));
                components = components.schemas_from_iter(told.schemas.clone());
                for error in interface.errors.iter().chain(&told.errors) {
                    let (name, example) = interface::sample(error);
                    components = components.example(name, example);
                }
            }
        }
    }
    let info = InfoBuilder::new()
        .title("otahub")
        .version(version)
        .description(Some(DESCRIPTION))
        .license(Some(utoipa::openapi::LicenseBuilder::new().name("Apache-2.0").build()));
    let document = OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([Server::new("/")]))
        .tags(Some(tags))
        .paths(paths.build())
        .components(Some(components.build()));
    Document(document.build())
}

fn basic() -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
    SecurityScheme::Http(scheme.description(Some("A user's name and password")).build())
}

fn bearer() -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let how = "The secret of a device's pairing; of whoever registers devices the tenant's gateway \
        token";
    SecurityScheme::Http(scheme.description(Some(how)).build())
}

fn device_token() -> SecurityScheme {
    let how = "`TargetToken` or `GatewayToken`, a blank, and the token; a tenant says which of \
        both it takes";
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", how)))
}

impl Document {
    /// The document with the address that its paths are taken from.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        let mut document = self.clone();
        document.0.servers = Some(vec![Server::new(base)]);
        document
    }

    /// The document as readable JSON.
    #[must_use]
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }
}
