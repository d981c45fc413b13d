//! otahub.device.v1.

use super::{instant, time};
use crate::usecase::{Chunk, Deployment, History, Order, Polled};
use otahub_domain::action::{
    CancelOutcome, Handling, HandlingType, Offer, OfferKind, Outcome, WindowState,
};
use otahub_domain::software::{Artifact, Hashes, Metadata};
use otahub_domain::target::{AttributeMode, AutoConfirmation};
use otahub_domain::{Error, Result, Timestamp};
use otahub_proto::otahub::{device::v1 as proto, v1};
use std::collections::{BTreeMap, HashMap};

pub(crate) fn polled(polled: &Polled) -> proto::PollResponse {
    proto::PollResponse {
        poll_interval: prost_types::Duration::try_from(polled.sleep).ok(),
        offer: polled.offer.map(offer),
        installed_action: polled.installed.map_or(0, |action| action.0),
        attributes_requested: polled.attributes_requested,
    }
}

pub(crate) fn offer(offer: Offer) -> proto::Offer {
    let kind = match offer.kind {
        OfferKind::Confirmation => proto::OfferKind::Confirmation,
        OfferKind::Cancellation => proto::OfferKind::Cancellation,
        OfferKind::Deployment => proto::OfferKind::Deployment,
    };
    proto::Offer { action: offer.action.0, kind: kind.into(), revision: offer.revision }
}

pub(crate) fn deployment(deployment: Deployment) -> proto::Deployment {
    let Handling { download, update, window } = deployment.handling;
    proto::Deployment {
        action: deployment.action.0,
        download: handling(download).into(),
        update: handling(update).into(),
        window: match window {
            None => proto::WindowState::Unspecified,
            Some(WindowState::Open { .. }) => proto::WindowState::Available,
            Some(WindowState::Closed { .. } | WindowState::Over) => proto::WindowState::Unavailable,
        }
        .into(),
        chunks: deployment.chunks.into_iter().map(chunk).collect(),
        history: deployment.history.map(|History { status, messages }| proto::ActionHistory {
            status: status.as_str().to_owned(),
            messages,
        }),
    }
}

pub(crate) fn order(order: Order) -> proto::Order {
    proto::Order {
        tenant: order.tenant,
        address: order.address,
        security_token: order.security_token,
        offer: order.offer.map(offer),
        deployment: order.deployment.map(deployment),
        download_only: order.download_only,
        batch: order.batch,
    }
}

/// What there is to do for a device, on a gateway's stream.
pub(crate) fn device_order(named: proto::DeviceRef, order: Order) -> proto::DeviceOrder {
    proto::DeviceOrder {
        device: Some(named),
        offer: order.offer.map(offer),
        deployment: order.deployment.map(deployment),
        download_only: order.download_only,
        attributes_requested: order.attributes_requested,
    }
}

fn handling(handling: HandlingType) -> proto::Handling {
    match handling {
        HandlingType::Forced => proto::Handling::Forced,
        HandlingType::Attempt => proto::Handling::Attempt,
        HandlingType::Skip => proto::Handling::Skip,
    }
}

fn chunk(chunk: Chunk) -> proto::Chunk {
    proto::Chunk {
        module: chunk.module.id.0,
        type_key: chunk.type_key,
        name: chunk.module.name,
        version: chunk.module.version,
        encrypted: chunk.module.encrypted,
        artifacts: chunk.artifacts.into_iter().map(artifact).collect(),
        metadata: chunk.metadata.into_iter().map(metadata).collect(),
    }
}

pub(crate) fn artifact(artifact: Artifact) -> proto::Artifact {
    proto::Artifact {
        id: artifact.id.0,
        module: artifact.module.0,
        filename: artifact.filename,
        size_bytes: super::artifact::bytes(artifact.size),
        hashes: Some(hashes(artifact.hashes)),
        create_time: Some(time(artifact.audit.created_at)),
        relation: super::artifact::relation(artifact.relation),
    }
}

pub(crate) fn hashes(hashes: Hashes) -> v1::Hashes {
    v1::Hashes { md5: hashes.md5, sha1: hashes.sha1, sha256: hashes.sha256 }
}

pub(crate) fn metadata(metadata: Metadata) -> v1::Metadata {
    v1::Metadata {
        key: metadata.key,
        value: metadata.value,
        target_visible: metadata.target_visible,
    }
}

pub(crate) fn outcome(outcome: proto::Outcome) -> Result<Outcome> {
    Ok(match outcome {
        proto::Outcome::Unspecified => return Err(Error::invalid("outcome", "is required")),
        proto::Outcome::Proceeding => Outcome::Proceeding,
        proto::Outcome::Scheduled => Outcome::Scheduled,
        proto::Outcome::Resumed => Outcome::Resumed,
        proto::Outcome::Downloading => Outcome::Downloading,
        proto::Outcome::Downloaded => Outcome::Downloaded,
        proto::Outcome::Rejected => Outcome::Rejected,
        proto::Outcome::Canceled => Outcome::Canceled,
        proto::Outcome::Succeeded => Outcome::Succeeded,
        proto::Outcome::Failed => Outcome::Failed,
        proto::Outcome::Retrieved => Outcome::Retrieved,
    })
}

pub(crate) fn cancel_outcome(outcome: proto::CancelOutcome) -> Result<CancelOutcome> {
    Ok(match outcome {
        proto::CancelOutcome::Unspecified => {
            return Err(Error::invalid("outcome", "is required"));
        }
        proto::CancelOutcome::Accepted => CancelOutcome::Accepted,
        proto::CancelOutcome::Refused => CancelOutcome::Refused,
        proto::CancelOutcome::Failed => CancelOutcome::Failed,
        proto::CancelOutcome::Proceeding => CancelOutcome::Progress,
    })
}

/// When something happened: as the device says, else now.
pub(crate) fn occurred(at: Option<&prost_types::Timestamp>, now: Timestamp) -> Timestamp {
    at.map_or(now, instant)
}

pub(crate) fn attribute_mode(mode: proto::AttributeMode) -> AttributeMode {
    match mode {
        proto::AttributeMode::Unspecified | proto::AttributeMode::Merge => AttributeMode::Merge,
        proto::AttributeMode::Replace => AttributeMode::Replace,
        proto::AttributeMode::Remove => AttributeMode::Remove,
    }
}

pub(crate) fn attributes(
    attributes: HashMap<String, proto::AttributeValue>,
) -> BTreeMap<String, Option<String>> {
    attributes.into_iter().map(|(key, value)| (key, value.value)).collect()
}

pub(crate) fn auto_confirmation(
    consent: Option<&AutoConfirmation>,
    waiting: Option<Offer>,
) -> proto::AutoConfirmation {
    proto::AutoConfirmation {
        active: consent.is_some(),
        initiator: consent.and_then(|c| c.initiator.clone()).unwrap_or_default(),
        remark: consent.and_then(|c| c.remark.clone()).unwrap_or_default(),
        activate_time: consent.map(|c| time(c.activated_at)),
        waiting: waiting.filter(|o| o.kind == OfferKind::Confirmation).map(offer),
    }
}
