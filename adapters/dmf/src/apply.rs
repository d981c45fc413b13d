//! Carries out what a message says, by calls of the hub.

use crate::Adapter;
use crate::error::{Failure, judge};
use crate::message::{Inbound, Pong, StatusReport, Word};
use crate::translate::{self, Meaning};
use crate::wire::inbound::{AttributeUpdate, AutoConfirm, ThingCreated};
use otahub_client::device;
use otahub_client::{HubError, Reason};
use std::sync::Arc;
use tonic::{Response, Status};

/// The remark of a consent that came without one.
const REMARK: &str = "Activated through the Device Management Federation API";

/// What is left to do once a message is carried out.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// Nothing.
    Nothing,
    /// To answer a ping of a tenant.
    Answer(String, Pong),
}

impl Adapter {
    /// The thing that a message is about, as far as the hub knows: what is said of one thing is
    /// carried out in order. None if it is of no matter or cannot be told.
    pub(crate) async fn thing_of(&self, message: &Inbound) -> Option<Arc<str>> {
        match &message.word {
            Word::Created { thing, .. }
            | Word::Removed { thing }
            | Word::Attributes { thing, .. }
            | Word::AutoConfirm { thing, .. } => Some(thing.as_str().into()),
            Word::Status(report) => {
                self.thing_of_action(&message.tenant, report.status.action_id).await.ok()
            }
            Word::Ping { .. } => None,
        }
    }

    /// Carries out a message. `redelivered` ones may have been carried out before.
    pub(crate) async fn apply(
        &self,
        message: &Inbound,
        redelivered: bool,
    ) -> Result<Next, Failure> {
        let tenant = message.tenant.as_str();
        if !self.settings.serves(tenant) {
            return Err(Failure::permanent("the tenant is served by another broker"));
        }
        let done = match &message.word {
            Word::Created { thing, reply_to, about } => {
                self.register(tenant, thing, reply_to, about).await
            }
            Word::Removed { thing } => self.remove(tenant, thing, redelivered).await,
            Word::Attributes { thing, update } => self.attributes(tenant, thing, update).await,
            Word::Status(report) => self.status(tenant, report, redelivered).await,
            Word::AutoConfirm { thing, consent } => self.consent(tenant, thing, consent).await,
            Word::Ping { answer: Some(pong) } => {
                let pong = Pong {
                    exchange: pong.exchange.clone(),
                    correlation_id: pong.correlation_id.clone(),
                };
                return Ok(Next::Answer(message.tenant.clone(), pong));
            }
            Word::Ping { answer: None } => Ok(()),
        };
        done.map(|()| Next::Nothing)
    }

    async fn register(
        &self,
        tenant: &str,
        thing: &str,
        reply_to: &str,
        about: &ThingCreated,
    ) -> Result<(), Failure> {
        let attributes = about.attribute_update.as_ref();
        let request = device::RegisterRequest {
            device: translate::reference(tenant, thing),
            address: translate::address(&self.vhost(), reply_to),
            display_name: about.name.clone(),
            target_type: about.target_type.clone(),
            attributes: attributes.map(translate::attributes),
        };
        settle(self.hub.device(&self.caller).register(request).await)
    }

    async fn remove(&self, tenant: &str, thing: &str, again: bool) -> Result<(), Failure> {
        let request = device::UnregisterRequest { device: translate::reference(tenant, thing) };
        match self.hub.device(&self.caller).unregister(request).await.map_err(HubError::from) {
            // it was removed, and only the acknowledgement got lost
            Err(error) if again && error.reason == Reason::NotFound => Ok(()),
            Err(error) => judge(&error),
            Ok(_) => Ok(()),
        }
    }

    async fn attributes(
        &self,
        tenant: &str,
        thing: &str,
        update: &AttributeUpdate,
    ) -> Result<(), Failure> {
        let device::AttributeUpdate { mode, attributes } = translate::attributes(update);
        let device = translate::reference(tenant, thing);
        let request = device::UpdateAttributesRequest { device, mode, attributes };
        settle(self.hub.device(&self.caller).update_attributes(request).await)
    }

    async fn status(
        &self,
        tenant: &str,
        report: &StatusReport,
        redelivered: bool,
    ) -> Result<(), Failure> {
        let action = report.status.action_id;
        let thing = self.thing_of_action(tenant, action).await;
        let thing = match thing {
            Ok(thing) => thing,
            Err(error) => return judge(&error),
        };
        let device = translate::reference(tenant, &thing);
        let (request_id, is_marked) = translate::request_id(report);
        let (messages, code) = (translate::messages(report), report.status.code);
        let mut hub = self.hub.device(&self.caller);
        match translate::meaning(report.status.action_status) {
            Meaning::Feedback(outcome) => {
                let request = device::ReportFeedbackRequest {
                    device,
                    action,
                    outcome: outcome.into(),
                    code,
                    messages,
                    occur_time: None,
                    request_id,
                    after_download: true,
                    first_delivery: !is_marked && !redelivered,
                    answer_with_order: true,
                };
                settle(hub.report_feedback(request).await)
            }
            Meaning::Cancellation(outcome) => {
                let request = device::ReportCancellationRequest {
                    device,
                    action,
                    outcome: outcome.into(),
                    code,
                    messages,
                    occur_time: None,
                    // an answer may be given again when the question is
                    request_id: if is_marked || redelivered { request_id } else { String::new() },
                };
                settle(hub.report_cancellation(request).await)
            }
            Meaning::Confirmation(consent) => {
                let request = device::ReportConfirmationRequest {
                    device,
                    action,
                    consent: consent.into(),
                    code,
                    messages,
                    request_id: if is_marked || redelivered { request_id } else { String::new() },
                };
                let answer = hub.report_confirmation(request).await.map_err(HubError::from);
                answer.map(|_| ()).or_else(|error| match error.reason {
                    // not a late word, but one that nobody asked for
                    Reason::ActionClosed => Err(Failure::of(&error)),
                    _ => judge(&error),
                })
            }
        }
    }

    async fn consent(
        &self,
        tenant: &str,
        thing: &str,
        consent: &AutoConfirm,
    ) -> Result<(), Failure> {
        let device = translate::reference(tenant, thing);
        let mut hub = self.hub.device(&self.caller);
        if !consent.enabled {
            let request = device::DeactivateAutoConfirmationRequest { device };
            return settle(hub.deactivate_auto_confirmation(request).await);
        }
        let request = device::ActivateAutoConfirmationRequest {
            device,
            initiator: consent.initiator.clone().unwrap_or_default(),
            remark: consent.remark.clone().unwrap_or_else(|| REMARK.to_owned()),
        };
        settle(hub.activate_auto_confirmation(request).await)
    }

    async fn thing_of_action(&self, tenant: &str, action: i64) -> Result<Arc<str>, HubError> {
        let key = (tenant.to_uppercase(), action);
        if let Some(thing) = self.things.get(&key).await {
            return Ok(thing);
        }
        let request = device::GetActionDeviceRequest { tenant: tenant.to_owned(), action };
        let found = self.hub.device(&self.caller).get_action_device(request).await?;
        let thing: Arc<str> = found.into_inner().controller_id.into();
        self.things.insert(key, thing.clone()).await;
        Ok(thing)
    }

    /// The virtual host, as it stands in addresses.
    fn vhost(&self) -> String {
        crate::connection::vhost(&self.settings.url)
    }
}

fn settle<T>(answer: Result<Response<T>, Status>) -> Result<(), Failure> {
    answer.map(|_| ()).or_else(|status| judge(&HubError::from(status)))
}
