//! What a simulated device is and how it behaves.

use crate::error::SimError;
use std::collections::BTreeMap;
use std::time::Duration;

/// A device to be.
#[derive(Debug, Clone)]
pub struct DeviceOptions {
    /// Where the hub answers HTTP: `http://host:port`, with a path prefix if there is one.
    pub base_url: String,
    /// The tenant, `DEFAULT` unless told otherwise.
    pub tenant: String,
    /// The device's id.
    pub controller_id: String,
    /// How it proves who it is.
    pub credential: Credential,
    /// What it says of itself when asked; without any, it leaves the question open.
    pub attributes: BTreeMap<String, String>,
    /// What it does with what it is told.
    pub behaviour: Behaviour,
    /// Time between polls; the hub's own wish without one.
    pub poll_interval: Option<Duration>,
    /// What it does when the hub is busy or a connection breaks.
    pub retry: Retry,
    /// The HTTP client, shared between devices.
    pub http: reqwest::Client,
}

impl DeviceOptions {
    /// A device of the tenant `DEFAULT` without credential and attributes that behaves well.
    #[must_use]
    pub fn new(base_url: &str, controller_id: &str, http: reqwest::Client) -> Self {
        Self {
            base_url: base_url.to_owned(),
            tenant: "DEFAULT".to_owned(),
            controller_id: controller_id.to_owned(),
            credential: Credential::None,
            attributes: BTreeMap::new(),
            behaviour: Behaviour::default(),
            poll_interval: None,
            retry: Retry::default(),
            http,
        }
    }
}

/// How a device proves who it is. Its text never shows in debug output.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Credential {
    /// The token that all devices of a tenant share.
    Gateway(String),
    /// The device's own token.
    Target(String),
    /// None, or a client certificate that the HTTP client carries.
    #[default]
    None,
}

impl Credential {
    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self) -> Option<String> {
        match self {
            Self::Gateway(token) => Some(format!("GatewayToken {token}")),
            Self::Target(token) => Some(format!("TargetToken {token}")),
            Self::None => None,
        }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gateway(_) => "Gateway(…)",
            Self::Target(_) => "Target(…)",
            Self::None => "None",
        })
    }
}

/// What a device does with what it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// How its updates end.
    pub outcome: Outcome,
    /// Downloads artifacts and checks them; otherwise it only says so.
    pub download: bool,
    /// Confirms when it is asked; otherwise it denies, once for each action.
    pub confirm: bool,
    /// Will not stop what it has begun.
    pub rejects_cancel: bool,
    /// Sends the ETag of the last poll, so that an unchanged answer is a 304.
    pub conditional_polls: bool,
    /// How long it takes over each step of an update.
    pub delay_between_steps: Duration,
    /// Bytes that it takes in a second; as many as come without one.
    pub download_rate: Option<u64>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            outcome: Outcome::Succeed,
            download: true,
            confirm: true,
            rejects_cancel: false,
            conditional_polls: false,
            delay_between_steps: Duration::ZERO,
            download_rate: None,
        }
    }
}

impl Behaviour {
    /// Whether it goes on at this step.
    ///
    /// # Errors
    /// That it was told to fail there.
    pub(crate) fn passes(&self, step: Step) -> Result<(), SimError> {
        match self.outcome {
            Outcome::FailAt(chosen) if chosen == step => Err(SimError::Simulated(step)),
            Outcome::FailAt(_) | Outcome::Succeed | Outcome::Vanish => Ok(()),
        }
    }

    /// Takes its time between two steps.
    pub(crate) async fn pause(&self) {
        if !self.delay_between_steps.is_zero() {
            tokio::time::sleep(self.delay_between_steps).await;
        }
    }
}

/// How a device's updates end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Installed.
    #[default]
    Succeed,
    /// Failed, and said so.
    FailAt(Step),
    /// Not at all: it fetches the order and is never heard of again.
    Vanish,
}

/// The steps of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Fetching the artifacts.
    Download,
    /// Checking them.
    Verify,
    /// Installing them.
    Install,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Download => "download",
            Self::Verify => "verify",
            Self::Install => "install",
        })
    }
}

/// What a device does when the hub is busy or a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How many more times it tries.
    pub attempts: u32,
    /// How long it waits before each, unless the hub says (`Retry-After`).
    pub wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 10, wait: Duration::from_secs(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", Credential::Target("hush".to_owned())), "Target(…)");
    }
}
