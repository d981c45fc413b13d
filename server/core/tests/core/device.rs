//! What devices do, in few words.

use crate::operator::{Answer, told};
use otahub_client::device as proto;
use otahub_client::{Caller, HubClient};
use proto::{CancelOutcome, Consent, OfferKind, Outcome};

/// A device that speaks otahub.device.v1.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) hub: HubClient,
    pub(crate) caller: Caller,
    pub(crate) who: proto::DeviceRef,
}

impl Device {
    /// A device of the tenant `DEFAULT`.
    pub(crate) fn new(hub: HubClient, caller: Caller, id: &str) -> Self {
        let who = proto::DeviceRef { tenant: "DEFAULT".into(), controller_id: id.into() };
        Self { hub, caller, who }
    }

    /// The same device with another credential.
    pub(crate) fn with(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    fn device(&self) -> Option<proto::DeviceRef> {
        Some(self.who.clone())
    }

    /// Asks what there is to do.
    pub(crate) async fn try_poll(&self) -> Answer<proto::PollResponse> {
        let device = self.device();
        let request = proto::PollRequest { device };
        told(self.hub.device(&self.caller).poll(request).await)
    }

    /// Asks what there is to do.
    pub(crate) async fn poll(&self) -> proto::PollResponse {
        self.try_poll().await.unwrap()
    }

    /// The action on offer and what to do about it.
    pub(crate) async fn offer(&self) -> Option<(i64, OfferKind)> {
        let offer = self.poll().await.offer?;
        Some((offer.action, offer.kind()))
    }

    /// Fetches a deployment with its whole history.
    pub(crate) async fn deployment(&self, action: i64) -> Answer<proto::Deployment> {
        let request =
            proto::GetDeploymentRequest { device: self.device(), action, history_size: -1 };
        told(self.hub.device(&self.caller).get_deployment(request).await)
    }

    /// Fetches what waits for a confirmation.
    pub(crate) async fn confirmation(&self, action: i64) -> Answer<proto::Deployment> {
        let request =
            proto::GetConfirmationRequest { device: self.device(), action, history_size: 0 };
        told(self.hub.device(&self.caller).get_confirmation(request).await)
    }

    /// Fetches what was installed.
    pub(crate) async fn installed(&self, action: i64) -> Answer<proto::Deployment> {
        let request =
            proto::GetInstalledRequest { device: self.device(), action, history_size: -1 };
        told(self.hub.device(&self.caller).get_installed(request).await)
    }

    /// Fetches a cancellation.
    pub(crate) async fn cancellation(&self, action: i64) -> Answer<proto::Cancellation> {
        let request = proto::GetCancellationRequest { device: self.device(), action };
        told(self.hub.device(&self.caller).get_cancellation(request).await)
    }

    /// A report on a deployment.
    pub(crate) fn word(&self, action: i64, outcome: Outcome) -> proto::ReportFeedbackRequest {
        proto::ReportFeedbackRequest {
            device: self.device(),
            action,
            outcome: outcome.into(),
            ..Default::default()
        }
    }

    /// Reports; gives whether the action is still active.
    pub(crate) async fn report(&self, action: i64, outcome: Outcome) -> Answer<bool> {
        self.say(self.word(action, outcome)).await
    }

    /// Reports in its own words; gives whether the action is still active.
    pub(crate) async fn say(&self, request: proto::ReportFeedbackRequest) -> Answer<bool> {
        let mut device = self.hub.device(&self.caller);
        told(device.report_feedback(request).await).map(|answer| answer.active)
    }

    /// Answers a cancellation; gives whether the action is still active.
    pub(crate) async fn answer_cancel(&self, action: i64, outcome: CancelOutcome) -> Answer<bool> {
        let request = proto::ReportCancellationRequest {
            device: self.device(),
            action,
            outcome: outcome.into(),
            ..Default::default()
        };
        let mut device = self.hub.device(&self.caller);
        told(device.report_cancellation(request).await).map(|answer| answer.active)
    }

    /// Confirms or denies.
    pub(crate) async fn consent(&self, action: i64, consent: Consent) -> Answer<()> {
        let request = proto::ReportConfirmationRequest {
            device: self.device(),
            action,
            consent: consent.into(),
            ..Default::default()
        };
        let mut device = self.hub.device(&self.caller);
        told(device.report_confirmation(request).await).map(|_| ())
    }

    /// Tells one attribute.
    pub(crate) async fn attribute(&self, key: &str, value: &str) -> Answer<()> {
        let value = Some(value.to_owned());
        let request = proto::UpdateAttributesRequest {
            device: self.device(),
            attributes: [(key.to_owned(), proto::AttributeValue { value })].into(),
            ..Default::default()
        };
        told(self.hub.device(&self.caller).update_attributes(request).await)
    }

    /// Looks at a file of a module.
    pub(crate) async fn artifact(&self, module: i64, filename: &str) -> Answer<proto::Artifact> {
        let request = proto::GetArtifactRequest {
            device: self.device(),
            module,
            filename: filename.into(),
            ..Default::default()
        };
        told(self.hub.device(&self.caller).get_artifact(request).await)
    }

    /// Fetches bytes of a file; 0 for all that follow.
    pub(crate) async fn download(
        &self,
        (module, filename): (i64, &str),
        offset: i64,
        length: i64,
    ) -> Answer<Vec<u8>> {
        let request = proto::DownloadArtifactRequest {
            device: self.device(),
            module,
            filename: filename.into(),
            offset_bytes: offset,
            length_bytes: length,
        };
        let mut stream = told(self.hub.device(&self.caller).download_artifact(request).await)?;
        let mut bytes = Vec::new();
        while let Some(piece) = stream.message().await? {
            assert!(piece.data.len() <= 256 << 10, "chunks are small");
            bytes.extend_from_slice(&piece.data);
        }
        Ok(bytes)
    }

    /// Gives a standing consent.
    pub(crate) async fn consent_to_all(&self) -> Answer<proto::AutoConfirmation> {
        let request = proto::ActivateAutoConfirmationRequest {
            device: self.device(),
            initiator: "somebody".into(),
            remark: "because".into(),
        };
        let mut device = self.hub.device(&self.caller);
        told(device.activate_auto_confirmation(request).await)
    }

    /// Takes the standing consent back.
    pub(crate) async fn take_consent_back(&self) -> Answer<proto::AutoConfirmation> {
        let device = self.device();
        let request = proto::DeactivateAutoConfirmationRequest { device };
        let mut device = self.hub.device(&self.caller);
        told(device.deactivate_auto_confirmation(request).await)
    }

    /// Says which set it has already; gives whether that was news.
    pub(crate) async fn has_installed(&self, name: &str, version: &str) -> Answer<bool> {
        let request = proto::ReportInstalledRequest {
            device: self.device(),
            set_name: name.into(),
            set_version: version.into(),
        };
        let mut device = self.hub.device(&self.caller);
        told(device.report_installed(request).await).map(|answer| answer.recorded)
    }
}
