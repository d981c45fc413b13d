//! What hawkBit's JSON library forgives: numbers in strings, fractions, single values for lists.
//! What it forgives and should not, it does not here: numbers for words, lists for objects.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// An object, and nothing else that could be taken for one.
pub(super) fn object<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

/// An object, null or nothing.
pub(super) fn optional_object<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Wrapped<T>(T);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wrapped<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            object(deserializer).map(Wrapped)
        }
    }
    Ok(Option::<Wrapped<T>>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A whole number, also as text; fractions are cut off; null and empty text are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Integer<N>(pub(crate) Option<N>);

impl<'de, N: TryFrom<i64>> Deserialize<'de> for Integer<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = deserializer.deserialize_any(IntegerVisitor)?;
        let narrow = |number| {
            N::try_from(number)
                .map_err(|_| D::Error::invalid_value(Unexpected::Signed(number), &IntegerVisitor))
        };
        Ok(Self(number.map(narrow).transpose()?))
    }
}

struct IntegerVisitor;

impl<'de> Visitor<'de> for IntegerVisitor {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let unexpected = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
        i64::try_from(number).map(Some).map_err(unexpected)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        const BOUND: f64 = 9_223_372_036_854_775_808.0; // 2^63
        if (-BOUND..BOUND).contains(&number) {
            return Ok(Some(number.trunc() as i64));
        }
        Err(E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text.trim() {
            "" => Ok(None),
            digits => {
                let unexpected = |_| E::invalid_value(Unexpected::Str(text), &self);
                digits.parse().map(Some).map_err(unexpected)
            }
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Text, or a number or truth value as text; null is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

struct TextVisitor;

macro_rules! scalars {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<Self::Value, E> {
            self.visit_string(value.to_string())
        }
    )*};
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    scalars!(visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str));

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A list of texts; one alone is a list too; nulls are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

macro_rules! single {
    ($($method:ident($type:ty))*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<Texts, E> {
            TextVisitor.$method(value).map(|text| Texts(text.into_iter().collect()))
        }
    )*};
}

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    single!(visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str));

    fn visit_unit<E: Error>(self) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_none<E: Error>(self) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut texts = Vec::new();
        while let Some(Text(text)) = list.next_element()? {
            texts.extend(text);
        }
        Ok(Texts(texts))
    }
}

/// A closed list of lower-case words; numbers and other cases are refused.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $(#[doc = $word] $variant,)* }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct OneOf;
                impl serde::de::Visitor<'_> for OneOf {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("one of" $(, " ", $word)*))
                    }

                    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<$name, E> {
                        match word {
                            $($word => Ok($name::$variant),)*
                            other => Err(E::unknown_variant(other, &[$($word),*])),
                        }
                    }
                }
                from.deserialize_str(OneOf)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let word = utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),*]));
                word.build().into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                concat!("Ddi", stringify!($name)).into()
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_texts_or_have_fractions() {
        for (json, expected) in [
            ("7", Some(Some(7))),
            ("-7", Some(Some(-7))),
            ("\"7\"", Some(Some(7))),
            ("7.9", Some(Some(7))),
            ("-7.9", Some(Some(-7))),
            ("1e3", Some(Some(1000))),
            ("\"\"", Some(None)),
            ("null", Some(None)),
            ("2147483648", None),
            ("1e99", None),
            ("99999999999999999999", None),
            ("true", None),
            ("\"seven\"", None),
            ("[7]", None),
            ("{}", None),
        ] {
            let read = serde_json::from_str::<Integer<i32>>(json).ok().map(|n| n.0);
            assert_eq!(read, expected, "{json}");
        }
    }

    #[test]
    fn texts_may_be_single_and_scalar() {
        for (json, expected) in [
            ("[\"a\", 1, true, null, 2.5]", Some(vec!["a", "1", "true", "2.5"])),
            ("\"a\"", Some(vec!["a"])),
            ("7", Some(vec!["7"])),
            ("null", Some(vec![])),
            ("[]", Some(vec![])),
            ("[[\"a\"]]", None),
            ("{\"a\": 1}", None),
        ] {
            let read = serde_json::from_str::<Texts>(json).ok().map(|texts| texts.0);
            assert_eq!(read, expected.map(|list| list.into_iter().map(str::to_owned).collect()));
        }
    }
}
