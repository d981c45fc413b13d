//! Fetches one artifact: streamed, resumed where it broke off, and checked against its hashes.

use crate::error::SimError;
use crate::http::{Http, accept, is_busy, wait};
use crate::wire::Artifact;
use futures::StreamExt;
use md5::{Digest, Md5};
use reqwest::Response;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE};
use sha1::Sha1;
use sha2::Sha256;
use std::time::Duration;

/// The least number of bytes between two tellings of progress.
const PROGRESS_STEP_BYTES: u64 = 64 << 10;

/// A file to fetch, and what was announced of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) filename: String,
    pub(crate) url: Option<String>,
    /// In bytes; without it what the hub says when it is fetched counts.
    pub(crate) size: Option<u64>,
    /// Hashes in hexadecimal.
    pub(crate) md5: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) sha256: Option<String>,
}

impl From<&Artifact> for Wanted {
    fn from(artifact: &Artifact) -> Self {
        Self {
            filename: artifact.filename.clone(),
            url: artifact.links.best().map(str::to_owned),
            size: Some(artifact.size),
            md5: Some(artifact.hashes.md5.clone()),
            sha1: Some(artifact.hashes.sha1.clone()),
            sha256: Some(artifact.hashes.sha256.clone()),
        }
    }
}

/// What a download tells of itself.
pub(crate) enum Note {
    Progress { done: u64, total: u64 },
    Resumed { at: u64, why: String },
}

/// A download under way.
pub(crate) struct Download<'a> {
    http: &'a Http,
    wanted: &'a Wanted,
    rate: Option<u64>,
    size: Option<u64>,
    done: u64,
    told: u64,
    digests: Digests,
}

impl<'a> Download<'a> {
    pub(crate) fn new(http: &'a Http, wanted: &'a Wanted, rate: Option<u64>) -> Self {
        let (size, digests) = (wanted.size, Digests::of(wanted));
        Self { http, wanted, rate, size, done: 0, told: 0, digests }
    }

    /// Fetches all bytes and checks them; how many they are.
    pub(crate) async fn run(mut self, note: &(dyn Fn(Note) + Sync)) -> Result<u64, SimError> {
        let href = self.wanted.url.as_deref().ok_or_else(|| self.no_link())?;
        let mut broken = 0;
        while broken == 0 || self.size.is_none_or(|size| self.done < size) {
            let before = self.done;
            let Err(why) = self.attempt(href, note).await? else {
                break;
            };
            broken = if self.done > before { 1 } else { broken + 1 };
            if broken > self.http.retry.attempts {
                return Err(self.broken(why));
            }
            note(Note::Resumed { at: self.done, why });
            tokio::time::sleep(self.http.retry.wait).await;
        }
        self.digests.check(self.wanted)?;
        Ok(self.done)
    }

    /// Fetches from where it stands. The inner error says why it did not come to the end.
    async fn attempt(
        &mut self,
        href: &str,
        note: &(dyn Fn(Note) + Sync),
    ) -> Result<Result<(), String>, SimError> {
        let response = match self.http.download(href, self.done).await {
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
        let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
        let malformed = |why| SimError::Malformed { path: response.url().path().to_owned(), why };
        if response.status().as_u16() != 206 {
            self.done = 0;
            self.told = 0;
            self.digests = Digests::of(self.wanted);
            if self.wanted.size.is_none() {
                self.size = header(CONTENT_LENGTH).and_then(|text| text.parse().ok());
            }
            return match self.size {
                Some(_) => Ok(()),
                None => Err(malformed("nobody says how many bytes it has".to_owned())),
            };
        }
        let range = header(CONTENT_RANGE);
        let expected = format!("bytes {}-", self.done);
        if range.is_some_and(|range| range.starts_with(&expected)) {
            return Ok(());
        }
        Err(malformed(format!("asked for «{expected}», got «{}»", range.unwrap_or_default())))
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
        if self.done < self.total() {
            return Ok(Err("the connection ended early".to_owned()));
        }
        Ok(Ok(()))
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), SimError> {
        self.done += piece.len() as u64;
        if self.done > self.total() {
            let (file, expected) = (self.wanted.filename.clone(), self.total());
            return Err(SimError::TooLarge { file, expected });
        }
        self.digests.update(piece);
        Ok(())
    }

    fn tell(&mut self, note: &(dyn Fn(Note) + Sync)) {
        let total = self.total();
        if self.done - self.told >= PROGRESS_STEP_BYTES || self.done == total {
            self.told = self.done;
            note(Note::Progress { done: self.done, total });
        }
    }

    /// How many bytes there are to be; known as soon as some came.
    fn total(&self) -> u64 {
        self.size.unwrap_or_default()
    }

    fn no_link(&self) -> SimError {
        SimError::NoLink { file: self.wanted.filename.clone() }
    }

    fn broken(&self, why: String) -> SimError {
        SimError::BrokenDownload { file: self.wanted.filename.clone(), done: self.done, why }
    }
}

/// The hashes that were announced, over the same bytes.
#[derive(Default)]
struct Digests {
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

impl Digests {
    fn of(wanted: &Wanted) -> Self {
        Self {
            md5: wanted.md5.as_ref().map(|_| Md5::new()),
            sha1: wanted.sha1.as_ref().map(|_| Sha1::new()),
            sha256: wanted.sha256.as_ref().map(|_| Sha256::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.md5.iter_mut().for_each(|digest| digest.update(bytes));
        self.sha1.iter_mut().for_each(|digest| digest.update(bytes));
        self.sha256.iter_mut().for_each(|digest| digest.update(bytes));
    }

    fn check(self, wanted: &Wanted) -> Result<(), SimError> {
        let found = [
            ("md5", self.md5.map(|digest| hex::encode(digest.finalize())), &wanted.md5),
            ("sha1", self.sha1.map(|digest| hex::encode(digest.finalize())), &wanted.sha1),
            ("sha256", self.sha256.map(|digest| hex::encode(digest.finalize())), &wanted.sha256),
        ];
        for (algorithm, found, expected) in found {
            if let (Some(found), Some(expected)) = (found, expected)
                && !found.eq_ignore_ascii_case(expected)
            {
                let (file, expected) = (wanted.filename.clone(), expected.clone());
                return Err(SimError::HashMismatch { file, algorithm, expected, found });
            }
        }
        Ok(())
    }
}
