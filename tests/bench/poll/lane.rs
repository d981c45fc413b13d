//! One connection, and what it saw.

use crate::fleet::{Fleet, id};
use hdrhistogram::Histogram;
use otahub_tests::wire::{Reply, Wire};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::io::Write;
use std::net::SocketAddr;
use tokio::time::Instant;

/// What a kind of request cost.
#[derive(Clone)]
pub(crate) struct Seen {
    /// Microseconds from the first byte sent to the last byte read.
    pub(crate) micros: Histogram<u64>,
    /// Answers other than 200.
    pub(crate) refused: u64,
}

impl Default for Seen {
    fn default() -> Self {
        let micros = Histogram::new_with_max(60_000_000, 3).expect("bounds that make sense");
        Self { micros, refused: 0 }
    }
}

impl Seen {
    /// Adds what another connection saw.
    pub(crate) fn add(&mut self, other: &Self) {
        self.micros.add(&other.micros).expect("the same bounds");
        self.refused += other.refused;
    }
}

/// A kept-alive connection that speaks for one device after the other.
pub(crate) struct Lane<'a> {
    fleet: &'a Fleet,
    host: String,
    wire: Wire,
    request: Vec<u8>,
    rng: StdRng,
    /// What it saw, by kind of request.
    pub(crate) seen: Vec<Seen>,
}

impl<'a> Lane<'a> {
    /// Connects; `kinds` is how many kinds of request are told apart.
    pub(crate) async fn open(fleet: &'a Fleet, hub: SocketAddr, number: u64, kinds: usize) -> Self {
        Self {
            fleet,
            host: hub.to_string(),
            wire: Wire::connect(hub).await.expect("the hub listens"),
            request: Vec::with_capacity(1024),
            rng: StdRng::seed_from_u64(number),
            seen: vec![Seen::default(); kinds],
        }
    }

    /// Some device.
    pub(crate) fn any_device(&mut self) -> usize {
        self.rng.random_range(0..self.fleet.size())
    }

    /// GET below the device's path.
    pub(crate) async fn get(&mut self, kind: usize, device: usize, rest: &str) -> Reply {
        self.send(kind, device, ("GET", rest), "").await
    }

    /// POST or PUT of JSON below the device's path.
    pub(crate) async fn send(
        &mut self,
        kind: usize,
        device: usize,
        (method, rest): (&str, &str),
        body: &str,
    ) -> Reply {
        self.request.clear();
        let (id, token) = (id(device), self.fleet.authorization(device));
        write!(
            self.request,
            "{method} /DEFAULT/controller/v1/{id}{rest} HTTP/1.1\r\nHost: {}\r\n\
             Accept: application/json\r\nAuthorization: {token}\r\n",
            self.host
        )
        .expect("memory takes everything");
        if method != "GET" {
            write!(
                self.request,
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            )
            .expect("memory takes everything");
        }
        self.request.extend_from_slice(b"\r\n");
        self.request.extend_from_slice(body.as_bytes());
        self.exchange(kind).await
    }

    async fn exchange(&mut self, kind: usize) -> Reply {
        let start = Instant::now();
        let reply = self.wire.exchange(&self.request).await.expect("the hub answers");
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.seen[kind].micros.saturating_record(micros.max(1));
        if reply.status != 200 {
            self.seen[kind].refused += 1;
        }
        reply
    }

    /// The number behind `marker` in the last answer.
    pub(crate) fn number_behind(&self, reply: Reply, marker: &str) -> Option<u64> {
        let body = std::str::from_utf8(self.wire.body(reply)).ok()?;
        let rest = body.split_once(marker)?.1;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    }
}
