//! Fetches one artifact: streamed, resumed where it broke off, and checked against its hashes.

use crate::ddi::{Ddi, accept, is_busy, wait};
use crate::error::SimError;
use crate::wire::{Artifact, Hashes};
use futures::StreamExt;
use md5::{Digest, Md5};
use reqwest::Response;
use reqwest::header::CONTENT_RANGE;
use sha1::Sha1;
use sha2::Sha256;
use std::time::Duration;

/// The least number of bytes between two tellings of progress.
const PROGRESS_STEP_BYTES: u64 = 64 << 10;

/// What a download tells of itself.
pub(crate) enum Note {
    Progress { done: u64 },
    Resumed { at: u64, why: String },
}

/// A download under way.
pub(crate) struct Download<'a> {
    ddi: &'a Ddi,
    artifact: &'a Artifact,
    rate: Option<u64>,
    done: u64,
    told: u64,
    digests: Digests,
}

impl<'a> Download<'a> {
    pub(crate) fn new(ddi: &'a Ddi, artifact: &'a Artifact, rate: Option<u64>) -> Self {
        Self { ddi, artifact, rate, done: 0, told: 0, digests: Digests::default() }
    }

    /// Fetches all bytes and checks them.
    pub(crate) async fn run(mut self, note: &(dyn Fn(Note) + Sync)) -> Result<(), SimError> {
        let href = self.artifact.links.best().ok_or_else(|| self.no_link())?;
        let mut broken = 0;
        while self.done < self.artifact.size || broken == 0 {
            let before = self.done;
            let Err(why) = self.attempt(href, note).await? else {
                break;
            };
            broken = if self.done > before { 1 } else { broken + 1 };
            if broken > self.ddi.retry.attempts {
                return Err(self.broken(why));
            }
            note(Note::Resumed { at: self.done, why });
            tokio::time::sleep(self.ddi.retry.wait).await;
        }
        self.digests.check(&self.artifact.filename, &self.artifact.hashes)
    }

    /// Fetches from where it stands. The inner error says why it did not come to the end.
    async fn attempt(
        &mut self,
        href: &str,
        note: &(dyn Fn(Note) + Sync),
    ) -> Result<Result<(), String>, SimError> {
        let response = match self.ddi.download(href, self.done).await {
            Ok(response) if is_busy(response.status()) => {
                let pause = wait(&response, Duration::ZERO);
                tokio::time::sleep(pause).await;
                return Ok(Err(format!("the hub is busy ({})", response.status().as_u16())));
            }
            Ok(response) if response.status().is_server_error() => {
                return Ok(Err(format!("the hub answered {}", response.status().as_u16())));
            }
            Ok(response) => accept("GET", response).await?,
            Err(error) => return Ok(Err(error.to_string())),
        };
        self.align(&response)?;
        self.drain(response, note).await
    }

    /// Goes back to the beginning if the hub does, and sees that the ranges join.
    fn align(&mut self, response: &Response) -> Result<(), SimError> {
        if response.status().as_u16() != 206 {
            self.done = 0;
            self.told = 0;
            self.digests = Digests::default();
            return Ok(());
        }
        let range = response.headers().get(CONTENT_RANGE).and_then(|v| v.to_str().ok());
        let expected = format!("bytes {}-", self.done);
        if range.is_some_and(|range| range.starts_with(&expected)) {
            return Ok(());
        }
        Err(SimError::Malformed {
            path: response.url().path().to_owned(),
            why: format!("asked for «{expected}», got «{}»", range.unwrap_or_default()),
        })
    }

    async fn drain(
        &mut self,
        response: Response,
        note: &(dyn Fn(Note) + Sync),
    ) -> Result<Result<(), String>, SimError> {
        let mut stream = response.bytes_stream();
        while let Some(piece) = stream.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => return Ok(Err(error.to_string())),
            };
            self.take(&piece)?;
            self.tell(note);
            if let Some(rate) = self.rate {
                let seconds = piece.len() as f64 / rate.max(1) as f64;
                tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            }
        }
        if self.done < self.artifact.size {
            return Ok(Err("the connection ended early".to_owned()));
        }
        Ok(Ok(()))
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), SimError> {
        self.done += piece.len() as u64;
        if self.done > self.artifact.size {
            let (file, expected) = (self.artifact.filename.clone(), self.artifact.size);
            return Err(SimError::TooLarge { file, expected });
        }
        self.digests.update(piece);
        Ok(())
    }

    fn tell(&mut self, note: &(dyn Fn(Note) + Sync)) {
        if self.done - self.told >= PROGRESS_STEP_BYTES || self.done == self.artifact.size {
            self.told = self.done;
            note(Note::Progress { done: self.done });
        }
    }

    fn no_link(&self) -> SimError {
        SimError::NoLink { file: self.artifact.filename.clone() }
    }

    fn broken(&self, why: String) -> SimError {
        SimError::BrokenDownload { file: self.artifact.filename.clone(), done: self.done, why }
    }
}

/// The three hashes that DDI knows, over the same bytes.
#[derive(Default)]
struct Digests {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

impl Digests {
    fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
    }

    fn check(self, file: &str, announced: &Hashes) -> Result<(), SimError> {
        let pairs = [
            ("md5", hex::encode(self.md5.finalize()), &announced.md5),
            ("sha1", hex::encode(self.sha1.finalize()), &announced.sha1),
            ("sha256", hex::encode(self.sha256.finalize()), &announced.sha256),
        ];
        for (algorithm, found, expected) in pairs {
            if !found.eq_ignore_ascii_case(expected) {
                let (file, expected) = (file.to_owned(), expected.clone());
                return Err(SimError::HashMismatch { file, algorithm, expected, found });
            }
        }
        Ok(())
    }
}
