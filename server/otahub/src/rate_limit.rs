//! Requests per client address and second (hawkBit's flood filter).
//!
//! A download that comes in ranges counts once: further ranges of the same path from the same
//! address within a minute are free.

use crate::grpc_web::is_reading;
use crate::settings::RateLimit;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{Method, StatusCode, header};
use otahub_rest::{HttpSettings, client_address};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// For how long further ranges of a download are free.
const DOWNLOAD_FOR: Duration = Duration::from_secs(60);
/// How many downloads are remembered.
const DOWNLOADS_MAX: u64 = 100_000;

/// The limits with what they count.
pub(crate) struct Limiter {
    reads: DefaultKeyedRateLimiter<IpAddr>,
    writes: DefaultKeyedRateLimiter<IpAddr>,
    downloads: moka::sync::Cache<(IpAddr, String), ()>,
    http: Arc<HttpSettings>,
}

impl Limiter {
    /// A limiter, unless there is no limit.
    pub(crate) fn new(limit: RateLimit, http: Arc<HttpSettings>) -> Option<Arc<Self>> {
        let RateLimit::PerSecond { reads, writes } = limit else {
            return None;
        };
        let keyed = |n| {
            RateLimiter::keyed(Quota::per_second(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)))
        };
        let downloads = moka::sync::Cache::builder().max_capacity(DOWNLOADS_MAX);
        Some(Arc::new(Self {
            reads: keyed(reads),
            writes: keyed(writes),
            downloads: downloads.time_to_live(DOWNLOAD_FOR).build(),
            http,
        }))
    }

    /// Forgets addresses that were quiet for long.
    pub(crate) fn tidy(&self) {
        self.reads.retain_recent();
        self.writes.retain_recent();
    }

    fn admits(&self, address: IpAddr, request: &Request) -> Result<(), Duration> {
        if request.headers().contains_key(header::RANGE) {
            let key = (address, request.uri().path().to_owned());
            if self.downloads.contains_key(&key) {
                return Ok(());
            }
            self.downloads.insert(key, ());
        }
        let reads = request.method() == Method::GET || is_reading(request.uri().path());
        let limiter = if reads { &self.reads } else { &self.writes };
        let now = governor::clock::DefaultClock::default().now();
        limiter.check_key(&address).map_err(|until| until.wait_time_from(now))
    }
}

/// Refuses with 429 what is too much.
pub(crate) async fn limit(
    State(limiter): State<Arc<Limiter>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let address = client_address(&parts, &limiter.http);
    let request = Request::from_parts(parts, body);
    match limiter.admits(address, &request) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            metrics::counter!("otahub_http_refused_total", "why" => "rate").increment(1);
            let seconds = wait.as_secs().saturating_add(1).to_string();
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)]).into_response()
        }
    }
}
