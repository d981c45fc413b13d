//! What the hub answers, in DDI's documents.

use crate::call::LinkBase;
use crate::wire::Links;
use crate::wire::confirmation::{AutoConfirm, ConfirmationState};
use crate::wire::deployment::{
    ActionHistory, Artifact, Chunk, Deployment, Hashes, KeyValue, Relation,
};
use crate::wire::poll::{CancelDocument, Config, PollDocument, StopAction};
use otahub_client::device::{self, Handling, Offer, OfferKind, WindowState};
use otahub_client::millis;
use otahub_client::proto::{ArtifactKind, ArtifactRelation};
use otahub_rest::Format;

/// What there is to do.
pub(crate) fn poll(
    response: &device::PollResponse,
    base: &LinkBase<'_>,
    format: Format,
) -> PollDocument {
    let mut links = Links::default();
    if let Some(offer) = &response.offer {
        offer_link(offer, base, &mut links);
    }
    if response.installed_action != 0 {
        let href = base.to(format_args!("installedBase/{}", response.installed_action));
        links.add("installedBase", href);
    }
    if response.attributes_requested {
        links.add("configData", base.to(format_args!("configData")));
    }
    let interval = response.poll_interval.unwrap_or_default();
    let (hal, list) = links.in_form(format);
    PollDocument { config: Config::sleeping(sleep(interval.seconds, interval.nanos)), hal, list }
}

/// The link to what is on offer. Clients cut the id out between the last slash and the `?` of a
/// deployment's and a confirmation's link, and from the end of a cancellation's.
fn offer_link(offer: &Offer, base: &LinkBase<'_>, links: &mut Links) {
    let Offer { action, revision, .. } = offer;
    match offer.kind() {
        OfferKind::Unspecified => {}
        OfferKind::Confirmation => links.add(
            "confirmationBase",
            base.to(format_args!("confirmationBase/{action}?c={revision}")),
        ),
        OfferKind::Cancellation => {
            links.add("cancelAction", base.to(format_args!("cancelAction/{action}")));
        }
        OfferKind::Deployment => {
            let href = base.to(format_args!("deploymentBase/{action}?c={revision}"));
            links.add("deploymentBase", href);
        }
    }
}

/// A duration as `HH:mm:ss`, which is all that clients read: below a day, and not nought unless
/// it is.
fn sleep(seconds: i64, nanos: i32) -> String {
    let seconds = match seconds {
        0 if nanos > 0 => 1,
        _ => seconds.clamp(0, 24 * 3600 - 1),
    };
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What to download and install.
pub(crate) fn deployment(
    deployment: device::Deployment,
    base: &LinkBase<'_>,
    format: Format,
) -> Deployment {
    Deployment {
        download: handling(deployment.download()),
        update: handling(deployment.update()),
        maintenance_window: match deployment.window() {
            WindowState::Unspecified => None,
            WindowState::Available => Some("available"),
            WindowState::Unavailable => Some("unavailable"),
        },
        chunks: deployment.chunks.into_iter().map(|c| chunk(c, base, format)).collect(),
    }
}

fn handling(handling: Handling) -> &'static str {
    match handling {
        Handling::Unspecified | Handling::Skip => "skip",
        Handling::Attempt => "attempt",
        Handling::Forced => "forced",
    }
}

fn chunk(chunk: device::Chunk, base: &LinkBase<'_>, format: Format) -> Chunk {
    let metadata = chunk.metadata.into_iter();
    Chunk {
        part: match chunk.type_key.as_str() {
            "application" => "bApp".into(),
            "runtime" => "jvm".into(),
            _ => chunk.type_key,
        },
        version: chunk.version,
        name: chunk.name,
        encrypted: chunk.encrypted,
        artifacts: chunk.artifacts.into_iter().map(|a| artifact(a, base, format)).collect(),
        metadata: metadata.map(|m| KeyValue { key: m.key, value: m.value }).collect(),
    }
}

