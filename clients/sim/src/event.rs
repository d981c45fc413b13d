//! What a device tells of itself while it works.

use std::time::Duration;

/// Something that a device did or met. Actions go by the id that the hub sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SimEvent {
    /// The hub answered a poll.
    Polled {
        /// How long it wants the device to wait.
        sleep: Duration,
        /// Nothing changed since the last poll (304).
        unchanged: bool,
    },
    /// The connection with the broker is up.
    Connected,
    /// An order came over MQTT.
    Requested {
        /// `Update`, `Cancel` or `Confirm`.
        operation: &'static str,
        /// The UUID of the request.
        request: String,
    },
    /// The device reported over MQTT, as OTAEvent has it.
    Reported {
        /// The UUID of the request.
        request: String,
        /// The status, e.g. `Downloading`.
        status: &'static str,
        /// How far that is, in percent.
        progress: u8,
    },
    /// The device said what it is.
    AttributesSent {
        /// How many attributes.
        count: usize,
    },
    /// The device's user said yes.
    Confirmed {
        /// To which action.
        action: String,
    },
    /// The device's user said no.
    Denied {
        /// To which action.
        action: String,
    },
    /// The device knows what to install.
    DeploymentFetched {
        /// The action.
        action: String,
        /// What is to be installed.
        modules: Vec<Module>,
    },
    /// Bytes came in.
    DownloadProgress {
        /// The file's name.
        file: String,
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// A download broke off and goes on.
    DownloadResumed {
        /// The file's name.
        file: String,
        /// From which byte.
        at: u64,
        /// What happened.
        why: String,
    },
    /// All three hashes of a file agree.
    Verified {
        /// The file's name.
        file: String,
        /// Its bytes.
        size: u64,
        /// Its SHA-256 in hexadecimal.
        sha256: String,
    },
    /// The device reported to the hub.
    Feedback {
        /// About which action.
        action: String,
        /// DDI's `execution`, e.g. `proceeding`.
        execution: &'static str,
        /// DDI's `finished`, e.g. `success`.
        finished: &'static str,
        /// What it said.
        message: String,
    },
    /// Everything is there, and nothing may be installed (yet).
    Downloaded {
        /// The action.
        action: String,
    },
    /// The update is installed.
    Finished {
        /// The action.
        action: String,
    },
    /// The device stopped as it was told.
    Canceled {
        /// The action.
        action: String,
    },
    /// The device was told to stop and will not.
    CancelRejected {
        /// The action.
        action: String,
    },
    /// The update failed.
    Failed {
        /// The action.
        action: String,
        /// Why.
        why: String,
    },
    /// The device is silent from now on.
    Vanished {
        /// The action that it took with it.
        action: String,
    },
    /// Something went wrong that the next poll may mend.
    Troubled {
        /// What.
        why: String,
    },
}

/// A software module of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its kind, in DDI's words: `os`, `bApp`, `jvm`, …
    pub part: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its files and their bytes.
    pub files: Vec<(String, u64)>,
}

impl Module {
    /// The bytes of all files.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().map(|(_, size)| size).sum()
    }
}

/// Listens to devices. Every `Fn(&str, &SimEvent)` is one; the text is the controller id.
pub trait Observer: Send + Sync {
    /// Takes note. Devices wait for it, so it should be quick.
    fn observe(&self, controller_id: &str, event: &SimEvent);
}

impl<F: Fn(&str, &SimEvent) + Send + Sync> Observer for F {
    fn observe(&self, controller_id: &str, event: &SimEvent) {
        self(controller_id, event);
    }
}
