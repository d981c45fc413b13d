//! Which representation a client gets (RFC 9110 §12.5.1, as Spring reads it).

use crate::Problem;
use axum::body::Body;
use axum::response::Response;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use mediatype::{MediaType, MediaTypeList, Name, ReadParams, names};
use serde::Serialize;

/// A form that documents come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/hal+json`.
    HalJson,
    /// `application/json`.
    Json,
    /// `application/cbor` (RFC 8949).
    Cbor,
}

/// The form that a client asked for, and the media type in the client's spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    /// The form.
    pub format: Format,
    /// The `Content-Type` to answer with.
    pub content_type: HeaderValue,
}

const HAL_JSON: MediaType<'static> =
    MediaType::from_parts(names::APPLICATION, Name::new_unchecked("hal"), Some(names::JSON), &[]);
const JSON: MediaType<'static> = MediaType::new(names::APPLICATION, names::JSON);
const CBOR: MediaType<'static> = MediaType::new(names::APPLICATION, Name::new_unchecked("cbor"));
const Q: Name<'static> = Name::new_unchecked("q");

impl Format {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::HalJson => "application/hal+json",
            Self::Json => "application/json",
            Self::Cbor => "application/cbor",
        }
    }

    /// The form that a `Content-Type` names, whatever its parameters.
    #[must_use]
    pub fn of(content_type: &HeaderValue) -> Option<Self> {
        let text = content_type.to_str().ok()?;
        if text == Self::Json.media_type() {
            return Some(Self::Json);
        }
        Self::of_media_type(&MediaType::parse(text).ok()?)
    }

    fn of_media_type(media_type: &MediaType<'_>) -> Option<Self> {
        let essence = media_type.essence();
        [(HAL_JSON, Self::HalJson), (JSON, Self::Json), (CBOR, Self::Cbor)]
            .into_iter()
            .find_map(|(known, format)| (essence == known).then_some(format))
    }
}

impl Representation {
    /// A form with its plain media type.
    #[must_use]
    pub const fn plain(format: Format) -> Self {
        Self { format, content_type: HeaderValue::from_static(format.media_type()) }
    }

    /// The document in this form.
    #[must_use]
    pub fn render(self, status: StatusCode, document: &impl Serialize) -> Response {
        let mut bytes = Vec::with_capacity(512);
        let written = match self.format {
            Format::HalJson | Format::Json => {
                serde_json::to_writer(&mut bytes, document).map_err(|_| ())
            }
            Format::Cbor => ciborium::into_writer(document, &mut bytes).map_err(|_| ()),
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        if written.is_err() {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            *response.body_mut() = Body::empty();
        }
        response.headers_mut().insert(CONTENT_TYPE, self.content_type);
        response
    }
}

/// Chooses among what is offered, the first being the default, by the request's `Accept`.
///
/// # Errors
/// 406 without a body if the client wants none of it.
pub fn negotiate(headers: &HeaderMap, offered: &[Format]) -> Result<Representation, Problem> {
    choose(headers, offered).ok_or_else(|| Problem::empty(StatusCode::NOT_ACCEPTABLE))
}

/// Whether the request's `Accept` allows a media type, e.g. `text/plain`.
#[must_use]
pub fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let Ok(offered) = MediaType::parse(media_type) else {
        return false;
    };
    let allows = |wanted: MediaType<'_>| {
        let any = wanted.ty == names::_STAR;
        (any || wanted.ty == offered.ty)
            && (any || wanted.subty == names::_STAR || wanted.essence() == offered.essence())
            && quality(&wanted).is_some_and(|quality| quality > 0.0)
    };
    let mut values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    !headers.contains_key(ACCEPT)
        || values.any(|value| MediaTypeList::new(value).flatten().any(allows))
}

fn choose(headers: &HeaderMap, offered: &[Format]) -> Option<Representation> {
    let default = Representation::plain(*offered.first()?);
    let mut values = headers.get_all(ACCEPT).iter();
    let Some(only) = values.next() else {
        return Some(default);
    };
    if values.next().is_none() {
        let text = only.as_bytes();
        if text == b"*/*" || text.is_empty() {
            return Some(default);
        }
        // Without parameters all have the same quality, so that the first that is served wins.
        let first = text.split(|b| *b == b',').next().filter(|_| !text.contains(&b';'));
        let exact = offered.iter().find(|f| first == Some(f.media_type().as_bytes()));
        if let Some(exact) = exact {
            return Some(Representation::plain(*exact));
        }
    }
    by_quality(headers, offered)
}

