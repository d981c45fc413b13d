//! A device's consent, standing or for one action.

use super::lenient::{Integer, Texts, object, words};
use super::{Hal, List};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// The standing consent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DdiConfirmationState)]
pub(crate) struct ConfirmationState {
    pub(crate) auto_confirm: AutoConfirm,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    pub(crate) hal: Option<Hal>,
    #[serde(rename = "links", skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<List>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DdiAutoConfirm)]
pub(crate) struct AutoConfirm {
    pub(crate) active: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) initiator: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) remark: String,
    /// Milliseconds since 1970; 0 while it is not given.
    pub(crate) activated_at: i64,
}

/// Body of an answer to an action that waits.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(as = DdiConfirmationFeedback)]
pub(crate) struct ConfirmationFeedback {
    pub(crate) confirmation: Word,
    pub(crate) code: Option<i32>,
    pub(crate) details: Vec<String>,
}

impl<'de> Deserialize<'de> for ConfirmationFeedback {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            confirmation: Word,
            #[serde(default)]
            code: Integer<i32>,
            #[serde(default)]
            details: Texts,
        }
        let Fields { confirmation, code, details } = object(deserializer)?;
        Ok(Self { confirmation, code: code.0, details: details.0 })
    }
}

words! {
    /// The answer.
    Word {
        Confirmed = "confirmed",
        Denied = "denied",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_documented() {
        let json = r#"{"confirmation": "confirmed", "code": 200, "details": ["Auto-confirmed"]}"#;
        let read: ConfirmationFeedback = serde_json::from_str(json).unwrap();
        assert_eq!((read.confirmation, read.code), (Word::Confirmed, Some(200)));
        assert_eq!(read.details, ["Auto-confirmed"]);
        for json in ["{}", r#"{"confirmation": "maybe"}"#, r#"{"confirmation": "DENIED"}"#] {
            assert!(serde_json::from_str::<ConfirmationFeedback>(json).is_err(), "{json}");
        }
    }
}
