//! What a device said, told to the hub; what the hub wants, sent to the device.

use crate::ADAPTER;
use crate::acks::Acks;
use crate::intake::Received;
use crate::json::{Attributes, Event, Hello, Mode, Notice, Presence, read};
use crate::order::outgoing;
use crate::request_id;
use crate::status::{canonical, fault, phase};
use crate::throttle::Throttle;
use crate::topic::{Leaf, Topics};
use otahub_client::device::{
    AttributeMode, AttributeValue, DeviceRef, LinkProtocol, OpenLinkRequest, OrderCause, OrderKind,
    ReportProgressRequest, TakeOrderRequest, UpdateAttributesRequest, UpdatePresenceRequest,
};
use otahub_client::{Caller, HubClient, HubError, Reason};
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};

/// The bridge ends: what was being done is not, and is not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

/// How long to wait before the hub is asked again: at first, and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// What tells the hub and the devices.
pub(crate) struct Handler {
    pub hub: HubClient,
    pub client: AsyncClient,
    pub topics: Topics,
    pub public_url: String,
    pub acks: Arc<Acks>,
    pub stop: CancellationToken,
}

/// What became of a call: the answer, or why the hub refused.
type Told<T> = Result<Result<T, HubError>, Stopped>;

impl Handler {
    /// Handles a message, and acknowledges it once it is on disk.
    pub(crate) async fn receive(
        &self,
        received: Received,
        throttle: &mut Throttle,
    ) -> Result<(), Stopped> {
        let Received { device, leaf, payload, ticket } = received;
        match leaf {
            Leaf::Hello => self.hello(&device, &payload).await?,
            Leaf::Presence => self.presence(&device, &payload).await?,
            Leaf::Attributes => self.attributes(&device, &payload).await?,
            Leaf::Event => self.event(&device, &payload, throttle).await?,
        }
        self.acks.done(ticket).await;
        Ok(())
    }

