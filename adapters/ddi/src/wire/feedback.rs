//! What devices say of a deployment or a cancellation.

use super::lenient::{Integer, Texts, object, optional_object, words};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// Body of a feedback.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(as = DdiFeedback)]
pub(crate) struct Feedback {
    /// Milliseconds since 1970 by the device's clock.
    pub(crate) timestamp: Option<i64>,
    pub(crate) status: Status,
}

impl<'de> Deserialize<'de> for Feedback {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(default)]
            timestamp: Integer<i64>,
            #[serde(deserialize_with = "object")]
            status: Status,
        }
        let Fields { timestamp, status } = object(deserializer)?;
        Ok(Self { timestamp: timestamp.0, status })
    }
}

/// How it goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = DdiStatus)]
pub(crate) struct Status {
    pub(crate) execution: Execution,
    #[serde(deserialize_with = "object")]
    pub(crate) result: Outcome,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    pub(crate) code: Integer<i32>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) details: Texts,
}

/// How it ended, and how far it is, which is checked and passed over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = DdiOutcome)]
pub(crate) struct Outcome {
    pub(crate) finished: Finished,
    #[serde(default, rename = "progress", deserialize_with = "optional_object")]
    _progress: Option<Progress>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = DdiProgress)]
struct Progress {
    #[serde(default, rename = "cnt")]
    #[schema(value_type = Option<i32>)]
    _count: Integer<i32>,
    #[serde(default, rename = "of")]
    #[schema(value_type = Option<i32>)]
    _of: Integer<i32>,
}

words! {
    /// What the device is at.
    Execution {
        Closed = "closed",
        Proceeding = "proceeding",
        Canceled = "canceled",
        Scheduled = "scheduled",
        Rejected = "rejected",
        Resumed = "resumed",
        Downloaded = "downloaded",
        Download = "download",
    }
}

words! {
    /// How it ended.
    Finished {
        Success = "success",
        Failure = "failure",
        None = "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otahub_rest::Format;
    use otahub_rest::body::RawBody;

    fn read(json: &str) -> Option<Feedback> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn the_documented_bodies_are_read() {
        let full = r#"{"timestamp": 1750000000000, "status": {"execution": "download",
            "result": {"finished": "none", "progress": {"cnt": 2, "of": 5}},
            "code": 200, "details": ["Starting download"]}}"#;
        let feedback = read(full).unwrap();
        assert_eq!(feedback.timestamp, Some(1_750_000_000_000));
        assert_eq!(feedback.status.execution, Execution::Download);
        assert_eq!(feedback.status.result.finished, Finished::None);
        assert_eq!(feedback.status.code.0, Some(200));
        assert_eq!(feedback.status.details.0, ["Starting download"]);
        let swupdate = r#"{"id": 12, "time": "20140511T121314", "status": {"result":
            {"progress": {"cnt": 0, "of": 1}, "finished": "none"}, "execution": "proceeding",
            "details": []}}"#;
        assert_eq!(read(swupdate).unwrap().timestamp, None);
    }

    #[test]
    fn what_hawkbit_forgives_is_forgiven() {
        for progress in ["{}", "null", r#"{"cnt": "2", "of": 5.5}"#, r#"{"more": [1]}"#] {
            let json = format!(
                r#"{{"timestamp": "17", "x": [{{}}], "status": {{"execution": "closed", "code":
                "9", "details": "one", "result": {{"finished": "success", "progress":
                {progress}}}}}}}"#
            );
            let feedback = read(&json).unwrap();
            assert_eq!((feedback.timestamp, feedback.status.code.0), (Some(17), Some(9)));
            assert_eq!(feedback.status.details.0, ["one"]);
        }
    }

    #[test]
    fn what_breaks_the_form_is_refused() {
        for json in [
            "{}",
            "[]",
            "null",
            r#"{"status": null}"#,
            r#"{"status": ["closed", {"finished": "none"}]}"#,
            r#"{"status": {"execution": "closed"}}"#,
            r#"{"status": {"execution": "closed", "result": {}}}"#,
            r#"{"status": {"execution": "closed", "result": {"final": "success"}}}"#,
            r#"{"status": {"execution": "CLOSED", "result": {"finished": "none"}}}"#,
            r#"{"status": {"execution": 0, "result": {"finished": "none"}}}"#,
            r#"{"status": {"execution": {"closed": null}, "result": {"finished": "none"}}}"#,
            r#"{"status": {"execution": "confirmed", "result": {"finished": "none"}}}"#,
            r#"{"timestamp": true,
                "status": {"execution": "closed", "result": {"finished": "none"}}}"#,
            r#"{"status": {"execution": "closed", "result": {"finished": "none", "progress": 5}}}"#,
            r#"{"status": {"execution": "closed", "result": {"finished": "none"}, "code": "x"}}"#,
            r#"{"status": {"execution": "closed", "result": {"finished": "none"},
                "details": [{}]}}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn the_same_words_are_read_from_cbor() {
        let json = r#"{"timestamp": 5, "status": {"execution": "closed", "code": 1.5,
            "result": {"finished": "failure", "progress": null}, "details": [null, 3]}}"#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes).unwrap();
        let body = RawBody { format: Format::Cbor, bytes: bytes.into() };
        assert_eq!(body.parse::<Feedback>().unwrap(), read(json).unwrap());
    }
}
