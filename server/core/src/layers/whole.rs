//! Tells an upload that was broken off from one that is complete.
//!
//! tonic ends the stream of a call whose caller has cancelled it in the same way as that of a
//! call whose messages have all come, and hyper does so for some of HTTP/2's resets. Half an
//! upload must not be taken for a whole one, so here a body without HTTP/2's own end of the
//! stream ends in an error that both let through.

use super::STREAMING;
use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::Request;
use axum::http::Version;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt};

/// Lets an upload over HTTP/2 that was broken off end in an error.
pub(crate) async fn only_whole(request: Request, next: Next) -> Response {
    let concerned = STREAMING.contains(&request.uri().path());
    if !concerned || request.version() != Version::HTTP_2 {
        return next.run(request).await;
    }
    let checked = |body: Body| Body::from_stream(whole(body.into_data_stream()));
    next.run(request.map(checked)).await
}

/// The upload was broken off.
#[derive(Debug, thiserror::Error)]
#[error("the upload was broken off")]
struct BrokenOff;

fn whole(data: BodyDataStream) -> impl Stream<Item = Result<Bytes, BrokenOff>> {
    futures::stream::try_unfold(data, |mut data| async move {
        match data.next().await {
            Some(Ok(piece)) => Ok(Some((piece, data))),
            None if data.is_end_stream() => Ok(None),
            Some(Err(_)) | None => Err(BrokenOff),
        }
    })
}
