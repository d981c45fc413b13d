//! Links: an object by relation in JSON (HAL), a list in CBOR.

use otahub_rest::Format;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Links by relation, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Links(pub(crate) Vec<Link>);

/// A relation and where it leads.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, ToSchema)]
#[schema(as = DdiLink)]
pub(crate) struct Link {
    rel: &'static str,
    href: String,
}

/// As `_links: {rel: {href}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hal(Vec<Link>);

/// As `links: [{rel, href}]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, ToSchema)]
#[schema(as = DdiLinkList)]
#[serde(transparent)]
pub(crate) struct List(Vec<Link>);

impl Links {
    /// Adds a link.
    pub(crate) fn add(&mut self, rel: &'static str, href: String) {
        self.0.push(Link { rel, href });
    }

    /// The one of both forms that a format wants; neither if there are no links.
    pub(crate) fn in_form(self, format: Format) -> (Option<Hal>, Option<List>) {
        match format {
            _ if self.0.is_empty() => (None, None),
            Format::HalJson | Format::Json => (Some(Hal(self.0)), None),
            Format::Cbor => (None, Some(List(self.0))),
        }
    }
}

impl PartialSchema for Hal {
    fn schema() -> RefOr<Schema> {
        let href = ObjectBuilder::new().property("href", String::schema()).required("href");
        let links = ObjectBuilder::new()
            .description(Some("Links by relation, in JSON"))
            .additional_properties(Some(Schema::Object(href.build())));
        links.build().into()
    }
}

impl ToSchema for Hal {
    fn name() -> Cow<'static, str> {
        "DdiLinks".into()
    }
}

impl Serialize for Hal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Href<'a> {
            href: &'a str,
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for Link { rel, href } in &self.0 {
            map.serialize_entry(rel, &Href { href })?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_format_has_its_own_form_of_links() {
        let mut links = Links::default();
        assert_eq!(links.clone().in_form(Format::Json), (None, None));
        links.add("configData", "http://h/configData".into());
        let (hal, _) = links.clone().in_form(Format::HalJson);
        let expected = json!({"configData": {"href": "http://h/configData"}});
        assert_eq!(serde_json::to_value(hal).unwrap(), expected);
        let (_, list) = links.in_form(Format::Cbor);
        let expected = json!([{"rel": "configData", "href": "http://h/configData"}]);
        assert_eq!(serde_json::to_value(list).unwrap(), expected);
    }
}
