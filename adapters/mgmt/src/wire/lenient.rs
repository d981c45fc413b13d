//! Scalars as hawkBit's JSON parser reads them: it takes a number or a truth value where a text
//! is due, and digits in a text where a number is due.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::marker::PhantomData;

/// A text; a number or truth value counts as it is written, so that `1.10` stays `1.10`.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(from)? else {
        return Ok(None);
    };
    match raw.get() {
        quoted if quoted.starts_with('"') => {
            serde_json::from_str(quoted).map(Some).map_err(de::Error::custom)
        }
        nested if nested.starts_with(['{', '[']) => {
            Err(de::Error::custom("an object or a list where a text is due"))
        }
        "null" => Ok(None),
        plain => Ok(Some(plain.to_owned())),
    }
}

/// As [`text`], where nothing else will do.
pub(super) fn required_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from)?.ok_or_else(|| de::Error::custom("null where a text is due"))
}

/// A whole number, or nothing.
pub(super) fn number<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    from.deserialize_any(Number(PhantomData))
}

/// A whole number that may be left out, but not be `null`.
pub(super) fn primitive<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    number(from)?.ok_or_else(|| de::Error::custom("null where a number is due"))
}

/// A truth value, or nothing.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    from.deserialize_any(Flag)
}

/// A truth value that may be left out, but not be `null`.
pub(super) fn primitive_flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    flag(from)?.ok_or_else(|| de::Error::custom("null where true or false is due"))
}

struct Number<T>(PhantomData<T>);

impl<T: TryFrom<i64>> Visitor<'_> for Number<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        T::try_from(value).map(Some).map_err(|_| E::custom("the number is out of range"))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        let value = i64::try_from(value).map_err(|_| E::custom("the number is out of range"))?;
        self.visit_i64(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        match value.trim() {
            "" => Ok(None),
            digits => self.visit_i64(digits.parse().map_err(|_| E::custom("not a whole number"))?),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

struct Flag;

impl Visitor<'_> for Flag {
    type Value = Option<bool>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("true or false")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(E::custom("neither true nor false")),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}
