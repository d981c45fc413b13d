//! otahub.device.v1.DeviceService.

use super::{Answer, answer, required};
use crate::auth::{DeviceCaller, adapter};
use crate::hub::Hub;
use crate::translate::device as translate;
use crate::usecase::{Act, Announcing, Owner, Report, RequestId, View, Words};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use otahub_domain::action::{Action, Event, Feedback};
use otahub_domain::request::Expected;
use otahub_domain::target::Announcement;
use otahub_domain::{ActionId, Entity, Error, ModuleId, Result as Decided};
use otahub_proto::otahub::device::v1 as proto;
use proto::device_service_server::DeviceService;
use tonic::{Request, Response, Status};

/// What a device may do.
pub(crate) struct DeviceApi(pub(crate) Hub);

/// The longest `request_id`, in characters.
const REQUEST_ID_MAX: usize = 64;

/// The device behind a request, and the request. A refusal ends the rpc here, before anything
/// else of the request is looked at.
macro_rules! called {
    ($self:ident, $request:ident) => {{
        let (metadata, _, mut message) = $request.into_parts();
        let named = message.device.take();
        match $self.0.device_caller(&metadata, named).await {
            Ok(caller) => (caller, message),
            Err(error) => return answer(Err(error)),
        }
    }};
}

/// As `called`, for what only adapters may ask.
macro_rules! vouched {
    ($self:ident, $request:ident) => {{
        if let Err(error) = adapter($request.metadata()) {
            return answer(Err(error));
        }
        called!($self, $request)
    }};
}

impl DeviceApi {
    /// What a device says of an action.
    async fn report(
        &self,
        caller: DeviceCaller,
        action: i64,
        event: Event,
        request_id: impl Into<RequestId>,
    ) -> Decided<Action> {
        known(&caller)?;
        let request_id = request_id.into();
        if request_id.id.chars().count() > REQUEST_ID_MAX {
            return Err(Error::invalid("request_id", "is too long"));
        }
        let request_id = (!request_id.id.is_empty()).then_some(request_id);
        let report = Report {
            tenant: caller.tenant.id,
            controller_id: caller.controller_id,
            action: ActionId(action),
            words: Words::Event(event, request_id),
        };
        Ok(self.0.report(report).await?.action)
    }

    async fn view(
        &self,
        caller: DeviceCaller,
        view: View,
        action: i64,
        history: i32,
    ) -> Answer<proto::Deployment> {
        let seen = async {
            known(&caller)?;
            self.0.deployment(&caller, view, ActionId(action), history).await
        };
        answer(seen.await.map(translate::deployment))
    }
}

/// Refuses a device that is not registered.
fn known(caller: &DeviceCaller) -> Decided<()> {
    match caller.device {
        Some(_) => Ok(()),
        None => Err(Error::not_found(Entity::Target, &caller.controller_id)),
    }
}

#[tonic::async_trait]
impl DeviceService for DeviceApi {
    async fn poll(&self, request: Request<proto::PollRequest>) -> Answer<proto::PollResponse> {
        let (caller, _) = called!(self, request);
        let polled = async { self.0.poll(&caller).await };
        answer(polled.await.map(|p| translate::polled(&p)))
    }

    async fn get_deployment(
        &self,
        request: Request<proto::GetDeploymentRequest>,
    ) -> Answer<proto::Deployment> {
        let (caller, message) = called!(self, request);
        self.view(caller, View::Deployment, message.action, message.history_size).await
    }

    async fn get_confirmation(
        &self,
        request: Request<proto::GetConfirmationRequest>,
    ) -> Answer<proto::Deployment> {
        let (caller, message) = called!(self, request);
        self.view(caller, View::Confirmation, message.action, message.history_size).await
    }

    async fn get_installed(
        &self,
        request: Request<proto::GetInstalledRequest>,
    ) -> Answer<proto::Deployment> {
        let (caller, message) = called!(self, request);
        self.view(caller, View::Installed, message.action, message.history_size).await
    }

    async fn get_cancellation(
        &self,
        request: Request<proto::GetCancellationRequest>,
    ) -> Answer<proto::Cancellation> {
        let (caller, message) = called!(self, request);
        let fetched = async {
            known(&caller)?;
            let act = Act {
                tenant: caller.tenant.id,
                owner: Owner::Target(caller.controller_id),
                action: ActionId(message.action),
                event: Event::CancelFetched,
                by: String::new(),
                request_id: None,
            };
            self.0.act(act).await
        };
        answer(
            fetched
                .await
                .map(|action| proto::Cancellation { id: action.id.0, stop_action: action.id.0 }),
        )
    }

