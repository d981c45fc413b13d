//! The answer to a download.

use super::{File, Plan, disposition};
use axum::BoxError;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, future, stream};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    LAST_MODIFIED,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::ops::RangeInclusive;
use std::time::{Duration, UNIX_EPOCH};

const BOUNDARY: &str = "THIS_STRING_SEPARATES_MULTIPART";
const MULTIPART: HeaderValue =
    HeaderValue::from_static("multipart/byteranges; boundary=THIS_STRING_SEPARATES_MULTIPART");
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Sends what the plan says. `open` is given an offset and a length above 0, in bytes, and gives
/// as many bytes. What it refuses at first is returned; what breaks later breaks the connection.
///
/// # Errors
/// What `open` fails with.
pub async fn respond<O, A, S, E, X>(
    method: &Method,
    file: &File,
    plan: Plan,
    open: O,
) -> Result<Response, E>
where
    O: Fn(u64, u64) -> A + Send + 'static,
    A: Future<Output = Result<S, E>> + Send + 'static,
    S: Stream<Item = Result<Bytes, X>> + Send + 'static,
    E: Into<BoxError> + 'static,
    X: Into<BoxError> + 'static,
{
    let (status, body) = match &plan {
        Plan::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, Body::empty()),
        Plan::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, Body::empty()),
        Plan::Whole if method == Method::HEAD || file.size_bytes == 0 => {
            (StatusCode::OK, Body::empty())
        }
        Plan::Whole => (StatusCode::OK, Body::from_stream(open(0, file.size_bytes).await?)),
        Plan::Parts(parts) => (StatusCode::PARTIAL_CONTENT, partial(file, parts, open).await?),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    describe(response.headers_mut(), file, &plan);
    Ok(response)
}

/// The bytes of one part as they are, those of several in the manner of `multipart/byteranges`.
async fn partial<O, A, S, E, X>(
    file: &File,
    parts: &[RangeInclusive<u64>],
    open: O,
) -> Result<Body, E>
where
    O: Fn(u64, u64) -> A + Send + 'static,
    A: Future<Output = Result<S, E>> + Send + 'static,
    S: Stream<Item = Result<Bytes, X>> + Send + 'static,
    E: Into<BoxError> + 'static,
    X: Into<BoxError> + 'static,
{
    let Some((first, others)) = parts.split_first() else {
        return Ok(Body::empty());
    };
    let opened = open(*first.start(), length(first)).await?;
    if others.is_empty() {
        return Ok(Body::from_stream(opened));
    }
    let first = with_head(head(first, file.size_bytes), opened);
    let others: Vec<_> =
        others.iter().map(|part| (head(part, file.size_bytes), part.clone())).collect();
    let others = stream::iter(others)
        .then(move |(head, part)| {
            let opening = open(*part.start(), length(&part));
            async move { opening.await.map(|s| with_head(head, s)).map_err(Into::into) }
        })
        .try_flatten();
    let tail = stream::once(future::ready(Ok(Bytes::from(tail()))));
    Ok(Body::from_stream(first.chain(others).chain(tail)))
}

fn with_head<S, X>(head: String, body: S) -> impl Stream<Item = Result<Bytes, BoxError>>
where
    S: Stream<Item = Result<Bytes, X>>,
    X: Into<BoxError>,
{
    stream::once(future::ready(Ok(Bytes::from(head)))).chain(body.map_err(Into::into))
}

fn head(part: &RangeInclusive<u64>, size_bytes: u64) -> String {
    format!(
        "\r\n--{BOUNDARY}\r\nContent-Type: application/octet-stream\r\n\
         Content-Range: bytes {}-{}/{size_bytes}\r\n\r\n",
        part.start(),
        part.end()
    )
}

fn tail() -> String {
    format!("\r\n--{BOUNDARY}--")
}

fn length(part: &RangeInclusive<u64>) -> u64 {
    part.end() - part.start() + 1
}

