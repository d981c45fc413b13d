//! Who says something, and in which words.

use crate::ADAPTER;
use otahub_client::Caller;
use otahub_client::device::{DeviceRef, LinkProtocol, ReportProgressRequest};

/// The name under which the bridge vouches for devices that have a certificate of the hub's.
const ASTARTE: &str = "astarte";

/// Who says something, and in which words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Speaker {
    /// The device.
    pub device: DeviceRef,
    /// The words.
    pub protocol: LinkProtocol,
}

/// What a device says of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// In which words.
    pub protocol: LinkProtocol,
    /// What.
    pub report: ReportProgressRequest,
}

/// The bridge, which vouches for devices.
pub(crate) fn caller() -> Caller {
    Caller::adapter(ADAPTER)
}

impl Speaker {
    /// The bridge, which vouches for this one.
    pub(crate) fn caller(&self) -> Caller {
        match self.protocol {
            LinkProtocol::Astarte => Caller::adapter(ASTARTE),
            LinkProtocol::Unspecified | LinkProtocol::MqttJson => caller(),
        }
    }
}

impl Said {
    /// Who says it.
    pub(crate) fn speaker(&self) -> Speaker {
        let device = self.report.device.clone().unwrap_or_default();
        Speaker { device, protocol: self.protocol }
    }
}
