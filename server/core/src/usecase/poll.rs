//! The poll: most of the work of the hub, and none of it touches a row when nothing is to do.

use super::{Act, Owner};
use crate::auth::DeviceCaller;
use crate::devices::Device;
use crate::hub::Hub;
use otahub_domain::action::{Action, Event, Offer, WindowState, offer, sleep};
use otahub_domain::{ActionId, Error, Result, TenantId, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// The answer to a poll.
#[derive(Debug, Clone)]
pub(crate) struct Polled {
    /// How long the device is to wait.
    pub sleep: Duration,
    /// What it is offered.
    pub offer: Option<Offer>,
    /// The newest action whose set is installed.
    pub installed: Option<ActionId>,
    /// Its attributes are wanted.
    pub attributes_requested: bool,
}

impl Hub {
    /// Answers a poll; registers the device if it is new and its credential may.
    pub(crate) async fn poll(&self, caller: &DeviceCaller) -> Result<Polled> {
        let device = self.heard_of(caller).await?;
        let now = self.now();
        let device = self.end_lapsed(caller, device, now).await?;
        let current = device.current.as_deref();
        let configuration = &caller.tenant.configuration;
        let limits = &self.options.limits;
        let share = f64::from(self.entropy.bytes()[0]) / 255.0;
        let interval = configuration.polling_time.interval;
        let base = interval.at(share, limits.polling_min, limits.polling_max);
        let polls = configuration.maintenance_poll_count;
        Ok(Polled {
            sleep: sleep(base, current, polls, limits.polling_min, now),
            offer: current.and_then(|action| offer(std::slice::from_ref(action), now)),
            installed: device.installed_action,
            attributes_requested: device.attributes_requested,
        })
    }

    /// Cancels the current action if its maintenance window will never open again.
    async fn end_lapsed(
        &self,
        caller: &DeviceCaller,
        device: Arc<Device>,
        now: Timestamp,
    ) -> Result<Arc<Device>> {
        let Some(action) = device.current.as_deref().filter(|a| has_lapsed(a, now)) else {
            return Ok(device);
        };
        self.end_lapsed_action(caller.tenant.id, action.clone()).await?;
        let reloaded = self.device(caller.tenant.id, &caller.controller_id).await?;
        reloaded.ok_or(Error::Conflict)
    }

    /// The action, cancelled if its maintenance window will never open again.
    pub(super) async fn end_lapsed_action(
        &self,
        tenant: TenantId,
        action: Action,
    ) -> Result<Action> {
        if !has_lapsed(&action, self.now()) {
            return Ok(action);
        }
        let act = Act {
            tenant,
            owner: Owner::Any,
            action: action.id,
            event: Event::WindowLapsed,
            by: String::new(),
            request_id: None,
        };
        self.act(act).await
    }
}

fn has_lapsed(action: &Action, now: Timestamp) -> bool {
    action.state.is_active()
        && !action.state.is_cancel()
        && action.window.as_ref().is_some_and(|w| w.state(now) == WindowState::Over)
}
