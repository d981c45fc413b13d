//! A time limit for every test, and waiting for a condition instead of sleeping.

use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Runs `body`, and fails once it has taken `seconds`.
///
/// # Panics
/// When the time is over. What `body` holds is dropped while panicking, so hubs print their logs.
pub async fn within<T>(seconds: u64, body: impl Future<Output = T>) -> T {
    let mut body = pin!(body);
    match timeout(Duration::from_secs(seconds), &mut body).await {
        Ok(value) => value,
        Err(_) => panic!("not done after its limit of {seconds} s"),
    }
}

/// Asks again and again until `probe` has an answer.
///
/// # Panics
/// If there is none after `seconds`.
pub async fn eventually<T, F>(what: &str, seconds: u64, mut probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        match probe().await {
            Ok(value) => return value,
            Err(seen) if Instant::now() > end => {
                panic!("{what}: not so after {seconds} s; last seen: {seen}")
            }
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Says on a line of its own, which the test runner does not hold back, why a test is skipped.
pub fn skip(reason: &str) {
    let _ = writeln!(std::io::stderr(), "\nskipped: {reason}");
}