    async fn hello(&self, device: &DeviceRef, payload: &[u8]) -> Result<(), Stopped> {
        let hello: Hello = match read(payload) {
            Ok(hello) => hello,
            Err(why) => return self.unreadable(device, Leaf::Hello, why).await,
        };
        let capabilities = hello.capabilities.clone().unwrap_or_default();
        let request = OpenLinkRequest {
            device: Some(device.clone()),
            protocol: LinkProtocol::MqttJson.into(),
            confirms: capabilities.confirm,
            download_only: capabilities.download_only,
        };
        let opened = self
            .patiently(|| {
                let (mut push, request) = (self.push(), request.clone());
                async move { push.open_link(request).await }
            })
            .await?;
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => return self.refused(device, Leaf::Hello, &error).await,
        };
        let said = said_of_itself(&hello);
        if !said.is_empty() {
            self.update_attributes(device, AttributeMode::Merge, said, Leaf::Hello).await?;
        }
        if opened.attributes_requested {
            self.want_attributes(device).await?;
        }
        let known =
            hello.last_request.as_deref().and_then(|id| request_id::action(&device.tenant, id));
        self.order(device, OrderCause::Session, known.unwrap_or(0)).await.map(|_| ())
    }

    async fn presence(&self, device: &DeviceRef, payload: &[u8]) -> Result<(), Stopped> {
        if payload.is_empty() {
            // somebody cleared what the broker retained
            return Ok(());
        }
        let presence: Presence = match read(payload) {
            Ok(presence) => presence,
            Err(why) => return self.unreadable(device, Leaf::Presence, why).await,
        };
        let request =
            UpdatePresenceRequest { device: Some(device.clone()), online: presence.online };
        let updated = self
            .patiently(|| {
                let (mut push, request) = (self.push(), request.clone());
                async move { push.update_presence(request).await }
            })
            .await?;
        match updated {
            Ok(_) => Ok(()),
            Err(error) => self.refused(device, Leaf::Presence, &error).await,
        }
    }

    async fn attributes(&self, device: &DeviceRef, payload: &[u8]) -> Result<(), Stopped> {
        let document: Attributes = match read(payload) {
            Ok(document) => document,
            Err(why) => return self.unreadable(device, Leaf::Attributes, why).await,
        };
        let mode = match document.mode {
            Mode::Merge => AttributeMode::Merge,
            Mode::Replace => AttributeMode::Replace,
            Mode::Remove => AttributeMode::Remove,
        };
        let Some(values) = document.values() else {
            let why = "every value is a text, a number, true, false or null".to_owned();
            return self.unreadable(device, Leaf::Attributes, why).await;
        };
        self.update_attributes(device, mode, values, Leaf::Attributes).await
    }

    async fn update_attributes(
        &self,
        device: &DeviceRef,
        mode: AttributeMode,
        attributes: HashMap<String, AttributeValue>,
        leaf: Leaf,
    ) -> Result<(), Stopped> {
        let request =
            UpdateAttributesRequest { device: Some(device.clone()), mode: mode.into(), attributes };
        let updated = self
            .patiently(|| {
                let (mut hub, request) = (self.hub.device(&caller()), request.clone());
                async move { hub.update_attributes(request).await }
            })
            .await?;
        match updated {
            Ok(()) => Ok(()),
            Err(error) => self.refused(device, leaf, &error).await,
        }
    }

    async fn event(
        &self,
        device: &DeviceRef,
        payload: &[u8],
        throttle: &mut Throttle,
    ) -> Result<(), Stopped> {
        let event: Event = match read(payload) {
            Ok(event) => event,
            Err(why) => return self.unreadable(device, Leaf::Event, why).await,
        };
        let Some(action) = request_id::action(&device.tenant, &event.request) else {
            return self.unknown_request(device, &event.request).await;
        };
        let code = canonical(&event.status_code).to_owned();
        let report = ReportProgressRequest {
            device: Some(device.clone()),
            action,
            phase: phase(&event.status).into(),
            fault: fault(&code).into(),
            percent: event.status_progress,
            word: event.status,
            code,
            message: event.message,
            occur_time: event.timestamp,
        };
        match throttle.pass(report, Instant::now()) {
            Some(report) => self.report(report).await,
            None => Ok(()),
        }
    }

    /// Tells the hub how a request goes.
    pub(crate) async fn report(&self, report: ReportProgressRequest) -> Result<(), Stopped> {
        let device = report.device.clone().unwrap_or_default();
        let told = self
            .patiently(|| {
                let (mut push, report) = (self.push(), report.clone());
                async move { push.report_progress(report).await }
            })
            .await?;
        match told {
            Ok(taken) => {
                let how = taken.reception().as_str_name();
                metrics::counter!("otahub_mqtt_events_total", "reception" => how).increment(1);
                Ok(())
            }
            Err(error) if matches!(error.reason, Reason::NotFound | Reason::NotRelated) => {
                let id = request_id::of(&device.tenant, report.action);
                self.unknown_request(&device, &id.map(|id| id.to_string()).unwrap_or_default())
                    .await
            }
            Err(error) => self.refused(&device, Leaf::Event, &error).await,
        }
    }

    /// Asks the hub what a device is to be sent, and sends it. Gives how the device is reached.
    pub(crate) async fn order(
        &self,
        device: &DeviceRef,
        cause: OrderCause,
        known_action: i64,
    ) -> Result<LinkProtocol, Stopped> {
        let request =
            TakeOrderRequest { device: Some(device.clone()), cause: cause.into(), known_action };
        let taken = self
            .patiently(|| {
                let (mut push, request) = (self.push(), request.clone());
                async move { push.take_order(request).await }
            })
            .await?;
        let order = match taken {
            Ok(order) => order,
            Err(error) => {
                tracing::debug!(%error, device = ?device, "nothing can be asked for a device");
                return Ok(LinkProtocol::Unspecified);
            }
        };
        let protocol = order.protocol();
        if order.kind() == OrderKind::Unspecified || protocol != LinkProtocol::MqttJson {
            return Ok(protocol);
        }
        let Some(out) = outgoing(&order, device, &self.public_url) else {
            return Ok(protocol);
        };
        let properties = PublishProperties {
            message_expiry_interval: Some(out.expires_in_secs),
            response_topic: Some(self.topics.event(device)),
            correlation_data: Some(bytes::Bytes::copy_from_slice(out.id.as_bytes())),
            ..described()
        };
        metrics::counter!("otahub_mqtt_requests_total", "kind" => order.kind().as_str_name())
            .increment(1);
        self.publish(self.topics.request(device), &out.request, properties).await?;
        Ok(protocol)
    }

    /// Asks a device what it has to say of itself.
    pub(crate) async fn want_attributes(&self, device: &DeviceRef) -> Result<(), Stopped> {
        let message = "say what there is to say of the device on its topic attributes".to_owned();
        self.notice(device, Notice { code: "AttributesRequested", message, topic: None }).await
    }

    async fn unreadable(
        &self,
        device: &DeviceRef,
        leaf: Leaf,
        message: String,
    ) -> Result<(), Stopped> {
        let topic = Some(leaf.as_str().to_owned());
        self.notice(device, Notice { code: "InvalidDocument", message, topic }).await
    }

    async fn unknown_request(&self, device: &DeviceRef, id: &str) -> Result<(), Stopped> {
        metrics::counter!("otahub_mqtt_events_total", "reception" => "foreign").increment(1);
        let id: String = id.chars().take(64).collect();
        tracing::warn!(
            target: "otahub::security",
            tenant = device.tenant.escape_debug().to_string(),
            device = device.controller_id.escape_debug().to_string(),
            request = id.escape_debug().to_string(),
            "a device reports on a request that it never got"
        );
        let topic = Some(Leaf::Event.as_str().to_owned());
        let message = format!("the hub never sent this device a request {id:?}");
        self.notice(device, Notice { code: "UnknownRequest", message, topic }).await
    }

    async fn refused(
        &self,
        device: &DeviceRef,
        leaf: Leaf,
        error: &HubError,
    ) -> Result<(), Stopped> {
        metrics::counter!("otahub_mqtt_messages_total", "kind" => "refused").increment(1);
        if error.reason == Reason::Unauthenticated {
            // no such tenant: nobody of ours listens there
            tracing::debug!(tenant = device.tenant.escape_debug().to_string(), "no such tenant");
            return Ok(());
        }
        let topic = Some(leaf.as_str().to_owned());
        self.notice(device, Notice { code: "Refused", message: error.message.clone(), topic }).await
    }

    async fn notice(&self, device: &DeviceRef, notice: Notice) -> Result<(), Stopped> {
        let properties = PublishProperties { message_expiry_interval: Some(3600), ..described() };
        self.publish(self.topics.notice(device), &notice, properties).await
    }

    async fn publish(
        &self,
        topic: String,
        document: &impl serde::Serialize,
        properties: PublishProperties,
    ) -> Result<(), Stopped> {
        let payload = match serde_json::to_vec(document) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::error!(%error, "a document cannot be written");
                return Ok(());
            }
        };
        let sent = self.client.publish_with_properties(
            topic,
            QoS::AtLeastOnce,
            false,
            payload,
            properties,
        );
        match self.stop.run_until_cancelled(sent).await {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(Stopped),
        }
    }

    fn push(&self) -> PushClient {
        self.hub.push(&caller())
    }

    /// Calls the hub until it answers or refuses for good.
    async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Told<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut pause = PATIENCE.0;
        loop {
            let error = match self.stop.run_until_cancelled(call()).await {
                None => return Err(Stopped),
                Some(Ok(answer)) => return Ok(Ok(answer.into_inner())),
                Some(Err(status)) => HubError::from(status),
            };
            if !error.is_transient() {
                return Ok(Err(error));
            }
            tracing::debug!(%error, "the hub cannot take it now; trying again");
            if self.stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return Err(Stopped);
            }
            pause = (pause * 2).min(PATIENCE.1);
        }
    }
}

type PushClient =
    otahub_client::device::push_service_client::PushServiceClient<otahub_client::Called>;

/// The bridge, which vouches for devices.
pub(crate) fn caller() -> Caller {
    Caller::adapter(ADAPTER)
}

/// What every document says of itself.
fn described() -> PublishProperties {
    PublishProperties {
        payload_format_indicator: Some(1),
        content_type: Some("application/json".to_owned()),
        ..PublishProperties::default()
    }
}

/// The attributes that a device's greeting gives.
fn said_of_itself(hello: &Hello) -> HashMap<String, AttributeValue> {
    let installed = hello.installed.clone().unwrap_or_default();
    let pairs = [
        ("agent.name", hello.agent.clone()),
        ("agent.version", hello.agent_version.clone()),
        ("baseImage.name", installed.name),
        ("baseImage.version", installed.version),
        ("bootId", hello.boot_id.clone()),
    ];
    let given = |(key, value): (&str, Option<String>)| {
        Some((key.to_owned(), AttributeValue { value: Some(value?) }))
    };
    pairs.into_iter().filter_map(given).collect()
}
