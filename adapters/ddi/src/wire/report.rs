//! What devices say of themselves.

use super::lenient::{Text, object, words};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Body of `configData`.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(as = DdiConfigData)]
pub(crate) struct ConfigData {
    pub(crate) mode: Option<Mode>,
    /// Never empty; null for a key that is to go.
    pub(crate) data: HashMap<String, Option<String>>,
}

words! {
    /// What to do with the attributes that come.
    Mode {
        Merge = "merge",
        Replace = "replace",
        Remove = "remove",
    }
}

impl<'de> Deserialize<'de> for ConfigData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(default)]
            mode: Option<Mode>,
            data: HashMap<String, Text>,
        }
        let Fields { mode, data } = object(deserializer)?;
        if data.is_empty() {
            return Err(D::Error::custom("data has to name an attribute"));
        }
        Ok(Self { mode, data: data.into_iter().map(|(key, text)| (key, text.0)).collect() })
    }
}

/// Body of `activateAutoConfirm`.
#[derive(Debug, Clone, Default, PartialEq, Eq, ToSchema)]
#[schema(as = DdiActivation)]
pub(crate) struct Activation {
    pub(crate) initiator: Option<String>,
    pub(crate) remark: Option<String>,
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(default)]
            initiator: Text,
            #[serde(default)]
            remark: Text,
        }
        let Fields { initiator, remark } = object(deserializer)?;
        Ok(Self { initiator: initiator.0, remark: remark.0 })
    }
}

/// Body of PUT `installedBase`.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(as = DdiInstalled)]
pub(crate) struct Installed {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl<'de> Deserialize<'de> for Installed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            name: Text,
            version: Text,
        }
        match object(deserializer)? {
            Fields { name: Text(Some(name)), version: Text(Some(version)) } => {
                Ok(Self { name, version })
            }
            _ => Err(D::Error::custom("name and version are required")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_every_known_client_are_read() {
        for (json, mode) in [
            (r#"{"mode": "merge", "data": {"a": "b"}}"#, Some(Mode::Merge)),
            (r#"{"mode": null, "data": {"a": "b"}}"#, None),
            (
                r#"{"id": "", "time": "20140511T121314", "status": {"result": {"finished":
                "success"}, "execution": "closed", "details": [""]}, "data": {"a": "b"}}"#,
                None,
            ),
        ] {
            let read: ConfigData = serde_json::from_str(json).unwrap();
            assert_eq!((read.mode, read.data["a"].as_deref()), (mode, Some("b")));
        }
        let json = r#"{"mode": "replace", "data": {"n": 1, "t": true, "gone": null, "": ""}}"#;
        let data = serde_json::from_str::<ConfigData>(json).unwrap().data;
        assert_eq!(data["n"].as_deref(), Some("1"));
        assert_eq!(data["t"].as_deref(), Some("true"));
        assert_eq!((data["gone"].as_deref(), data[""].as_deref()), (None, Some("")));
    }

    #[test]
    fn attributes_that_break_the_form_are_refused() {
        for json in [
            r#"{"mode": "merge"}"#,
            r#"{"data": {}}"#,
            r#"{"data": null}"#,
            r#"{"data": [["a", "b"]]}"#,
            r#"{"data": {"a": ["b"]}}"#,
            r#"{"data": {"a": {}}}"#,
            r#"{"mode": "blend", "data": {"a": "b"}}"#,
            r#"{"mode": "MERGE", "data": {"a": "b"}}"#,
            r#"{"mode": 0, "data": {"a": "b"}}"#,
        ] {
            assert!(serde_json::from_str::<ConfigData>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_installed_set_has_a_name_and_a_version() {
        let read: Installed = serde_json::from_str(r#"{"name": "os", "version": 3}"#).unwrap();
        assert_eq!((read.name.as_str(), read.version.as_str()), ("os", "3"));
        for json in [r#"{"name": "os"}"#, r#"{"name": "os", "version": null}"#, "[\"os\", \"3\"]"] {
            assert!(serde_json::from_str::<Installed>(json).is_err(), "{json}");
        }
    }
}
