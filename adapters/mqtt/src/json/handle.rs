//! What devices of the JSON mode said, and what they are sent.

use super::{Attributes, Event, Hello, Mode, Notice, Presence, read};
use crate::handler::{Handler, Outgoing, Stopped};
use crate::lane::LaneState;
use crate::order::Outgoing as Order;
use crate::request_id;
use crate::speaker::Speaker;
use crate::topic::Leaf;
use otahub_client::device::{
    AttributeMode, AttributeValue, DeviceRef, LinkProtocol, OrderCause, UpdatePresenceRequest,
};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use std::collections::HashMap;

/// For how many seconds a notice is worth delivering.
const NOTICE_SECS: u32 = 3600;

impl Handler {
    /// Handles a message of the JSON mode.
    pub(crate) async fn receive_json(
        &self,
        (device, leaf): (DeviceRef, Leaf),
        payload: &[u8],
        lane: &mut LaneState,
    ) -> Result<(), Stopped> {
        let speaker = Speaker { device, protocol: LinkProtocol::MqttJson };
        let understood = match leaf {
            Leaf::Hello => self.hello(&speaker, payload).await,
            Leaf::Presence => self.presence(&speaker, payload).await,
            Leaf::Attributes => self.attributes(&speaker, payload).await,
            Leaf::Event => match read::<Event>(payload) {
                Ok(event) => self.event(&speaker, event, lane).await.map(Ok),
                Err(why) => Ok(Err(why)),
            },
        };
        match understood? {
            Ok(()) => Ok(()),
            Err(why) => self.unreadable(&speaker, leaf.as_str(), why).await,
        }
    }

    async fn hello(
        &self,
        speaker: &Speaker,
        payload: &[u8],
    ) -> Result<Result<(), String>, Stopped> {
        let hello: Hello = match read(payload) {
            Ok(hello) => hello,
            Err(why) => return Ok(Err(why)),
        };
        let topic = Leaf::Hello.as_str();
        let able = hello.capabilities.clone().unwrap_or_default();
        let able = (able.confirm, able.download_only);
        let Some(opened) = self.open_link(speaker, able, topic).await? else {
            return Ok(Ok(()));
        };
        let said = said_of_itself(&hello);
        if !said.is_empty() {
            self.update_attributes(speaker, (AttributeMode::Merge, said), topic).await?;
        }
        let device = &speaker.device;
        if opened.attributes_requested {
            self.want_attributes(device).await?;
        }
        let known =
            hello.last_request.as_deref().and_then(|id| request_id::action(&device.tenant, id));
        self.order(device, OrderCause::Session, known.unwrap_or(0)).await?;
        Ok(Ok(()))
    }

    async fn presence(
        &self,
        speaker: &Speaker,
        payload: &[u8],
    ) -> Result<Result<(), String>, Stopped> {
        if payload.is_empty() {
            // somebody cleared what the broker retained
            return Ok(Ok(()));
        }
        let presence: Presence = match read(payload) {
            Ok(presence) => presence,
            Err(why) => return Ok(Err(why)),
        };
        let device = Some(speaker.device.clone());
        let request = UpdatePresenceRequest { device, online: presence.online };
        let updated = self
            .patiently(|| {
                let (mut push, request) = (self.push(&speaker.caller()), request.clone());
                async move { push.update_presence(request).await }
            })
            .await?;
        if let Err(error) = updated {
            self.refused(speaker, Leaf::Presence.as_str(), &error).await?;
        }
        Ok(Ok(()))
    }

    async fn attributes(
        &self,
        speaker: &Speaker,
        payload: &[u8],
    ) -> Result<Result<(), String>, Stopped> {
        let document: Attributes = match read(payload) {
            Ok(document) => document,
            Err(why) => return Ok(Err(why)),
        };
        let mode = match document.mode {
            Mode::Merge => AttributeMode::Merge,
            Mode::Replace => AttributeMode::Replace,
            Mode::Remove => AttributeMode::Remove,
        };
        let Some(values) = document.values() else {
            let why = "every value is a text, a number, true, false or null";
            return Ok(Err(why.to_owned()));
        };
        self.update_attributes(speaker, (mode, values), Leaf::Attributes.as_str()).await?;
        Ok(Ok(()))
    }

    /// Sends a request.
    pub(crate) async fn request_json(
        &self,
        speaker: &Speaker,
        order: &Order,
    ) -> Result<(), Stopped> {
        let device = &speaker.device;
        let properties = PublishProperties {
            message_expiry_interval: Some(order.expires_in_secs),
            response_topic: Some(self.topics.event(device)),
            correlation_data: Some(bytes::Bytes::copy_from_slice(order.id.as_bytes())),
            ..described()
        };
        self.publish_json(self.topics.request(device), &order.request, properties).await
    }

    /// Asks a device what it has to say of itself.
    pub(crate) async fn want_attributes(&self, device: &DeviceRef) -> Result<(), Stopped> {
        let message = "say what there is to say of the device on its topic attributes".to_owned();
        self.notice(device, Notice { code: "AttributesRequested", message, topic: None }).await
    }

    /// Tells a device that something could not be used, or is asked for.
    pub(crate) async fn notice(&self, device: &DeviceRef, notice: Notice) -> Result<(), Stopped> {
        let expiry = Some(NOTICE_SECS);
        let properties = PublishProperties { message_expiry_interval: expiry, ..described() };
        self.publish_json(self.topics.notice(device), &notice, properties).await
    }

    async fn publish_json(
        &self,
        topic: String,
        document: &impl serde::Serialize,
        properties: PublishProperties,
    ) -> Result<(), Stopped> {
        match serde_json::to_vec(document) {
            Ok(payload) => {
                let qos = QoS::AtLeastOnce;
                self.publish(Outgoing { topic, qos, payload, properties }).await
            }
            Err(error) => {
                tracing::error!(%error, "a document cannot be written");
                Ok(())
            }
        }
    }
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
