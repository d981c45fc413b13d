//! What is known of a device that listens, of a request to it, and of its words.

use crate::{ActionId, TargetId, TenantId, Timestamp};
use std::time::Duration;

/// How long a device that is there may take to answer before it is sent the same again.
pub const SEND_EVERY: Duration = Duration::from_secs(300);

/// For how long what is sent holds.
pub const ORDER_TTL: Duration = Duration::from_secs(24 * 3600);

/// How long a device that is back after an installation may take to say how it went.
pub const REBOOT_WAIT: Duration = Duration::from_secs(120);

/// The words that a device is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkProtocol {
    /// JSON over MQTT.
    MqttJson,
    /// Astarte's protocol over MQTT. Its devices lose what they say while they are not
    /// connected, the result of an update that ends in a restart among it.
    Astarte,
}

impl LinkProtocol {
    /// Every protocol.
    pub const ALL: [Self; 2] = [Self::MqttJson, Self::Astarte];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MqttJson => "mqtt-json",
            Self::Astarte => "astarte",
        }
    }

    /// The protocol of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == name)
    }
}

/// How a device is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The device.
    pub target: TargetId,
    /// Its tenant.
    pub tenant: TenantId,
    /// The words that it is spoken to in.
    pub protocol: LinkProtocol,
    /// Whether it is there, as far as is known.
    pub online: bool,
    /// Since when that is so.
    pub since: Timestamp,
    /// It holds an update back until its user consents, if asked to.
    pub confirms: bool,
    /// It can download without installing.
    pub download_only: bool,
}

/// How far a device has come with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It has said nothing.
    Pending,
    /// It has the request.
    Acknowledged,
    /// It downloads.
    Downloading,
    /// It has downloaded.
    Downloaded,
    /// It installs.
    Deploying,
    /// It has installed.
    Deployed,
    /// It restarts.
    Rebooting,
    /// It has said how it ended.
    Over,
}

impl Stage {
    /// Every stage, the earliest first.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Acknowledged,
        Self::Downloading,
        Self::Downloaded,
        Self::Deploying,
        Self::Deployed,
        Self::Rebooting,
        Self::Over,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Acknowledged => "acknowledged",
            Self::Downloading => "downloading",
            Self::Downloaded => "downloaded",
            Self::Deploying => "deploying",
            Self::Deployed => "deployed",
            Self::Rebooting => "rebooting",
            Self::Over => "over",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

/// What the hub remembers of the request for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The action.
    pub action: ActionId,
    /// The device.
    pub target: TargetId,
    /// Its tenant.
    pub tenant: TenantId,
    /// How far the device has come.
    pub stage: Stage,
    /// How far it has come within the stage, in percent.
    pub progress: u8,
    /// The progress that the history shows.
    pub noted: u8,
    /// It told of an error that it wants to overcome, and has not gone on since.
    pub stumbled: bool,
    /// How often the request was sent since the device was last heard of.
    pub sends: u32,
    /// How often the device was asked for consent.
    pub asks: u32,
    /// How often the cancellation was sent.
    pub cancels: u32,
    /// How often the device refused the request because it was busy.
    pub refusals: u32,
    /// It came back after it had begun to install, and has not said how that went.
    pub returned: bool,
    /// When to look at it again, if nothing happens before.
    pub next_at: Option<Timestamp>,
    /// Until when what was sent holds. A device compares links: they stay the same as long as
    /// they hold.
    pub expires_at: Option<Timestamp>,
    /// The software that the device said it ran before, to compare it with later.
    pub image_before: Option<String>,
    /// What the device said last.
    pub last: Option<Heard>,
}

/// Words of a device by which they are recognised when they come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// A digest of all that was said.
    pub digest: String,
    /// When, by the device's clock, if it said so.
    pub at: Option<Timestamp>,
}

impl Delivery {
    /// Nothing was sent yet.
    #[must_use]
    pub const fn new(tenant: TenantId, target: TargetId, action: ActionId) -> Self {
        Self {
            action,
            target,
            tenant,
            stage: Stage::Pending,
            progress: 0,
            noted: 0,
            stumbled: false,
            sends: 0,
            asks: 0,
            cancels: 0,
            refusals: 0,
            returned: false,
            next_at: None,
            expires_at: None,
            image_before: None,
            last: None,
        }
    }
}

/// What a device says of a request, whatever its protocol calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Its user consents.
    Confirmed,
    /// Its user does not consent.
    Denied,
    /// It has the request.
    Acknowledged,
    /// It downloads.
    Downloading,
    /// It has downloaded.
    Downloaded,
    /// It installs.
    Deploying,
    /// It has installed.
    Deployed,
    /// It restarts.
    Rebooting,
    /// It installed, and that is the end of it.
    Success,
    /// Something went wrong, and it tries again.
    Error,
    /// It failed, and that is the end of it.
    Failure,
    /// Something that the hub has no word for.
    Unknown,
}

impl Phase {
    /// Every phase, for tables and properties.
    pub const ALL: [Self; 12] = [
        Self::Confirmed,
        Self::Denied,
        Self::Acknowledged,
        Self::Downloading,
        Self::Downloaded,
        Self::Deploying,
        Self::Deployed,
        Self::Rebooting,
        Self::Success,
        Self::Error,
        Self::Failure,
        Self::Unknown,
    ];
}

/// Why something went wrong on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It gave no reason.
    None,
    /// It stopped because it was told to, or its user wanted it.
    Canceled,
    /// It is busy with another request.
    Busy,
    /// It fell back to what it ran before.
    RolledBack,
    /// It does not understand, or has no use for, what it was told.
    Refused,
    /// Anything else.
    Other,
}

/// What a device says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How far it is.
    pub phase: Phase,
    /// What went wrong.
    pub fault: Fault,
    /// How far within the phase, in percent.
    pub percent: u8,
    /// What it called the phase.
    pub word: String,
    /// What it called the fault; empty for none.
    pub code: String,
    /// What else it said.
    pub message: String,
    /// When, by its clock, if it said so.
    pub at: Option<Timestamp>,
    /// A digest of all of that.
    pub digest: String,
}
