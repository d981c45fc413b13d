//! What devices of Astarte's protocol said, and what they are sent.

use super::interfaces::{OTA_EVENT, OTA_REQUEST, kept_prefixes};
use super::introspection::Introspection;
use super::settling::Settled;
use super::topic::{AstarteTopics, Subject};
use super::{attributes, ota, payload, properties};
use crate::handler::{Handler, Outgoing, Stopped};
use crate::lane::LaneState;
use crate::order::Outgoing as Order;
use crate::speaker::{Said, Speaker};
use otahub_client::device::{
    AttributeMode, DeviceRef, Fault, LinkProtocol, OrderCause, Phase, ReportProgressRequest,
    RetainAttributesRequest,
};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use tokio::time::Instant;

impl Handler {
    /// Handles a message of Astarte's protocol.
    pub(crate) async fn receive_astarte(
        &self,
        (device, subject): (DeviceRef, Subject),
        payload: &[u8],
        lane: &mut LaneState,
    ) -> Result<(), Stopped> {
        let speaker = Speaker { device, protocol: LinkProtocol::Astarte };
        let understood = match &subject {
            Subject::Introspection => self.introspected(&speaker, payload).await,
            Subject::EmptyCache => self.empty_cache(&speaker.device).await.map(Ok),
            Subject::Properties => Ok(properties::read(payload).map(|listed| {
                lane.settling.listed(&speaker.device, &listed, Instant::now());
            })),
            Subject::Data { interface, path } if interface == OTA_EVENT => {
                match payload::read(payload).and_then(ota::event) {
                    Ok(event) if path == "/event" => {
                        self.event(&speaker, event, lane).await.map(Ok)
                    }
                    Ok(_) => Ok(Err(format!("{interface} has nothing there"))),
                    Err(why) => Ok(Err(why)),
                }
            }
            Subject::Data { interface, path } => {
                self.described((&speaker, interface, path), payload, lane).await
            }
        };
        match understood? {
            Ok(()) => Ok(()),
            Err(why) => self.unreadable(&speaker, subject.as_str(), why).await,
        }
    }

    async fn introspected(
        &self,
        speaker: &Speaker,
        payload: &[u8],
    ) -> Result<Result<(), String>, Stopped> {
        let has = match Introspection::read(payload) {
            Ok(has) => has,
            Err(why) => return Ok(Err(why)),
        };
        if has.takes_updates() {
            let topic = Subject::Introspection.as_str();
            self.open_link(speaker, (false, false), topic).await?;
        } else {
            tracing::info!(
                tenant = speaker.device.tenant,
                device = speaker.device.controller_id,
                "a device has not the interfaces that an update needs"
            );
        }
        Ok(Ok(()))
    }

    /// The device knows nothing of what it was told before. Of properties the hub has none; what
    /// it wants done it says when the device had the time to say what it runs.
    async fn empty_cache(&self, device: &DeviceRef) -> Result<(), Stopped> {
        match properties::none() {
            Ok(payload) => {
                let topic = AstarteTopics::of(device, "control/consumer/properties");
                let (qos, properties) = (QoS::ExactlyOnce, PublishProperties::default());
                self.publish(Outgoing { topic, qos, payload, properties }).await?;
            }
            Err(error) => tracing::error!(%error, "a list of properties cannot be written"),
        }
        self.order(device, OrderCause::Session, 0).await.map(|_| ())
    }

    async fn described(
        &self,
        (speaker, interface, path): (&Speaker, &str, &str),
        payload: &[u8],
        lane: &mut LaneState,
    ) -> Result<Result<(), String>, Stopped> {
        let said = match attributes::read(interface, path, payload) {
            Ok(said) => said,
            Err(why) => return Ok(Err(why)),
        };
        if said.is_kept {
            for key in said.values.keys() {
                lane.settling.has(&speaker.device, key);
            }
        }
        if !said.values.is_empty() {
            let change = (AttributeMode::Merge, said.values);
            self.update_attributes(speaker, change, interface).await?;
        }
        Ok(Ok(()))
    }

    /// A device has said which properties it has: others are gone.
    pub(crate) async fn settle(&self, settled: Settled) -> Result<(), Stopped> {
        let speaker = Speaker { device: settled.device, protocol: LinkProtocol::Astarte };
        let request = RetainAttributesRequest {
            device: Some(speaker.device.clone()),
            prefixes: kept_prefixes(),
            keys: settled.keep,
        };
        let retained = self
            .patiently(|| {
                let (mut push, request) = (self.push(&speaker.caller()), request.clone());
                async move { push.retain_attributes(request).await }
            })
            .await?;
        match retained {
            Ok(_) => Ok(()),
            Err(error) => self.refused(&speaker, Subject::Properties.as_str(), &error).await,
        }
    }

    /// Sends a request. What the device could not take ends the action, with the reason.
    pub(crate) async fn request_astarte(
        &self,
        speaker: &Speaker,
        order: &Order,
        action: i64,
    ) -> Result<(), Stopped> {
        let topic = AstarteTopics::of(&speaker.device, &format!("{OTA_REQUEST}/request"));
        match ota::request(&order.request, &topic) {
            Ok(payload) => {
                let properties = PublishProperties {
                    message_expiry_interval: Some(order.expires_in_secs),
                    ..PublishProperties::default()
                };
                let qos = QoS::AtLeastOnce;
                self.publish(Outgoing { topic, qos, payload, properties }).await
            }
            Err(why) => {
                let report = ReportProgressRequest {
                    device: Some(speaker.device.clone()),
                    action,
                    phase: Phase::Failure.into(),
                    fault: Fault::Other.into(),
                    word: "Failure".to_owned(),
                    message: format!("The request cannot be sent: {why}."),
                    ..Default::default()
                };
                self.report(Said { protocol: speaker.protocol, report }).await
            }
        }
    }
}
