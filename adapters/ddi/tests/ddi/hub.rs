//! A hub that answers as it was told to and remembers what it was asked.

use otahub_client::device::device_service_server::{DeviceService, DeviceServiceServer};
use otahub_client::device::*;
use otahub_client::{HubChannel, HubClient};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// A refusal as the hub sends it: `("ACTION_CLOSED", [("action", "7")])`.
pub(crate) fn refusal(code: Code, reason: &str, metadata: &[(&str, &str)]) -> Status {
    let metadata: HashMap<_, _> =
        metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let details = ErrorDetails::with_error_info(reason, "otahub.dev", metadata);
    Status::with_error_details(code, "the hub's words", details)
}

macro_rules! scripted {
    ($($method:ident: $request:ident => $response:ty;)*) => {
        /// What was asked, and what to answer. Nothing to answer is UNIMPLEMENTED.
        #[derive(Default)]
        pub(crate) struct Script {
            pub(crate) metadata: Vec<MetadataMap>,
            pub(crate) downloads: Vec<DownloadArtifactRequest>,
            pub(crate) content: Vec<u8>,
            $(pub(crate) $method: Method<$request, $response>,)*
        }

        #[tonic::async_trait]
        impl DeviceService for FakeHub {
            $(async fn $method(
                &self,
                request: Request<$request>,
            ) -> Result<Response<$response>, Status> {
                let mut script = self.script();
                script.metadata.push(request.metadata().clone());
                script.$method.call(request.into_inner()).map(Response::new)
            })*

            type DownloadArtifactStream =
                tokio_stream::Iter<std::vec::IntoIter<Result<DownloadArtifactResponse, Status>>>;

            async fn download_artifact(
                &self,
                request: Request<DownloadArtifactRequest>,
            ) -> Result<Response<Self::DownloadArtifactStream>, Status> {
                let mut script = self.script();
                let request = request.into_inner();
                let from = request.offset_bytes as usize;
                let bytes = &script.content[from..from + request.length_bytes as usize];
                let pieces: Vec<_> = bytes
                    .chunks(5)
                    .map(|c| {
                        let data = c.to_vec().into();
                        Ok(DownloadArtifactResponse { data, ..Default::default() })
                    })
                    .collect();
                script.downloads.push(request);
                Ok(Response::new(tokio_stream::iter(pieces)))
            }
        }
    };
}

scripted! {
    poll: PollRequest => PollResponse;
    get_deployment: GetDeploymentRequest => Deployment;
    get_confirmation: GetConfirmationRequest => Deployment;
    get_installed: GetInstalledRequest => Deployment;
    get_cancellation: GetCancellationRequest => Cancellation;
    report_feedback: ReportFeedbackRequest => ReportFeedbackResponse;
    report_cancellation: ReportCancellationRequest => ReportCancellationResponse;
    report_confirmation: ReportConfirmationRequest => ReportConfirmationResponse;
    report_installed: ReportInstalledRequest => ReportInstalledResponse;
    update_attributes: UpdateAttributesRequest => ();
    get_auto_confirmation: GetAutoConfirmationRequest => AutoConfirmation;
    activate_auto_confirmation: ActivateAutoConfirmationRequest => AutoConfirmation;
    deactivate_auto_confirmation: DeactivateAutoConfirmationRequest => AutoConfirmation;
    get_module_artifacts: GetModuleArtifactsRequest => GetModuleArtifactsResponse;
    get_artifact: GetArtifactRequest => Artifact;
    register: RegisterRequest => RegisterResponse;
    get_order: GetOrderRequest => Order;
    get_action_device: GetActionDeviceRequest => GetActionDeviceResponse;
    unregister: UnregisterRequest => ();
}

/// One rpc: its answers in turn, the last one for good, and the requests that came.
pub(crate) struct Method<Q, A> {
    pub(crate) asked: Vec<Q>,
    answers: Vec<Result<A, Status>>,
}

impl<Q, A> Default for Method<Q, A> {
    fn default() -> Self {
        Self { asked: Vec::new(), answers: Vec::new() }
    }
}

impl<Q, A: Clone> Method<Q, A> {
    pub(crate) fn answer(&mut self, answer: A) {
        self.answers.push(Ok(answer));
    }

    pub(crate) fn refuse(&mut self, status: Status) {
        self.answers.push(Err(status));
    }

    fn call(&mut self, request: Q) -> Result<A, Status> {
        let nth = self.asked.len().min(self.answers.len().saturating_sub(1));
        self.asked.push(request);
        self.answers.get(nth).cloned().unwrap_or_else(|| Err(Status::unimplemented("no script")))
    }
}

#[derive(Clone, Default)]
pub(crate) struct FakeHub(Arc<Mutex<Script>>);

impl FakeHub {
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    pub(crate) fn client(&self) -> HubClient {
        let routes = tonic::service::Routes::new(DeviceServiceServer::new(self.clone()));
        HubClient::new(HubChannel::in_process(routes.prepare()))
    }
}
