//! Ports that nobody listens on, below the range that outgoing connections use.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 12_000;
const SPAN: u16 = 18_000;
static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that is free now and that this process has not been given before.
///
/// # Panics
/// If none is free.
#[must_use]
pub fn free_port() -> u16 {
    let start = u16::try_from(std::process::id() * 61 % u32::from(SPAN)).expect("below the span");
    (0..SPAN)
        .map(|_| FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % SPAN)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("some port is free")
}
