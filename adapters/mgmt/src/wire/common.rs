//! What every representation shares: audit fields, HAL links, the paging envelope, ids.

use super::lenient;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Who made an entity and who changed it last; times in milliseconds since the epoch.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Audit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_modified_at: Option<i64>,
}

/// A HAL link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    pub(crate) href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// HAL links by relation, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Links(Vec<(&'static str, Link)>);

impl Links {
    /// Only the link to the entity itself.
    pub(crate) fn to_self(href: String) -> Self {
        Self::default().with("self", href)
    }

    /// Adds a link.
    pub(crate) fn with(mut self, relation: &'static str, href: String) -> Self {
        self.0.push((relation, Link { href, name: None }));
        self
    }

    /// Adds a link that tells what people call its end.
    pub(crate) fn with_named(mut self, relation: &'static str, href: String, name: String) -> Self {
        self.0.push((relation, Link { href, name: Some(name) }));
        self
    }

    /// Whether there is no link at all, so that `_links` is left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialSchema for Links {
    fn schema() -> RefOr<Schema> {
        let links = ObjectBuilder::new()
            .description(Some("Links to what belongs to it, by relation"))
            .additional_properties(Some(Ref::from_schema_name(Link::name())));
        links.build().into()
    }
}

impl ToSchema for Links {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Link::name().into_owned(), Link::schema()));
    }
}

impl Serialize for Links {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (relation, link) in &self.0 {
            map.serialize_entry(relation, link)?;
        }
        map.end()
    }
}

/// hawkBit's paging envelope: `size` counts the items of this page, `total` all of them.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    content: Vec<T>,
    total: i64,
    size: usize,
}

impl<T> Page<T> {
    /// A page out of `total` items.
    pub(crate) fn new(content: Vec<T>, total: i64) -> Self {
        let size = content.len();
        Self { content, total, size }
    }

    /// A list that is always complete.
    pub(crate) fn complete(content: Vec<T>) -> Self {
        let total = i64::try_from(content.len()).unwrap_or(i64::MAX);
        Self::new(content, total)
    }
}

/// A list that may be written without brackets when it has one item.
#[derive(Debug)]
pub(crate) struct OneOrMany<T>(Vec<T>);

impl<T> From<OneOrMany<T>> for Vec<T> {
    fn from(value: OneOrMany<T>) -> Self {
        value.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemsVisitor(PhantomData))
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list or one item")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(items)).map(OneOrMany)
    }

    fn visit_map<A: MapAccess<'de>>(self, item: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(item)).map(|item| OneOrMany(vec![item]))
    }

    fn visit_str<E: de::Error>(self, item: &str) -> Result<Self::Value, E> {
        T::deserialize(item.into_deserializer()).map(|item| OneOrMany(vec![item]))
    }

    fn visit_u64<E: de::Error>(self, item: u64) -> Result<Self::Value, E> {
        T::deserialize(item.into_deserializer()).map(|item| OneOrMany(vec![item]))
    }
}

/// A numeric id, as a number or as digits in a string (hawkBit's parser takes both).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) i64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        i64::schema()
    }
}

impl ToSchema for Id {}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Id, E> {
        Ok(Id(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Id, E> {
        i64::try_from(value).map(Id).map_err(|_| E::custom("the number is too large"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Id, E> {
        value.trim().parse().map(Id).map_err(|_| E::custom("not a whole number"))
    }
}

/// `{"id": 7}`.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct IdBody {
    pub(crate) id: Id,
}

/// A metadata entry of a request. In `PUT …/metadata/{key}` only `value` and `targetVisible`
/// count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetadataBody {
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    #[schema(max_length = 4000)]
    pub(crate) value: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) target_visible: Option<bool>,
}

/// A metadata entry of an answer; only software modules tell whether devices see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetadataItem {
    pub(crate) key: String,
    pub(crate) value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_visible: Option<bool>,
}