fn describe(headers: &mut HeaderMap, file: &File, plan: &Plan) {
    let size = file.size_bytes;
    match plan {
        Plan::PreconditionFailed => return,
        Plan::Whole => {
            headers.insert(CONTENT_LENGTH, size.into());
        }
        Plan::Unsatisfiable => insert(headers, CONTENT_RANGE, &format!("bytes */{size}")),
        Plan::Parts(parts) => {
            headers.insert(CONTENT_LENGTH, sent_bytes(parts, size).into());
            if let [part] = parts.as_slice() {
                let range = format!("bytes {}-{}/{size}", part.start(), part.end());
                insert(headers, CONTENT_RANGE, &range);
            }
        }
    }
    let is_multipart = matches!(plan, Plan::Parts(parts) if parts.len() > 1);
    headers.insert(CONTENT_TYPE, if is_multipart { MULTIPART } else { OCTETS });
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_DISPOSITION, disposition(&file.name));
    insert(headers, ETAG, &format!("\"{}\"", file.sha1));
    if let Ok(millis) = u64::try_from(file.modified_millis) {
        let modified = UNIX_EPOCH + Duration::from_millis(millis.min(YEAR_9999_MILLIS));
        insert(headers, LAST_MODIFIED, &httpdate::fmt_http_date(modified));
    }
}

/// The last second that an HTTP date can tell.
const YEAR_9999_MILLIS: u64 = 253_402_300_799_000;

fn sent_bytes(parts: &[RangeInclusive<u64>], size_bytes: u64) -> u64 {
    let bytes: u64 = parts.iter().map(length).sum();
    match parts {
        [_] => bytes,
        several => {
            let heads: usize = several.iter().map(|part| head(part, size_bytes).len()).sum();
            bytes + (heads + tail().len()) as u64
        }
    }
}

fn insert(headers: &mut HeaderMap, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    const CONTENT: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

    fn file() -> File {
        File {
            name: "update.bin".into(),
            size_bytes: 36,
            sha1: "a26704c0".into(),
            modified_millis: 1_700_000_000_500,
        }
    }

    async fn send(method: &Method, plan: Plan) -> (StatusCode, HeaderMap, Vec<u8>) {
        let open = |offset: u64, length: u64| async move {
            let bytes = &CONTENT[offset as usize..(offset + length) as usize];
            Ok::<_, BoxError>(stream::iter(bytes.chunks(3).map(|c| Ok::<_, BoxError>(c.into()))))
        };
        let response = respond(method, &file(), plan, open).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    #[tokio::test]
    async fn a_whole_file_carries_the_recorded_headers() {
        let (status, headers, body) = send(&Method::GET, Plan::Whole).await;
        assert_eq!((status, &body[..]), (StatusCode::OK, CONTENT));
        for (name, value) in [
            ("content-type", "application/octet-stream"),
            ("content-length", "36"),
            ("content-disposition", "attachment;filename=update.bin"),
            ("accept-ranges", "bytes"),
            ("etag", "\"a26704c0\""),
            ("last-modified", "Tue, 14 Nov 2023 22:13:20 GMT"),
        ] {
            assert_eq!(headers[name], value);
        }
    }

    #[tokio::test]
    async fn a_head_has_the_length_and_no_body() {
        let (status, headers, body) = send(&Method::HEAD, Plan::Whole).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 0));
        assert_eq!(headers["content-length"], "36");
    }

    #[tokio::test]
    async fn one_part_is_sent_bare() {
        let (status, headers, body) = send(&Method::GET, Plan::Parts(vec![5..=9])).await;
        assert_eq!((status, &body[..]), (StatusCode::PARTIAL_CONTENT, &b"56789"[..]));
        assert_eq!(headers["content-range"], "bytes 5-9/36");
        assert_eq!(headers["content-length"], "5");
    }

    #[tokio::test]
    async fn several_parts_are_laid_out_as_documented() {
        let (status, headers, body) = send(&Method::GET, Plan::Parts(vec![0..=1, 4..=5])).await;
        assert_eq!(status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(headers["content-type"], MULTIPART);
        assert_eq!(headers["content-length"].to_str().unwrap(), body.len().to_string());
        let part = "\r\n--THIS_STRING_SEPARATES_MULTIPART\r\n\
                    Content-Type: application/octet-stream\r\nContent-Range: bytes ";
        let expected = format!(
            "{part}0-1/36\r\n\r\n01{part}4-5/36\r\n\r\n45\
             \r\n--THIS_STRING_SEPARATES_MULTIPART--"
        );
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[tokio::test]
    async fn refusals_have_no_body() {
        let (status, headers, body) = send(&Method::GET, Plan::Unsatisfiable).await;
        assert_eq!((status, body.len()), (StatusCode::RANGE_NOT_SATISFIABLE, 0));
        assert_eq!(headers["content-range"], "bytes */36");
        assert!(headers.contains_key("etag") && headers.contains_key("accept-ranges"));
        let (status, headers, _) = send(&Method::GET, Plan::PreconditionFailed).await;
        assert_eq!((status, headers.len()), (StatusCode::PRECONDITION_FAILED, 0));
    }
}