    async fn report_feedback(
        &self,
        request: Request<proto::ReportFeedbackRequest>,
    ) -> Answer<proto::ReportFeedbackResponse> {
        let (caller, message) = called!(self, request);
        let now = self.0.now();
        let reported = async {
            let feedback = Feedback {
                outcome: translate::outcome(message.outcome())?,
                code: message.code,
                occurred_at: translate::occurred(message.occur_time.as_ref(), now),
                messages: message.messages,
                after_download: message.after_download,
                answer_with_order: message.answer_with_order,
            };
            let request_id = RequestId { id: message.request_id, is_first: message.first_delivery };
            self.report(caller, message.action, Event::Reported(feedback), request_id).await
        };
        answer(
            reported
                .await
                .map(|action| proto::ReportFeedbackResponse { active: action.state.is_active() }),
        )
    }

    async fn report_cancellation(
        &self,
        request: Request<proto::ReportCancellationRequest>,
    ) -> Answer<proto::ReportCancellationResponse> {
        let (caller, message) = called!(self, request);
        let now = self.0.now();
        let reported = async {
            let event = Event::CancelReported {
                outcome: translate::cancel_outcome(message.outcome())?,
                code: message.code,
                occurred_at: translate::occurred(message.occur_time.as_ref(), now),
                messages: message.messages,
            };
            self.report(caller, message.action, event, message.request_id).await
        };
        answer(
            reported.await.map(|action| proto::ReportCancellationResponse {
                active: action.state.is_active(),
            }),
        )
    }

    async fn report_confirmation(
        &self,
        request: Request<proto::ReportConfirmationRequest>,
    ) -> Answer<proto::ReportConfirmationResponse> {
        let (caller, message) = called!(self, request);
        let reported = async {
            let consent = message.consent();
            let (code, messages, by) = (message.code, message.messages, None);
            let event = match consent {
                proto::Consent::Unspecified => return required("consent", None),
                proto::Consent::Confirmed => Event::Confirmed { code, messages, by },
                proto::Consent::Denied => Event::Denied { code, messages, by },
            };
            self.report(caller, message.action, event, message.request_id).await
        };
        answer(reported.await.map(|_| proto::ReportConfirmationResponse {}))
    }

    async fn report_installed(
        &self,
        request: Request<proto::ReportInstalledRequest>,
    ) -> Answer<proto::ReportInstalledResponse> {
        let (caller, message) = called!(self, request);
        let reported = async {
            known(&caller)?;
            self.0.report_installed(&caller, &message.set_name, &message.set_version).await
        };
        answer(reported.await.map(|recorded| proto::ReportInstalledResponse { recorded }))
    }

    async fn update_attributes(
        &self,
        request: Request<proto::UpdateAttributesRequest>,
    ) -> Answer<()> {
        let (caller, message) = called!(self, request);
        let updated = async {
            known(&caller)?;
            let mode = translate::attribute_mode(message.mode());
            self.0.update_attributes(&caller, translate::attributes(message.attributes), mode).await
        };
        answer(updated.await)
    }

    async fn get_auto_confirmation(
        &self,
        request: Request<proto::GetAutoConfirmationRequest>,
    ) -> Answer<proto::AutoConfirmation> {
        let (caller, _) = called!(self, request);
        let seen = async {
            let polled = self.0.poll(&caller).await?;
            let target = self.0.find_target(caller.tenant.id, &caller.controller_id).await?;
            let consent = target.auto_confirmation.as_ref();
            Ok(translate::auto_confirmation(consent, polled.offer))
        };
        answer(seen.await)
    }

    async fn activate_auto_confirmation(
        &self,
        request: Request<proto::ActivateAutoConfirmationRequest>,
    ) -> Answer<proto::AutoConfirmation> {
        let (caller, message) = called!(self, request);
        let activated = async {
            known(&caller)?;
            let (tenant, id) = (caller.tenant.id, caller.controller_id);
            let consent = crate::usecase::Consenting {
                initiator: crate::translate::given(message.initiator),
                remark: crate::translate::given(message.remark),
                by: id.clone(),
            };
            self.0.activate_auto_confirmation(tenant, id, consent).await
        };
        answer(
            activated.await.map(|target| {
                translate::auto_confirmation(target.auto_confirmation.as_ref(), None)
            }),
        )
    }