/// A file, with links to it over every scheme that the hub is reached by.
pub(crate) fn artifact(
    artifact: device::Artifact,
    base: &LinkBase<'_>,
    format: Format,
) -> Artifact {
    let path = base.artifact_path(artifact.module, &artifact.filename);
    let mut links = Links::default();
    if let Some(secure) = base.origin.secure() {
        links.add("download", format!("{secure}{path}"));
        links.add("md5sum", format!("{secure}{path}.MD5SUM"));
    }
    if let Some(plain) = base.origin.plain() {
        links.add("download-http", format!("{plain}{path}"));
        links.add("md5sum-http", format!("{plain}{path}.MD5SUM"));
    }
    let hashes = artifact.hashes.unwrap_or_default();
    let (hal, list) = links.in_form(format);
    Artifact {
        filename: artifact.filename,
        hashes: Hashes { sha1: hashes.sha1, md5: hashes.md5, sha256: hashes.sha256 },
        size: artifact.size_bytes,
        relation: artifact.relation.and_then(relation),
        hal,
        list,
    }
}

fn relation(relation: ArtifactRelation) -> Option<Relation> {
    let kind = match relation.kind() {
        ArtifactKind::Unspecified | ArtifactKind::Plain => return None,
        ArtifactKind::Signature => "signature",
        ArtifactKind::Delta => "delta",
    };
    Some(Relation {
        kind,
        subject: relation.subject_filename,
        subject_sha256: relation.subject_sha256,
        format: relation.format,
        base_version: relation.base_version,
        base_sha256: relation.base_sha256,
    })
}

/// What happened so far; nothing if there is nothing to tell.
pub(crate) fn history(history: Option<device::ActionHistory>) -> Option<ActionHistory> {
    let device::ActionHistory { status, messages } = history?;
    (!messages.is_empty()).then_some(ActionHistory { status, messages })
}

/// The wish to stop an action.
pub(crate) fn cancellation(cancellation: &device::Cancellation) -> CancelDocument {
    CancelDocument {
        id: cancellation.id.to_string(),
        cancel_action: StopAction { stop_id: cancellation.stop_action.to_string() },
    }
}

/// The standing consent.
pub(crate) fn confirmation_state(
    state: device::AutoConfirmation,
    base: &LinkBase<'_>,
    format: Format,
) -> ConfirmationState {
    let mut links = Links::default();
    let change = if state.active { "deactivateAutoConfirm" } else { "activateAutoConfirm" };
    links.add(change, base.to(format_args!("confirmationBase/{change}")));
    if let Some(offer) = &state.waiting {
        offer_link(offer, base, &mut links);
    }
    let (hal, list) = links.in_form(format);
    let since = state.activate_time.filter(|_| state.active);
    ConfirmationState {
        auto_confirm: AutoConfirm {
            active: state.active,
            initiator: state.initiator,
            remark: state.remark,
            activated_at: since.as_ref().map(millis).unwrap_or_default(),
        },
        hal,
        list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_hours_minutes_and_seconds_whatever_happens() {
        for (seconds, nanos, expected) in [
            (300, 0, "00:05:00"),
            (30, 999_999_999, "00:00:30"),
            (0, 1, "00:00:01"),
            (0, 0, "00:00:00"),
            (-5, 0, "00:00:00"),
            (86_399, 0, "23:59:59"),
            (86_400, 0, "23:59:59"),
            (i64::MAX, 0, "23:59:59"),
        ] {
            assert_eq!(sleep(seconds, nanos), expected);
        }
    }

    #[test]
    fn a_history_without_messages_is_not_shown() {
        let told =
            |messages: Vec<String>| device::ActionHistory { status: "RUNNING".into(), messages };
        assert!(history(None).is_none());
        assert!(history(Some(told(vec![]))).is_none());
        assert!(history(Some(told(vec!["said".into()]))).is_some());
    }
}
