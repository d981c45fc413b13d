//! otahub.device.v1.PairingService.

use super::{Answer, answer};
use crate::hub::Hub;
use crate::translate::time;
use otahub_domain::pairing::Verdict;
use otahub_proto::otahub::device::v1 as proto;
use proto::pairing_service_server::PairingService;
use tonic::Request;

/// How devices come by their certificates.
pub(crate) struct PairingApi(pub(crate) Hub);

#[tonic::async_trait]
impl PairingService for PairingApi {
    async fn register_pairing(
        &self,
        request: Request<proto::RegisterPairingRequest>,
    ) -> Answer<proto::RegisterPairingResponse> {
        let (metadata, _, message) = request.into_parts();
        let registered = async {
            let caller = self.0.device_caller(&metadata, message.device).await?;
            self.0.register_pairing(&caller).await
        };
        answer(registered.await.map(|secret| proto::RegisterPairingResponse { secret }))
    }

    async fn get_pairing(
        &self,
        request: Request<proto::GetPairingRequest>,
    ) -> Answer<proto::GetPairingResponse> {
        let (metadata, _, message) = request.into_parts();
        let found = self.0.paired_caller(&metadata, message.device).await;
        let shown = |confirmed| proto::GetPairingResponse { confirmed };
        answer(found.map(|(_, pairing)| shown(pairing.serial.is_some())))
    }

    async fn issue_certificate(
        &self,
        request: Request<proto::IssueCertificateRequest>,
    ) -> Answer<proto::IssueCertificateResponse> {
        let (metadata, _, message) = request.into_parts();
        let issued = async {
            let (caller, pairing) = self.0.paired_caller(&metadata, message.device).await?;
            self.0.issue_certificate((&caller, pairing), &message.signing_request).await
        };
        answer(issued.await.map(|certificate| proto::IssueCertificateResponse { certificate }))
    }

    async fn verify_certificate(
        &self,
        request: Request<proto::VerifyCertificateRequest>,
    ) -> Answer<proto::VerifyCertificateResponse> {
        let (metadata, _, message) = request.into_parts();
        let verified = async {
            let (_, pairing) = self.0.paired_caller(&metadata, message.device).await?;
            self.0.verify_certificate(&pairing, &message.certificate).await
        };
        use proto::CertificateState as State;
        answer(verified.await.map(|verdict| {
            let (state, until) = match verdict {
                Verdict::Valid { until } => (State::Valid, Some(until)),
                Verdict::Expired => (State::Expired, None),
                Verdict::Revoked => (State::Revoked, None),
                Verdict::Foreign => (State::Foreign, None),
                Verdict::Unreadable => (State::Unreadable, None),
            };
            proto::VerifyCertificateResponse {
                state: state.into(),
                verify_time: Some(time(self.0.now())),
                expire_time: until.map(time),
            }
        }))
    }

    async fn delete_pairing(
        &self,
        request: Request<proto::DeletePairingRequest>,
    ) -> Answer<proto::DeletePairingResponse> {
        let (metadata, _, message) = request.into_parts();
        let deleted = async {
            let caller = self.0.device_caller(&metadata, message.device).await?;
            self.0.delete_pairing(&caller).await
        };
        answer(deleted.await.map(|()| proto::DeletePairingResponse {}))
    }

    async fn get_trust(
        &self,
        _: Request<proto::GetTrustRequest>,
    ) -> Answer<proto::GetTrustResponse> {
        let trust = self.0.trust().await;
        answer(
            trust
                .map(|(authority, revocations)| proto::GetTrustResponse { authority, revocations }),
        )
    }
}
