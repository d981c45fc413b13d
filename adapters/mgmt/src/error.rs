//! Refusals in hawkBit's words: one table over every reason that the hub can give.

use crate::exception as e;
use crate::rsql::Unfit;
use axum::response::{IntoResponse, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use otahub_client::{HubError, Reason};
use otahub_rest::{Exception, Problem};
use serde_json::Value;

/// How a refusal is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// hawkBit's error body.
    Keyed(Exception),
    /// What the router itself says: a body without a key.
    Plain(StatusCode),
    /// A status and nothing else.
    Empty(StatusCode),
    /// As the gRPC code says, for reasons that this version does not know.
    ByCode,
}

use Shape::{ByCode, Empty, Keyed, Plain};

/// What each reason looks like. Some depend on what the hub says besides: see [`refine`].
const fn shape(reason: Reason) -> Shape {
    match reason {
        Reason::Unspecified => ByCode,
        Reason::NotFound | Reason::NotRelated => Keyed(e::NOT_FOUND),
        Reason::Deleted => Keyed(e::DELETED),
        Reason::AlreadyExists => Keyed(e::EXISTS),
        Reason::InvalidField => Keyed(e::CONSTRAINT),
        Reason::InvalidAttributes => Keyed(e::ATTRIBUTES),
        Reason::InvalidMaintenanceSchedule => Keyed(e::SCHEDULE),
        Reason::ActionClosed => Empty(StatusCode::GONE),
        Reason::ActionWaiting
        | Reason::ActionNotWaiting
        | Reason::ActionCanceling
        | Reason::ActionNotCanceling
        | Reason::ActionActive => Empty(StatusCode::NOT_FOUND),
        Reason::ActionNotCancelable => Keyed(e::NOT_CANCELABLE),
        Reason::ActionNotForceQuitable => Keyed(e::NOT_QUITABLE),
        Reason::AutoConfirmationActive => Keyed(e::AUTO_CONFIRMED),
        Reason::QuotaExceeded => Keyed(e::QUOTA),
        Reason::FileTooLarge => Keyed(e::FILE_SIZE),
        Reason::StorageFull => Keyed(e::STORAGE),
        Reason::SetIncomplete => Keyed(e::INCOMPLETE),
        Reason::SetInvalid => Keyed(e::INVALIDATED),
        Reason::ModuleTypeUnsupported => Keyed(e::UNSUPPORTED_MODULE),
        Reason::Locked => Keyed(e::LOCKED),
        Reason::TargetTypeIncompatible => Keyed(e::TYPE_INCOMPATIBLE),
        Reason::TargetTypeInUse => Keyed(e::TYPE_USED),
        Reason::InvalidAutoAssignmentType => Keyed(e::AUTO_ASSIGNMENT_TYPE),
        Reason::KeyOrNameRequired => Keyed(e::KEY_OR_NAME),
        Reason::RolloutState => Keyed(e::ROLLOUT_STATE),
        Reason::MultipleAssignments => Keyed(e::MULTIPLE),
        Reason::ChecksumMismatch => Keyed(e::UPLOAD),
        Reason::EmptyFile => Empty(StatusCode::BAD_REQUEST),
        Reason::BinaryDeleted => Keyed(e::BINARY_DELETED),
        Reason::EncryptionNotSupported => Keyed(e::NO_ENCRYPTION),
        Reason::EncryptionFailed => Keyed(e::ENCRYPTION_FAILED),
        Reason::ConfigurationKeyInvalid => Keyed(e::CONFIG_KEY),
        Reason::ConfigurationValueInvalid => Keyed(e::CONFIG_VALUE),
        Reason::ReadOnly => Keyed(e::READ_ONLY),
        Reason::Unauthenticated => Plain(StatusCode::UNAUTHORIZED),
        Reason::PermissionDenied => Keyed(e::PERMISSION),
        Reason::Conflict | Reason::EtagMismatch | Reason::RequestIdReused => Keyed(e::CONFLICT),
        Reason::Unavailable => Plain(StatusCode::SERVICE_UNAVAILABLE),
        Reason::Internal => Keyed(e::INTERNAL),
        Reason::NotImplemented => Plain(StatusCode::NOT_IMPLEMENTED),
    }
}

