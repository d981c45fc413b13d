//! A device: it polls, and does what it is told.

use crate::ddi::Ddi;
use crate::error::SimError;
use crate::event::{Observer, SimEvent};
use crate::options::{Behaviour, DeviceOptions, Outcome};
use crate::wire::{self, Poll, Report};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a device waits that never heard how long it should.
const REST_DEFAULT: Duration = Duration::from_secs(10);

/// A simulated device that speaks DDI.
pub struct Device {
    pub(crate) ddi: Ddi,
    pub(crate) behaviour: Behaviour,
    /// The action whose artifacts are all there.
    pub(crate) prepared: Option<String>,
    /// The action that the hub took back while it was worked on.
    pub(crate) overtaken: Option<String>,
    controller_id: String,
    pub(crate) attributes: BTreeMap<String, String>,
    poll_interval: Option<Duration>,
    observer: Arc<dyn Observer>,
    /// The action that its user said no to.
    pub(crate) denied: Option<String>,
    gone: bool,
    sleep: Duration,
}

/// What came of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stepped {
    /// How long the device rests before the next poll.
    pub rest: Duration,
    /// What it did.
    pub deed: Deed,
}

/// What a device did after a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deed {
    /// Nothing was to be done, but perhaps attributes to be sent.
    Idle,
    /// An update is on offer that may not be downloaded or installed yet.
    Waiting,
    /// It confirmed; the update comes with the next poll.
    Confirmed,
    /// It denied, now or earlier.
    Denied,
    /// It stopped as it was told.
    Canceled,
    /// It was told to stop and went on.
    CancelRejected,
    /// Everything is downloaded; installing was not asked for.
    Downloaded,
    /// It installed the update.
    Finished,
    /// It could not install the update and said so.
    Failed,
    /// The hub took back what it had offered; the next poll tells more.
    Overtaken,
    /// It is silent for good.
    Vanished,
}

impl Deed {
    /// Whether an action came to its end.
    #[must_use]
    pub fn ends_action(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Canceled | Self::Vanished)
    }
}

impl Device {
    /// A device that has not spoken yet.
    ///
    /// # Errors
    /// If the hub's address is no URL or the credential fits in no header.
    pub fn new(options: DeviceOptions) -> Result<Self, SimError> {
        Ok(Self {
            ddi: Ddi::new(&options)?,
            behaviour: options.behaviour,
            prepared: None,
            overtaken: None,
            controller_id: options.controller_id,
            attributes: options.attributes,
            poll_interval: options.poll_interval,
            observer: Arc::new(|_: &str, _: &SimEvent| ()),
            denied: None,
            gone: false,
            sleep: REST_DEFAULT,
        })
    }

    /// Tells `observer` of everything from now on.
    #[must_use]
    pub fn observed_by(self, observer: impl Observer + 'static) -> Self {
        self.observed_by_shared(Arc::new(observer))
    }

    /// As [`Device::observed_by`], for an observer of many devices.
    #[must_use]
    pub fn observed_by_shared(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// The device's id.
    #[must_use]
    pub fn controller_id(&self) -> &str {
        &self.controller_id
    }

    /// What it does with what it is told, from the next step on.
    pub fn behaviour_mut(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    /// How long it rests before the next poll.
    #[must_use]
    pub fn rest(&self) -> Duration {
        self.poll_interval.unwrap_or(self.sleep)
    }

    /// Polls once and does what follows from it.
    ///
    /// # Errors
    /// If the hub cannot be reached, refuses or talks nonsense. An update that fails is no error.
    pub async fn step(&mut self) -> Result<Stepped, SimError> {
        if self.gone {
            return Ok(self.stepped(Deed::Vanished));
        }
        let (poll, unchanged) = self.ddi.poll(self.behaviour.conditional_polls).await?;
        self.sleep = self.read_sleep(&poll)?;
        self.tell(SimEvent::Polled { sleep: self.sleep, unchanged });
        let deed = match self.follow(&poll).await {
            Err(error) if error.is_overtaken() => {
                self.tell(SimEvent::Troubled { why: error.to_string() });
                Deed::Overtaken
            }
            other => other?,
        };
        Ok(self.stepped(deed))
    }

    /// Steps and rests until `done` says that it is enough. What the next poll may mend is told
    /// as [`SimEvent::Troubled`] and outlived.
    ///
    /// # Errors
    /// As [`Device::step`], but for what is transient.
    pub async fn run_until(
        &mut self,
        mut done: impl FnMut(&Stepped) -> bool,
    ) -> Result<Stepped, SimError> {
        loop {
            match self.step().await {
                Ok(stepped) if done(&stepped) || stepped.deed == Deed::Vanished => {
                    return Ok(stepped);
                }
                Ok(_) => (),
                Err(error) if error.is_transient() => {
                    self.tell(SimEvent::Troubled { why: error.to_string() });
                }
                Err(error) => return Err(error),
            }
            tokio::time::sleep(self.rest()).await;
        }
    }

    fn stepped(&self, deed: Deed) -> Stepped {
        Stepped { rest: self.rest(), deed }
    }

    fn read_sleep(&self, poll: &Poll) -> Result<Duration, SimError> {
        let text = &poll.config.polling.sleep;
        wire::sleep(text).ok_or_else(|| SimError::Malformed {
            path: "config.polling.sleep".to_owned(),
            why: format!("«{text}» is not HH:MM:SS"),
        })
    }

    /// Does what the links of a poll ask for.
    async fn follow(&mut self, poll: &Poll) -> Result<Deed, SimError> {
        if let Some(link) = &poll.links.config_data {
            self.send_attributes(link).await?;
        }
        if let Some(link) = &poll.links.cancel_action {
            return self.answer_cancel(link).await;
        }
        if let Some(link) = &poll.links.confirmation_base {
            return self.answer_confirmation(link).await;
        }
        match &poll.links.deployment_base {
            Some(link) => self.deploy(&link.href).await,
            None => Ok(Deed::Idle),
        }
    }

    /// Reports to the hub and tells of it.
    pub(crate) async fn report_to(
        &self,
        href: &str,
        action: &str,
        report: &Report,
    ) -> Result<(), SimError> {
        self.ddi.post(href, &report.body(action)).await?;
        self.tell(SimEvent::Feedback {
            action: action.to_owned(),
            execution: report.execution,
            finished: report.finished,
            message: report.message.clone(),
        });
        Ok(())
    }

    /// Whether this is where it vanishes.
    pub(crate) fn vanishes(&mut self, action: &str) -> bool {
        self.gone = self.behaviour.outcome == Outcome::Vanish;
        if self.gone {
            self.tell(SimEvent::Vanished { action: action.to_owned() });
        }
        self.gone
    }

    pub(crate) fn tell(&self, event: SimEvent) {
        self.observer.observe(&self.controller_id, &event);
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device")
            .field("controller_id", &self.controller_id)
            .field("behaviour", &self.behaviour)
            .finish_non_exhaustive()
    }
}