    async fn deactivate_auto_confirmation(
        &self,
        request: Request<proto::DeactivateAutoConfirmationRequest>,
    ) -> Answer<proto::AutoConfirmation> {
        let (caller, _) = called!(self, request);
        let deactivated = async {
            known(&caller)?;
            self.0.deactivate_auto_confirmation(caller.tenant.id, caller.controller_id).await
        };
        answer(
            deactivated.await.map(|target| {
                translate::auto_confirmation(target.auto_confirmation.as_ref(), None)
            }),
        )
    }

    async fn get_module_artifacts(
        &self,
        request: Request<proto::GetModuleArtifactsRequest>,
    ) -> Answer<proto::GetModuleArtifactsResponse> {
        let (caller, message) = called!(self, request);
        let listed = async {
            known(&caller)?;
            self.0.device_artifacts(&caller, ModuleId(message.module)).await
        };
        answer(listed.await.map(|artifacts| proto::GetModuleArtifactsResponse {
            artifacts: artifacts.into_iter().map(translate::artifact).collect(),
        }))
    }

    async fn get_artifact(
        &self,
        request: Request<proto::GetArtifactRequest>,
    ) -> Answer<proto::Artifact> {
        let (metadata, _, message) = request.into_parts();
        let found = async {
            let caller = self.0.downloader(&metadata, message.device).await?;
            let module = ModuleId(message.module);
            let permitted = self.0.device_artifact(&caller, module, &message.filename).await?;
            if !message.announce_path.is_empty() && !caller.is_anonymous {
                let always = message.announce_always;
                self.0
                    .announce_download(&caller, &permitted, message.announce_path, always)
                    .await?;
            }
            Ok(translate::artifact(permitted.artifact))
        };
        answer(found.await)
    }

    type DownloadArtifactStream =
        BoxStream<'static, Result<proto::DownloadArtifactResponse, Status>>;

    async fn download_artifact(
        &self,
        request: Request<proto::DownloadArtifactRequest>,
    ) -> Result<Response<Self::DownloadArtifactStream>, Status> {
        let (metadata, _, message) = request.into_parts();
        let opened = async {
            let caller = self.0.downloader(&metadata, message.device).await?;
            let module = ModuleId(message.module);
            let permitted = self.0.device_artifact(&caller, module, &message.filename).await?;
            let (offset, length) = (message.offset_bytes, message.length_bytes);
            let bytes = self.0.read_artifact(&permitted.artifact, offset, length).await?;
            Ok((translate::artifact(permitted.artifact), bytes))
        };
        answer(opened.await.map(|(whole, bytes)| {
            let mut whole = Some((whole.size_bytes, whole.hashes));
            let piece = move |data: Bytes| {
                let (size_bytes, hashes) = whole.take().unwrap_or_default();
                proto::DownloadArtifactResponse { data, size_bytes, hashes }
            };
            bytes.map_ok(piece).map_err(|e| crate::status::from_error(&e)).boxed()
        }))
    }

    async fn register(
        &self,
        request: Request<proto::RegisterRequest>,
    ) -> Answer<proto::RegisterResponse> {
        let (caller, message) = vouched!(self, request);
        let announcement = Announcement {
            controller_id: caller.controller_id.clone(),
            address: message.address,
            name: message.display_name,
        };
        let attributes = message.attributes.map(|update| {
            (translate::attribute_mode(update.mode()), translate::attributes(update.attributes))
        });
        let target_type = message.target_type;
        let announced =
            self.0.announce(&caller, Announcing { announcement, target_type, attributes }).await;
        answer(announced.map(|created| proto::RegisterResponse { created }))
    }

    async fn get_order(&self, request: Request<proto::GetOrderRequest>) -> Answer<proto::Order> {
        let (caller, _) = vouched!(self, request);
        answer(self.0.order(&caller).await.map(translate::order))
    }

    async fn get_action_device(
        &self,
        request: Request<proto::GetActionDeviceRequest>,
    ) -> Answer<proto::GetActionDeviceResponse> {
        let (metadata, _, message) = request.into_parts();
        let found = async {
            adapter(&metadata)?;
            let tenant = self.0.tenant(&message.tenant).await?.ok_or(Error::Unauthenticated)?;
            self.0.device_of_action(tenant.id, ActionId(message.action)).await
        };
        answer(found.await.map(|controller_id| proto::GetActionDeviceResponse { controller_id }))
    }

    async fn unregister(&self, request: Request<proto::UnregisterRequest>) -> Answer<()> {
        let (caller, _) = vouched!(self, request);
        answer(
            self.0.delete_target(caller.tenant.id, caller.controller_id, Expected::default()).await,
        )
    }
}
