//! ETags of documents: made of the very bytes that are sent.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;
use md5::{Digest, Md5};

/// Adds the ETag of the answer's bytes, or answers 304 if the client has these bytes.
pub(crate) async fn tag(response: Response, if_none_match: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(collected) = body.collect().await else {
        return Response::from_parts(parts, Body::empty());
    };
    let bytes = collected.to_bytes();
    let text = of(&bytes);
    let known = if_none_match.is_some_and(|header| names(header.as_bytes(), &text));
    if let Ok(value) = HeaderValue::from_bytes(&text) {
        parts.headers.insert(ETAG, value);
    }
    if known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        // A body of unknown length, so that nobody adds the length of an empty one.
        let nothing = futures::stream::empty::<Result<Bytes, std::convert::Infallible>>();
        return Response::from_parts(parts, Body::from_stream(nothing));
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// `"0` + MD5 in hexadecimal + `"`, as Spring's shallow ETag filter writes it.
fn of(bytes: &Bytes) -> [u8; 35] {
    let mut text = [b'"'; 35];
    text[1] = b'0';
    let _ = hex::encode_to_slice(Md5::digest(bytes), &mut text[2..34]);
    text
}

/// Whether an `If-None-Match` lists the tag, weakly or not. `*` and bare words do not count.
fn names(header: &[u8], tag: &[u8]) -> bool {
    header.split(|b| *b == b',').any(|entry| {
        let entry = entry.trim_ascii();
        entry.strip_prefix(b"W/").unwrap_or(entry) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_a_nought_and_the_md5_of_the_bytes() {
        let tag = of(&Bytes::from_static(b"abc"));
        assert_eq!(&tag[..], b"\"0900150983cd24fb0d6963f7d28e17f72\"");
    }

    #[test]
    fn strong_weak_and_listed_tags_match_and_nothing_else() {
        let tag = b"\"0ab\"";
        for (header, matches) in [
            (&b"\"0ab\""[..], true),
            (b"W/\"0ab\"", true),
            (b"\"x\", \"0ab\"", true),
            (b"*", false),
            (b"0ab", false),
            (b"", false),
        ] {
            assert_eq!(names(header, tag), matches, "{header:?}");
        }
    }
}