/// What depends on the metadata: the hash that differs, the parameter that is wrong, an action
/// of another target.
fn refine(error: &HubError) -> Shape {
    let detail = |key| error.detail(key).unwrap_or_default();
    match (error.reason, detail("algorithm"), detail("field"), detail("type")) {
        (Reason::NotRelated, _, _, "Action") => Empty(StatusCode::NOT_FOUND),
        (Reason::InvalidField, _, "filter", _) if error.detail("filter_field").is_some() => {
            Keyed(e::SEARCH_FIELD)
        }
        (Reason::InvalidField, _, "filter", _) => Keyed(e::SEARCH_SYNTAX),
        (Reason::InvalidField, _, "order_by", _) => Keyed(e::SORT_FIELD),
        (Reason::ChecksumMismatch, "md5", ..) => Keyed(e::MD5),
        (Reason::ChecksumMismatch, "sha1", ..) => Keyed(e::SHA1),
        (Reason::ChecksumMismatch, "sha256", ..) => Keyed(e::SHA256),
        (reason, ..) => shape(reason),
    }
}

/// A refusal on its way to the client.
#[derive(Debug)]
pub(crate) struct Fault {
    problem: Problem,
    reason: Option<Reason>,
    missing: Option<(String, Value)>,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self { problem, reason: None, missing: None }
    }
}

impl Fault {
    fn of(shape: Shape, message: String) -> Self {
        Self::from(match shape {
            Keyed(kind) => Problem::exception(kind, message),
            Plain(status) => Problem::generic(status),
            Empty(status) => Problem::empty(status),
            ByCode => Problem::generic(StatusCode::INTERNAL_SERVER_ERROR),
        })
    }

    /// A refusal without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::of(Empty(status), String::new())
    }

    /// What the router itself says.
    pub(crate) fn plain(status: StatusCode) -> Self {
        Self::of(Plain(status), String::new())
    }

    /// Nobody has said who is asking.
    pub(crate) fn unauthenticated() -> Self {
        Self::from(unauthenticated())
    }

    /// A request that cannot be read: malformed JSON, a parameter of the wrong type.
    pub(crate) fn unreadable(message: String) -> Self {
        Self::from(Problem::not_readable(message))
    }

    /// A value that breaks a rule of the protocol itself.
    pub(crate) fn constraint(message: &str) -> Self {
        Self::of(shape(Reason::InvalidField), message.to_owned())
    }

    /// An upload that is not what it should be.
    pub(crate) fn upload(message: String) -> Self {
        Self::of(Keyed(e::UPLOAD), message)
    }

    /// A search that cannot be used. hawkBit has words for an unknown word only.
    pub(crate) fn search(unfit: Unfit) -> Self {
        Self::from(match unfit {
            Unfit::Syntax => Problem::wordless(e::SEARCH_SYNTAX),
            Unfit::Field => Problem::wordless(e::SEARCH_FIELD),
            Unfit::Word(known) => {
                Problem::exception(e::SEARCH_FIELD, format!("it has to be one of {known}"))
            }
        })
    }

    /// A search that is not there and has to be.
    pub(crate) fn no_search() -> Self {
        Self::of(Keyed(e::SEARCH_SYNTAX), "a search for targets is needed".to_owned())
    }

    /// A `sort` that is not `field:direction`.
    pub(crate) fn sort_syntax(part: &str) -> Self {
        Self::of(Keyed(e::SORT_SYNTAX), format!("{part:?} is not of the form field:direction"))
    }

    /// A `sort` by a field that does not exist.
    pub(crate) fn sort_field(field: &str) -> Self {
        Self::of(Keyed(e::SORT_FIELD), format!("{field:?} is not a field that can be sorted by"))
    }

    /// A `sort` in a direction that does not exist.
    pub(crate) fn sort_direction(direction: &str) -> Self {
        Self::of(
            Keyed(e::SORT_DIRECTION),
            format!("the direction {direction:?} is neither ASC nor DESC"),
        )
    }

    /// Something that is not there, found out here.
    pub(crate) fn not_found(kind: &str, id: &str) -> Self {
        let message = format!("{kind} with given identifier {{{id}}} does not exist");
        let mut fault = Self::of(shape(Reason::NotFound), message);
        fault.reason = Some(Reason::NotFound);
        fault.about(kind, Value::from(id))
    }

    /// Several things that are not there, found out here.
    pub(crate) fn not_found_all(kind: &str, ids: &[String]) -> Self {
        let message = format!("{kind}s with given identifiers {{{}}} do not exist", ids.join(","));
        let mut fault = Self::of(shape(Reason::NotFound), message);
        fault.reason = Some(Reason::NotFound);
        fault.about(kind, Value::from(ids.to_vec()))
    }

    /// Why the hub refused, if it did.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// The same, with the missing entity's id in a list if it is one of `kind`: so hawkBit tells
    /// of entities of which several were asked for.
    pub(crate) fn listing(mut self, kind: &str) -> Self {
        match self.missing.take() {
            Some((found, id)) if found == kind => self.about(kind, Value::Array(vec![id])),
            missing => Self { missing, ..self },
        }
    }

    fn about(self, kind: &str, id: Value) -> Self {
        let problem = self.problem.with_info(kind, id.clone());
        Self { problem, missing: Some((kind.to_owned(), id)), ..self }
    }

    /// The error key without its common beginning.
    #[cfg(test)]
    pub(crate) fn key(&self) -> Option<&'static str> {
        self.problem.kind()?.key.strip_prefix("hawkbit.server.error.")
    }
}

