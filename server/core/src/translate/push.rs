//! otahub.device.v1, of devices that are told of their work.

use super::{device, instant, time};
use crate::usecase::{Linking, PushOrder};
use otahub_domain::push::{Fault, LinkProtocol, Phase, Progress, Reception, Send};
use otahub_domain::{Error, Result};
use otahub_proto::otahub::device::v1 as proto;
use otahub_store::DueDevice;
use sha2::{Digest, Sha256};

pub(crate) fn linking(message: &proto::OpenLinkRequest) -> Result<Linking> {
    let protocol = match message.protocol() {
        proto::LinkProtocol::Unspecified => return Err(Error::invalid("protocol", "is required")),
        proto::LinkProtocol::MqttJson => LinkProtocol::MqttJson,
        proto::LinkProtocol::Astarte => LinkProtocol::Astarte,
    };
    Ok(Linking { protocol, confirms: message.confirms, download_only: message.download_only })
}

fn protocol(protocol: LinkProtocol) -> proto::LinkProtocol {
    match protocol {
        LinkProtocol::MqttJson => proto::LinkProtocol::MqttJson,
        LinkProtocol::Astarte => proto::LinkProtocol::Astarte,
    }
}

pub(crate) fn order(
    (reached, order): (LinkProtocol, Option<PushOrder>),
) -> proto::TakeOrderResponse {
    let Some(order) = order else {
        let protocol = protocol(reached).into();
        return proto::TakeOrderResponse { protocol, ..Default::default() };
    };
    let (set_name, set_version) = order.set;
    let (grant, until) = order.grant;
    proto::TakeOrderResponse {
        kind: match order.send {
            Send::Confirm => proto::OrderKind::Confirm,
            Send::Update => proto::OrderKind::Update,
            Send::Cancel => proto::OrderKind::Cancel,
        }
        .into(),
        protocol: protocol(reached).into(),
        action: order.deployment.action.0,
        deployment: Some(device::deployment(order.deployment)),
        set_name,
        set_version,
        grant,
        expire_time: Some(time(until)),
        valid_secs: i32::try_from(order.valid.as_secs()).unwrap_or(i32::MAX),
    }
}

pub(crate) fn due(due: DueDevice) -> proto::DeviceRef {
    proto::DeviceRef { tenant: due.tenant, controller_id: due.controller_id }
}

pub(crate) fn progress(message: proto::ReportProgressRequest) -> Progress {
    let (phase, fault) = (phase(message.phase()), fault(message.fault()));
    let percent = u8::try_from(message.percent.clamp(0, 100)).unwrap_or(0);
    let at = message.occur_time.as_ref().map(instant);
    Progress {
        digest: digest(&message),
        phase,
        fault,
        percent,
        word: message.word,
        code: message.code,
        message: message.message,
        at,
    }
}

/// By which words are recognised when they come again.
fn digest(message: &proto::ReportProgressRequest) -> String {
    let mut hash = Sha256::new();
    for part in [&message.word, &message.code, &message.message] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(message.percent.to_be_bytes());
    if let Some(at) = &message.occur_time {
        hash.update(instant(at).millis().to_be_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

fn phase(phase: proto::Phase) -> Phase {
    match phase {
        proto::Phase::Unspecified => Phase::Unknown,
        proto::Phase::Confirmed => Phase::Confirmed,
        proto::Phase::Denied => Phase::Denied,
        proto::Phase::Acknowledged => Phase::Acknowledged,
        proto::Phase::Downloading => Phase::Downloading,
        proto::Phase::Downloaded => Phase::Downloaded,
        proto::Phase::Deploying => Phase::Deploying,
        proto::Phase::Deployed => Phase::Deployed,
        proto::Phase::Rebooting => Phase::Rebooting,
        proto::Phase::Success => Phase::Success,
        proto::Phase::Error => Phase::Error,
        proto::Phase::Failure => Phase::Failure,
    }
}

fn fault(fault: proto::Fault) -> Fault {
    match fault {
        proto::Fault::Unspecified => Fault::None,
        proto::Fault::Canceled => Fault::Canceled,
        proto::Fault::Busy => Fault::Busy,
        proto::Fault::RolledBack => Fault::RolledBack,
        proto::Fault::Refused => Fault::Refused,
        proto::Fault::Other => Fault::Other,
    }
}

pub(crate) fn reception(reception: Reception) -> proto::Reception {
    match reception {
        Reception::Noted => proto::Reception::Noted,
        Reception::Kept => proto::Reception::Kept,
        Reception::Repeated => proto::Reception::Repeated,
        Reception::Overtaken => proto::Reception::Overtaken,
        Reception::Late => proto::Reception::Late,
        Reception::Early => proto::Reception::Early,
    }
}
