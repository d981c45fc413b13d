//! What a device said, told to the hub; what the hub wants, sent to the device.

use crate::acks::Acks;
use crate::intake::{Matter, Received};
use crate::json::{Event, Notice};
use crate::lane::LaneState;
use crate::order::outgoing;
use crate::request_id;
use crate::speaker::{Said, Speaker, caller};
use crate::status::{canonical, fault, phase};
use crate::topic::Topics;
use otahub_client::device::{
    AttributeMode, AttributeValue, DeviceRef, LinkProtocol, OpenLinkRequest, OpenLinkResponse,
    OrderCause, OrderKind, ReportProgressRequest, TakeOrderRequest, UpdateAttributesRequest,
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

/// A message for the broker.
pub(crate) struct Outgoing {
    pub topic: String,
    pub qos: QoS,
    pub payload: Vec<u8>,
    pub properties: PublishProperties,
}

/// What became of a call: the answer, or why the hub refused.
type Told<T> = Result<Result<T, HubError>, Stopped>;

impl Handler {
    /// Handles a message, and acknowledges it once it is on disk.
    pub(crate) async fn receive(
        &self,
        received: Received,
        lane: &mut LaneState,
    ) -> Result<(), Stopped> {
        let Received { device, matter, payload, ticket } = received;
        match matter {
            Matter::Json(leaf) => self.receive_json((device, leaf), &payload, lane).await?,
            Matter::Astarte(subject) => {
                self.receive_astarte((device, subject), &payload, lane).await?;
            }
        }
        self.acks.done(ticket).await;
        Ok(())
    }

    /// A device is there. Nothing if the hub refused it.
    pub(crate) async fn open_link(
        &self,
        speaker: &Speaker,
        (confirms, download_only): (bool, bool),
        topic: &str,
    ) -> Result<Option<OpenLinkResponse>, Stopped> {
        let request = OpenLinkRequest {
            device: Some(speaker.device.clone()),
            protocol: speaker.protocol.into(),
            confirms,
            download_only,
        };
        let opened = self
            .patiently(|| {
                let (mut push, request) = (self.push(&speaker.caller()), request.clone());
                async move { push.open_link(request).await }
            })
            .await?;
        match opened {
            Ok(opened) => Ok(Some(opened)),
            Err(error) => self.refused(speaker, topic, &error).await.map(|()| None),
        }
    }

    /// Tells the hub what a device says of itself.
    pub(crate) async fn update_attributes(
        &self,
        speaker: &Speaker,
        (mode, attributes): (AttributeMode, HashMap<String, AttributeValue>),
        topic: &str,
    ) -> Result<(), Stopped> {
        let device = Some(speaker.device.clone());
        let request = UpdateAttributesRequest { device, mode: mode.into(), attributes };
        let updated = self
            .patiently(|| {
                let (mut hub, request) = (self.hub.device(&speaker.caller()), request.clone());
                async move { hub.update_attributes(request).await }
            })
            .await?;
        match updated {
            Ok(()) => Ok(()),
            Err(error) => self.refused(speaker, topic, &error).await,
        }
    }

    /// Tells the hub how a request goes, now or when its time has come.
    pub(crate) async fn event(
        &self,
        speaker: &Speaker,
        event: Event,
        lane: &mut LaneState,
    ) -> Result<(), Stopped> {
        let device = &speaker.device;
        let Some(action) = request_id::action(&device.tenant, &event.request) else {
            return self.unknown_request(speaker, &event.request).await;
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
        let said = Said { protocol: speaker.protocol, report };
        match lane.throttle.pass(said, Instant::now()) {
            Some(said) => self.report(said).await,
            None => Ok(()),
        }
    }

    /// Tells the hub how a request goes.
    pub(crate) async fn report(&self, said: Said) -> Result<(), Stopped> {
        let (speaker, report) = (said.speaker(), said.report);
        let told = self
            .patiently(|| {
                let (mut push, report) = (self.push(&speaker.caller()), report.clone());
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
                let id = request_id::of(&speaker.device.tenant, report.action);
                self.unknown_request(&speaker, &id.map(|id| id.to_string()).unwrap_or_default())
                    .await
            }
            Err(error) => self.refused(&speaker, "event", &error).await,
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
                let (mut push, request) = (self.push(&caller()), request.clone());
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
        if order.kind() == OrderKind::Unspecified || protocol == LinkProtocol::Unspecified {
            return Ok(protocol);
        }
        let Some(out) = outgoing(&order, device, &self.public_url) else {
            return Ok(protocol);
        };
        metrics::counter!("otahub_mqtt_requests_total", "kind" => order.kind().as_str_name())
            .increment(1);
        let speaker = Speaker { device: device.clone(), protocol };
        match protocol {
            LinkProtocol::Astarte => self.request_astarte(&speaker, &out, order.action).await?,
            LinkProtocol::Unspecified | LinkProtocol::MqttJson => {
                self.request_json(&speaker, &out).await?;
            }
        }
        Ok(protocol)
    }

    /// A device reports on what it never got.
    async fn unknown_request(&self, speaker: &Speaker, id: &str) -> Result<(), Stopped> {
        metrics::counter!("otahub_mqtt_events_total", "reception" => "foreign").increment(1);
        let id: String = id.chars().take(64).collect();
        tracing::warn!(
            target: "otahub::security",
            tenant = speaker.device.tenant.escape_debug().to_string(),
            device = speaker.device.controller_id.escape_debug().to_string(),
            request = id.escape_debug().to_string(),
            "a device reports on a request that it never got"
        );
        let topic = Some("event".to_owned());
        let message = format!("the hub never sent this device a request {id:?}");
        self.complain(speaker, Notice { code: "UnknownRequest", message, topic }).await
    }

    /// The hub refuses what a device said.
    pub(crate) async fn refused(
        &self,
        speaker: &Speaker,
        topic: &str,
        error: &HubError,
    ) -> Result<(), Stopped> {
        metrics::counter!("otahub_mqtt_messages_total", "kind" => "refused").increment(1);
        if error.reason == Reason::Unauthenticated {
            // nobody of ours listens there
            tracing::warn!(
                target: "otahub::security",
                tenant = speaker.device.tenant.escape_debug().to_string(),
                device = speaker.device.controller_id.escape_debug().to_string(),
                "there is no such tenant, or the device is not paired with the hub"
            );
            return Ok(());
        }
        let (message, topic) = (error.message.clone(), Some(topic.to_owned()));
        self.complain(speaker, Notice { code: "Refused", message, topic }).await
    }

    /// Something that a device said is of no use.
    pub(crate) async fn unreadable(
        &self,
        speaker: &Speaker,
        topic: &str,
        message: String,
    ) -> Result<(), Stopped> {
        let topic = Some(topic.to_owned());
        self.complain(speaker, Notice { code: "InvalidDocument", message, topic }).await
    }

    /// Tells a device, if its protocol has a word for it, and the log otherwise.
    async fn complain(&self, speaker: &Speaker, notice: Notice) -> Result<(), Stopped> {
        if speaker.protocol == LinkProtocol::MqttJson {
            return self.notice(&speaker.device, notice).await;
        }
        tracing::info!(
            tenant = speaker.device.tenant.escape_debug().to_string(),
            device = speaker.device.controller_id,
            code = notice.code,
            topic = notice.topic.unwrap_or_default().escape_debug().to_string(),
            why = notice.message.escape_debug().to_string(),
            "what a device said is of no use"
        );
        Ok(())
    }

    /// Hands a message to the connection.
    pub(crate) async fn publish(&self, message: Outgoing) -> Result<(), Stopped> {
        let Outgoing { topic, qos, payload, properties } = message;
        let sent = self.client.publish_with_properties(topic, qos, false, payload, properties);
        match self.stop.run_until_cancelled(sent).await {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(Stopped),
        }
    }

    pub(crate) fn push(&self, caller: &Caller) -> PushClient {
        self.hub.push(caller)
    }

    /// Calls the hub until it answers or refuses for good.
    pub(crate) async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Told<T>
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