fn unauthenticated() -> Problem {
    Problem::generic(StatusCode::UNAUTHORIZED)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"hawkBit\""))
}

impl From<tonic::Status> for Fault {
    fn from(status: tonic::Status) -> Self {
        let error = HubError::from(status);
        let problem = match refine(&error) {
            // hawkBit says nothing about a search that it cannot parse, or by unknown fields.
            Keyed(kind) if kind == e::SEARCH_SYNTAX => Problem::wordless(kind),
            Keyed(kind) if kind == e::SEARCH_FIELD && !names_words(&error) => {
                Problem::wordless(kind)
            }
            Keyed(kind) => Problem::of(kind, &error),
            Plain(StatusCode::UNAUTHORIZED) => unauthenticated(),
            Plain(StatusCode::SERVICE_UNAVAILABLE) => Problem::unavailable(),
            Plain(status) => Problem::generic(status),
            Empty(status) => Problem::empty(status),
            ByCode if error.code == tonic::Code::Unauthenticated => unauthenticated(),
            ByCode => Problem::from_code(&error),
        };
        let fault = Self { problem, reason: Some(error.reason), missing: None };
        match missing(&error) {
            Some((kind, id)) => fault.about(kind, id),
            None => fault,
        }
    }
}

/// Whether a refused search names the words that its field knows.
fn names_words(error: &HubError) -> bool {
    error.detail("allowed").is_some_and(|words| !words.is_empty())
}

/// What was not found, in hawkBit's words: ids are numbers where they look like it, but for
/// controller ids, which are texts.
fn missing(error: &HubError) -> Option<(&str, Value)> {
    if !matches!(error.reason, Reason::NotFound | Reason::NotRelated) {
        return None;
    }
    let kind = match error.detail("type")? {
        "SoftwareModuleMetadata" => "SoftwareModule metadata",
        "DistributionSetMetadata" => "DistributionSet metadata",
        "TargetMetadata" => "Target metadata",
        kind => kind,
    };
    let id = error.detail("id")?;
    let number = id.parse::<i64>().ok().filter(|_| kind != "Target");
    Some((kind, number.map_or_else(|| Value::from(id), Value::from)))
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        self.problem.into_response()
    }
}
