//! What a device is sent now.

use super::{Delivery, Link, LinkProtocol, ORDER_TTL, SEND_EVERY, Stage};
use crate::Timestamp;
use crate::action::{
    Action, CancelOutcome, Event, Feedback, HandlingType, OfferKind, Outcome, SERVER_PREFIX,
    WindowState, handling,
};
use std::time::Duration;

/// How often a device that is there is sent the same.
const SENDS_MAX: u32 = 4;
/// What is sent holds at least for so long.
const EXPIRY_MIN: Duration = Duration::from_secs(3600);
/// How long a device may take to answer a cancellation.
const CANCEL_EVERY: Duration = Duration::from_secs(60);
/// How long a device that has started takes to say what it runs.
const SETTLE: Duration = Duration::from_secs(3);
/// When a window that is closed is looked at again.
const WINDOW_EVERY: Duration = Duration::from_secs(30);

/// Why it is asked what to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// What is on offer has changed.
    Work,
    /// The device is back, and has lost what it was told.
    Session,
    /// The device is back, and says that it knows this very request.
    SessionKnows,
    /// Its time has come.
    Timer,
}

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Send {
    /// The request to ask the user for consent.
    Confirm,
    /// The request to update.
    Update,
    /// The wish to cancel it.
    Cancel,
}

/// What is to be done about a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to send, if anything.
    pub send: Option<Send>,
    /// What happens to the action, in order.
    pub events: Vec<Event>,
    /// What is remembered.
    pub delivery: Delivery,
}

/// Decides what a device is sent of the action on offer.
///
/// A request goes out once. It goes out again to a device that is there and does not answer, up
/// to four times, and to a device that comes back and has not begun to install: only then can it
/// be sure not to install twice. One that comes back later than that is given `reboot_wait` to say
/// how it went.
#[must_use]
pub fn order(
    delivery: &Delivery,
    link: &Link,
    (action, offer): (&Action, OfferKind),
    cause: Cause,
    (now, reboot_wait): (Timestamp, Duration),
) -> Decision {
    let plan = Plan { delivery, link, cause, now, reboot_wait };
    match offer {
        OfferKind::Confirmation => plan.confirmation(),
        OfferKind::Deployment => plan.deployment(action),
        OfferKind::Cancellation => plan.cancellation(),
    }
}

struct Plan<'a> {
    delivery: &'a Delivery,
    link: &'a Link,
    cause: Cause,
    now: Timestamp,
    reboot_wait: Duration,
}

