//! Answers what the hub asks: who are you, will you stop, may it be installed.

use crate::device::{Deed, Device};
use crate::error::SimError;
use crate::event::SimEvent;
use crate::wire::{CancelOrder, ConfigData, Confirmation, Link, Order, Report};

impl Device {
    pub(crate) async fn send_attributes(&self, link: &Link) -> Result<(), SimError> {
        if self.attributes.is_empty() {
            return Ok(());
        }
        let body = ConfigData { mode: "replace", data: &self.attributes };
        self.ddi.put(&link.href, &body).await?;
        self.tell(SimEvent::AttributesSent { count: self.attributes.len() });
        Ok(())
    }

    pub(crate) async fn answer_cancel(&mut self, link: &Link) -> Result<Deed, SimError> {
        let order: CancelOrder = self.ddi.get(&link.href).await?;
        let action = order.cancel_action.stop_id;
        let href = format!("{}/feedback", link.href);
        if self.behaviour.rejects_cancel {
            let report = Report::new("rejected", "none", "the device goes on");
            self.report_to(&href, &action, &report).await?;
            self.tell(SimEvent::CancelRejected { action });
            return Ok(Deed::CancelRejected);
        }
        let report = Report::new("closed", "success", "the device has stopped");
        self.report_to(&href, &action, &report).await?;
        self.prepared = None;
        self.tell(SimEvent::Canceled { action });
        Ok(Deed::Canceled)
    }

    pub(crate) async fn answer_confirmation(&mut self, link: &Link) -> Result<Deed, SimError> {
        let action = self.ddi.get::<Order>(&link.href).await?.id;
        if !self.behaviour.confirm && self.denied.as_ref() == Some(&action) {
            return Ok(Deed::Denied);
        }
        let href = self.ddi.below(&["confirmationBase", &action, "feedback"]);
        let (confirmation, detail) = match self.behaviour.confirm {
            true => ("confirmed", "the device's user agrees"),
            false => ("denied", "the device's user does not agree"),
        };
        self.ddi.post(&href, &Confirmation { confirmation, details: [detail] }).await?;
        if self.behaviour.confirm {
            self.tell(SimEvent::Confirmed { action });
            return Ok(Deed::Confirmed);
        }
        self.denied = Some(action.clone());
        self.tell(SimEvent::Denied { action });
        Ok(Deed::Denied)
    }
}