fn by_quality(headers: &HeaderMap, offered: &[Format]) -> Option<Representation> {
    let mut wanted = Vec::new();
    for value in headers.get_all(ACCEPT) {
        for media_type in MediaTypeList::new(value.to_str().ok()?) {
            let media_type = media_type.ok()?;
            let quality = quality(&media_type)?;
            wanted.push((media_type, quality));
        }
    }
    let refused: Vec<_> = wanted
        .iter()
        .filter(|(_, quality)| *quality <= 0.0)
        .filter_map(|(media_type, _)| Format::of_media_type(media_type))
        .collect();
    wanted.retain(|(_, quality)| *quality > 0.0);
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
    wanted.iter().find_map(|(media_type, _)| matching(media_type, offered, &refused))
}

fn quality(media_type: &MediaType<'_>) -> Option<f32> {
    match media_type.get_param(Q) {
        None => Some(1.0),
        Some(q) => q.as_str().parse().ok().filter(|q| (0.0..=1.0).contains(q)),
    }
}

fn matching(
    wanted: &MediaType<'_>,
    offered: &[Format],
    refused: &[Format],
) -> Option<Representation> {
    let mut offered = offered.iter().copied().filter(|format| !refused.contains(format));
    if wanted.subty == names::_STAR {
        let any = wanted.ty == names::_STAR || wanted.ty == names::APPLICATION;
        return offered.next().filter(|_| any).map(Representation::plain);
    }
    let format = Format::of_media_type(wanted)?;
    offered.find(|candidate| *candidate == format)?;
    let mut echo = format.media_type().to_owned();
    for (name, value) in wanted.params().filter(|(name, _)| *name != Q) {
        echo.push_str(&format!(";{name}={value}"));
    }
    Some(Representation { format, content_type: HeaderValue::from_str(&echo).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: &[Format] = &[Format::HalJson, Format::Json, Format::Cbor];

    fn chosen(accept: &[&str]) -> Option<String> {
        let headers = accept.iter().map(|v| (ACCEPT, v.parse().unwrap())).collect();
        let found = negotiate(&headers, ALL).ok()?;
        assert_eq!(Format::of(&found.content_type), Some(found.format));
        Some(found.content_type.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_accept_header_decides_as_it_does_at_hawkbit() {
        for (accept, expected) in [
            (&[][..], Some("application/hal+json")),
            (&["*/*"], Some("application/hal+json")),
            (&["application/*"], Some("application/hal+json")),
            (&["application/json"], Some("application/json")),
            (&["application/cbor"], Some("application/cbor")),
            (&["application/json;charset=UTF-8"], Some("application/json;charset=UTF-8")),
            (&["application/json; charset=UTF-8; q=0.9"], Some("application/json;charset=UTF-8")),
            (&["application/hal+json, application/json, */*"], Some("application/hal+json")),
            (&["application/json;q=0.5, application/cbor"], Some("application/cbor")),
            (&["text/html", "application/json"], Some("application/json")),
            (&["text/html, */*;q=0.1"], Some("application/hal+json")),
            (&["application/hal+json;q=0, */*"], Some("application/json")),
            (&["text/html"], None),
            (&["application/octet-stream"], None),
            (&["text/*"], None),
            (&["application/json;q=7"], None),
            (&["nonsense"], None),
        ] {
            assert_eq!(chosen(accept).as_deref(), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_media_type_is_accepted_by_name_by_kind_or_by_silence() {
        for (accept, expected) in [
            (None, true),
            (Some("*/*"), true),
            (Some("text/*"), true),
            (Some("application/json, text/plain;q=0.1"), true),
            (Some("text/plain;q=0"), false),
            (Some("application/json"), false),
            (Some("text/html"), false),
        ] {
            let headers = accept.map(|v| (ACCEPT, v.parse().unwrap())).into_iter().collect();
            assert_eq!(accepts(&headers, "text/plain"), expected, "{accept:?}");
        }
    }

    proptest! {
        #[test]
        fn no_accept_header_is_too_strange(text in "[ -~]{0,60}") {
            let headers = [(ACCEPT, text.parse().unwrap())].into_iter().collect();
            let _ = negotiate(&headers, ALL);
        }
    }
}