impl Plan<'_> {
    fn nothing(&self) -> Decision {
        Decision { send: None, events: Vec::new(), delivery: self.delivery.clone() }
    }

    fn is_due(&self) -> bool {
        self.delivery.next_at.is_some_and(|at| at <= self.now)
    }

    /// Whether something that was sent `count` times is to be sent now.
    fn goes_out(&self, count: u32) -> bool {
        match self.cause {
            Cause::Work => count == 0,
            Cause::Session => true,
            Cause::SessionKnows => false,
            Cause::Timer => count == 0 || (self.is_due() && self.link.online),
        }
    }

    fn confirmation(&self) -> Decision {
        let mut plan = self.nothing();
        let lost = matches!(self.cause, Cause::Session);
        if self.link.confirms && (plan.delivery.asks == 0 || lost) {
            plan.delivery.asks = plan.delivery.asks.saturating_add(1);
            plan.send = Some(Send::Confirm);
        }
        plan
    }

    fn deployment(&self, action: &Action) -> Decision {
        let handling = handling(action, self.now);
        let closed = matches!(handling.window, Some(WindowState::Closed { .. }));
        if closed && self.delivery.stage == Stage::Pending {
            let mut plan = self.nothing();
            plan.delivery.next_at = Some(self.now.plus(WINDOW_EVERY));
            return plan;
        }
        // who cannot hold back would install what is to be downloaded only
        if handling.update == HandlingType::Skip && !closed && !self.link.download_only {
            return self.nothing();
        }
        match self.delivery.stage {
            _ if self.is_lost() => self.asked_anew(),
            Stage::Pending => self.pending(),
            Stage::Acknowledged | Stage::Downloading if self.cause == Cause::Session => {
                self.update()
            }
            Stage::Downloaded | Stage::Deploying
                if self.cause == Cause::Session && self.delivery.stumbled =>
            {
                self.update()
            }
            Stage::Downloaded | Stage::Deploying | Stage::Deployed | Stage::Rebooting => {
                self.installed()
            }
            Stage::Acknowledged | Stage::Downloading | Stage::Over => self.nothing(),
        }
    }

    /// Whether the device has forgotten the request: one on Astarte's protocol has when it starts
    /// anew, unless it had begun to install. It says so before it says what it runs.
    fn is_lost(&self) -> bool {
        let is_early = self.delivery.stage < Stage::Downloaded
            || (self.delivery.stumbled && self.delivery.stage <= Stage::Deploying);
        self.cause == Cause::Session
            && self.link.protocol == LinkProtocol::Astarte
            && self.delivery.sends > 0
            && is_early
    }

    /// The device is sent the request again when it has had the time to say what it runs: it may
    /// have installed it while nobody heard.
    fn asked_anew(&self) -> Decision {
        let mut plan = self.nothing();
        let delivery = &mut plan.delivery;
        (delivery.stage, delivery.progress, delivery.noted) = (Stage::Pending, 0, 0);
        // what it says again counts again
        (delivery.sends, delivery.stumbled, delivery.last) = (0, false, None);
        delivery.next_at = Some(self.now.plus(SETTLE));
        plan
    }

    fn pending(&self) -> Decision {
        let sends = match self.cause {
            // whoever comes back is asked anew
            Cause::Session => 0,
            Cause::Work | Cause::SessionKnows | Cause::Timer => self.delivery.sends,
        };
        if self.cause == Cause::Timer && self.is_due() && sends >= SENDS_MAX {
            return self.silent();
        }
        // it is given the time to say what it runs
        let is_starting = self.cause == Cause::Work
            && self.link.protocol == LinkProtocol::Astarte
            && self.delivery.next_at.is_some_and(|at| at > self.now);
        if is_starting || !self.goes_out(sends) {
            return self.nothing();
        }
        let mut plan = self.update();
        plan.delivery.sends = sends.saturating_add(1);
        plan
    }

    fn update(&self) -> Decision {
        let mut plan = self.nothing();
        plan.delivery.sends = plan.delivery.sends.saturating_add(1);
        plan.delivery.next_at = Some(self.now.plus(SEND_EVERY));
        let holds = plan.delivery.expires_at.is_some_and(|at| at > self.now.plus(EXPIRY_MIN));
        if !holds {
            plan.delivery.expires_at = Some(self.now.plus(ORDER_TTL));
        }
        plan.send = Some(Send::Update);
        plan
    }

    /// The device does not answer: it is let be until it comes back.
    fn silent(&self) -> Decision {
        let mut plan = self.nothing();
        plan.delivery.next_at = None;
        let text = format!(
            "RequestTimeout: the device has not answered {SENDS_MAX} requests. It is sent the \
             request again when it comes back."
        );
        plan.events.push(self.said(Outcome::Rejected, &text));
        plan
    }

    /// A device that may have lost its last word is judged by what it runs, after a while.
    fn installed(&self) -> Decision {
        let mut plan = self.nothing();
        if self.is_back_from_work() {
            plan.delivery.returned = true;
            plan.delivery.next_at = Some(self.now.plus(self.reboot_wait));
        }
        plan
    }

    /// Whether the device comes back after it had begun to install, by a protocol that loses what
    /// it said in between.
    fn is_back_from_work(&self) -> bool {
        matches!(self.cause, Cause::Session | Cause::SessionKnows)
            && self.link.protocol == LinkProtocol::Astarte
            && (Stage::Downloaded..=Stage::Rebooting).contains(&self.delivery.stage)
    }

    fn cancellation(&self) -> Decision {
        let mut plan = self.nothing();
        if self.delivery.sends == 0 && self.delivery.stage == Stage::Pending {
            plan.delivery.stage = Stage::Over;
            plan.delivery.next_at = None;
            let text = "Nothing was sent to the device yet, so there is nothing to stop.";
            plan.events.push(Event::CancelReported {
                outcome: CancelOutcome::Accepted,
                code: None,
                messages: vec![format!("{SERVER_PREFIX}{text}")],
                occurred_at: self.now,
            });
            return plan;
        }
        let cancels = self.delivery.cancels;
        let is_new = matches!(self.cause, Cause::Session | Cause::SessionKnows);
        if self.is_lost() {
            // if it cannot cancel, then because there is nothing left to cancel
            plan.delivery.stage = Stage::Pending;
        }
        plan.delivery.returned |= self.is_back_from_work();
        if is_new || (self.goes_out(cancels) && cancels < SENDS_MAX) {
            plan.delivery.cancels = cancels.saturating_add(1);
            plan.delivery.next_at = Some(self.now.plus(CANCEL_EVERY));
            plan.send = Some(Send::Cancel);
        }
        plan
    }

    fn said(&self, outcome: Outcome, text: &str) -> Event {
        Event::Reported(Feedback {
            outcome,
            code: None,
            messages: vec![format!("{SERVER_PREFIX}{text}")],
            occurred_at: self.now,
            after_download: false,
            answer_with_order: false,
        })
    }
}
