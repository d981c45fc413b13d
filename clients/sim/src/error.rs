//! What can go wrong for a device.

use crate::options::Step;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The hub's address or a link is no URL.
    #[error("{url} is not a URL: {why}")]
    BadUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The connection failed.
    #[error("the hub cannot be reached: {}", chain(.0))]
    Http(#[from] reqwest::Error),
    /// The hub answered that it will not.
    #[error("{method} {path} was answered with {status}: {body}")]
    Refused {
        /// The method.
        method: &'static str,
        /// The path.
        path: String,
        /// The status code.
        status: u16,
        /// The beginning of the answer's body.
        body: String,
    },
    /// The hub answered what a device cannot read.
    #[error("{path} is not what a device can read: {why}")]
    Malformed {
        /// Where it came from.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// An artifact has no link to download it by.
    #[error("{file} has no download link")]
    NoLink {
        /// The artifact.
        file: String,
    },
    /// An artifact has more bytes than announced.
    #[error("{file} is larger than the announced {expected} bytes")]
    TooLarge {
        /// The artifact.
        file: String,
        /// How many bytes were announced.
        expected: u64,
    },
    /// The connection broke too often in one download.
    #[error("{file} broke off at byte {done}: {why}")]
    BrokenDownload {
        /// The artifact.
        file: String,
        /// How far it came.
        done: u64,
        /// What happened last.
        why: String,
    },
    /// An artifact's bytes are not those that were announced.
    #[error("{file} has the {algorithm} {found}, announced was {expected}")]
    HashMismatch {
        /// The artifact.
        file: String,
        /// Which hash.
        algorithm: &'static str,
        /// What was announced.
        expected: String,
        /// What the bytes hash to.
        found: String,
    },
    /// A certificate or a key is of no use.
    #[error("TLS: {0}")]
    Tls(String),
    /// The device fails because it was told to.
    #[error("simulated failure at the step {0}")]
    Simulated(Step),
}

impl SimError {
    /// Whether the next poll may well succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(_) | Self::BrokenDownload { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 409 | 425 | 429 | 500..),
            _ => false,
        }
    }

    /// Whether the hub has moved on since it gave the link that was followed.
    pub(crate) fn is_overtaken(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 405 | 410, .. })
    }

    /// Whether it is the update that failed, as opposed to the conversation about it.
    pub(crate) fn ends_update(&self) -> bool {
        matches!(
            self,
            Self::NoLink { .. }
                | Self::TooLarge { .. }
                | Self::HashMismatch { .. }
                | Self::Refused { status: 416, .. }
                | Self::Simulated(_)
        )
    }
}

/// An error with its causes: reqwest's own text stops at the first.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
