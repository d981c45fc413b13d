//! otahub.device.v1.PushService.

use super::{Answer, answer};
use crate::auth::{DeviceCaller, adapter};
use crate::hub::Hub;
use crate::translate::push as translate;
use crate::usecase::{Report, Words};
use otahub_domain::push::Cause;
use otahub_domain::{ActionId, Error, Result as Decided};
use otahub_proto::otahub::device::v1 as proto;
use proto::push_service_server::PushService;
use std::time::Duration;
use tonic::Request;
use tonic::metadata::MetadataMap;

/// What adapters with a broker behind them need.
pub(crate) struct PushApi(pub(crate) Hub);

/// How many devices are listed at once.
const PAGE: u64 = 100;
/// How many tenants are listed at once.
const TENANTS: usize = 1000;
/// The most characters of a secret's purpose.
const PURPOSE_MAX: usize = 64;

impl PushApi {
    /// The device that an adapter speaks of.
    async fn caller(
        &self,
        metadata: &MetadataMap,
        device: Option<proto::DeviceRef>,
    ) -> Decided<DeviceCaller> {
        adapter(metadata)?;
        self.0.device_caller(metadata, device).await
    }
}

#[tonic::async_trait]
impl PushService for PushApi {
    async fn open_link(
        &self,
        request: Request<proto::OpenLinkRequest>,
    ) -> Answer<proto::OpenLinkResponse> {
        let (metadata, _, mut message) = request.into_parts();
        let opened = async {
            let caller = self.caller(&metadata, message.device.take()).await?;
            self.0.open_link(&caller, translate::linking(&message)?).await
        };
        let wanted = opened.await;
        answer(wanted.map(|attributes_requested| proto::OpenLinkResponse { attributes_requested }))
    }

    async fn update_presence(
        &self,
        request: Request<proto::UpdatePresenceRequest>,
    ) -> Answer<proto::UpdatePresenceResponse> {
        let (metadata, _, message) = request.into_parts();
        let updated = async {
            let caller = self.caller(&metadata, message.device).await?;
            self.0.update_presence(&caller, message.online).await
        };
        answer(updated.await.map(|returned| proto::UpdatePresenceResponse { returned }))
    }

    async fn retain_attributes(
        &self,
        request: Request<proto::RetainAttributesRequest>,
    ) -> Answer<proto::RetainAttributesResponse> {
        let (metadata, _, message) = request.into_parts();
        let (prefixes, keys) = (message.prefixes, message.keys.into_iter().collect());
        let retained = async {
            let caller = self.caller(&metadata, message.device).await?;
            self.0.retain_attributes(&caller, prefixes, keys).await
        };
        answer(retained.await.map(|forgotten| proto::RetainAttributesResponse {
            forgotten: i32::try_from(forgotten).unwrap_or(i32::MAX),
        }))
    }

    async fn take_order(
        &self,
        request: Request<proto::TakeOrderRequest>,
    ) -> Answer<proto::TakeOrderResponse> {
        let (metadata, _, mut message) = request.into_parts();
        let taken = async {
            let caller = self.caller(&metadata, message.device.take()).await?;
            let current = caller.device.as_ref().and_then(|device| device.current.as_ref());
            let knows = current.is_some_and(|action| action.id.0 == message.known_action);
            let cause = match message.cause() {
                proto::OrderCause::Unspecified | proto::OrderCause::Work => Cause::Work,
                proto::OrderCause::Session if knows => Cause::SessionKnows,
                proto::OrderCause::Session => Cause::Session,
                proto::OrderCause::Timer => Cause::Timer,
            };
            self.0.take_order(&caller, cause).await
        };
        answer(taken.await.map(|order| order.map(translate::order).unwrap_or_default()))
    }

    async fn report_progress(
        &self,
        request: Request<proto::ReportProgressRequest>,
    ) -> Answer<proto::ReportProgressResponse> {
        let (metadata, _, mut message) = request.into_parts();
        let reported = async {
            let caller = self.0.vouched(&metadata, message.device.take()).await?;
            let report = Report {
                tenant: caller.tenant.id,
                controller_id: caller.controller_id,
                action: ActionId(message.action),
                words: Words::Progress(translate::progress(message)),
            };
            self.0.report(report).await
        };
        answer(reported.await.map(|heard| proto::ReportProgressResponse {
            reception: translate::reception(heard.reception).into(),
            active: heard.action.state.is_active(),
        }))
    }

    async fn list_due_devices(
        &self,
        request: Request<proto::ListDueDevicesRequest>,
    ) -> Answer<proto::ListDueDevicesResponse> {
        let (metadata, _, message) = request.into_parts();
        let listed = async {
            adapter(&metadata)?;
            let size = u64::try_from(message.page_size).unwrap_or(0);
            self.0.due_devices(if size == 0 { PAGE } else { size.min(1000) }).await
        };
        answer(listed.await.map(|due| proto::ListDueDevicesResponse {
            devices: due.into_iter().map(translate::due).collect(),
            next_page_token: String::new(),
        }))
    }

    async fn hold_lease(
        &self,
        request: Request<proto::HoldLeaseRequest>,
    ) -> Answer<proto::HoldLeaseResponse> {
        let (metadata, _, message) = request.into_parts();
        let held = async {
            adapter(&metadata)?;
            let duration = message.duration.and_then(|d| Duration::try_from(d).ok());
            let duration = duration.unwrap_or_default();
            self.0.hold_lease(message.lease, message.owner, duration).await
        };
        answer(held.await.map(|held| proto::HoldLeaseResponse { held }))
    }

    async fn get_secret(
        &self,
        request: Request<proto::GetSecretRequest>,
    ) -> Answer<proto::GetSecretResponse> {
        let (metadata, _, message) = request.into_parts();
        let found = async {
            adapter(&metadata)?;
            if message.purpose.is_empty() || message.purpose.len() > PURPOSE_MAX {
                return Err(Error::invalid("purpose", "is empty or too long"));
            }
            self.0.secret(format!("adapter/{}", message.purpose), message.proposal).await
        };
        answer(found.await.map(|secret| proto::GetSecretResponse { secret }))
    }

    async fn list_tenants(
        &self,
        request: Request<proto::ListTenantsRequest>,
    ) -> Answer<proto::ListTenantsResponse> {
        let (metadata, _, message) = request.into_parts();
        let listed = async {
            adapter(&metadata)?;
            let size = usize::try_from(message.page_size).unwrap_or(0);
            let size = if size == 0 { TENANTS } else { size.min(TENANTS) };
            let mut names = self.0.tenant_names().await?;
            names.retain(|name| *name > message.page_token);
            names.sort();
            let is_more = names.len() > size;
            names.truncate(size);
            let last = names.last().filter(|_| is_more).cloned();
            Ok((names, last.unwrap_or_default()))
        };
        answer(listed.await.map(|(tenants, next_page_token)| proto::ListTenantsResponse {
            tenants,
            next_page_token,
        }))
    }
}
