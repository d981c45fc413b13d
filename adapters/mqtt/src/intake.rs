//! Lanes: what concerns one device happens in order, what concerns others beside it.

use crate::acks::Ticket;
use crate::astarte::Subject;
use crate::handler::{Handler, Stopped};
use crate::lane::LaneState;
use crate::throttle::EVERY;
use crate::topic::Leaf;
use bytes::Bytes;
use otahub_client::device::{DeviceRef, LinkProtocol, OrderCause};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// How many lanes there are. The hub commits together what they bring at the same time.
const LANES: usize = 256;
/// Messages that wait in a lane at most. The broker sends no more than
/// [`crate::session::INTAKE_MAX`] that have to be acknowledged, so there is room for all of them.
const MESSAGES_MAX: usize = crate::session::INTAKE_MAX as usize + 1;
/// Wishes that wait in a lane at most.
const WISHES_MAX: usize = 16;

/// A message of a device.
pub(crate) struct Received {
    pub device: DeviceRef,
    pub matter: Matter,
    pub payload: Bytes,
    pub ticket: Option<Ticket>,
}

/// What a message is about, and in which words.
pub(crate) enum Matter {
    Json(Leaf),
    Astarte(Subject),
}

impl Matter {
    /// What it is called in metrics.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Json(leaf) => leaf.as_str(),
            Self::Astarte(subject) => subject.as_str(),
        }
    }
}

/// Something to be done for a device.
pub(crate) struct Wish {
    pub device: DeviceRef,
    pub cause: OrderCause,
    /// Its attributes are wanted.
    pub attributes: bool,
    /// Hears that it is done.
    pub done: oneshot::Sender<()>,
}

#[derive(Clone)]
struct Lane {
    messages: mpsc::Sender<Received>,
    wishes: mpsc::Sender<Wish>,
}

/// Every lane.
#[derive(Clone)]
pub(crate) struct Intake {
    lanes: Arc<[Lane]>,
}

impl Intake {
    /// Starts the lanes; they end when every clone of the intake is gone.
    pub(crate) fn start(handler: &Arc<Handler>, tasks: &TaskTracker) -> Self {
        let lanes = (0..LANES).map(|_| {
            let (messages, from_messages) = mpsc::channel(MESSAGES_MAX);
            let (wishes, from_wishes) = mpsc::channel(WISHES_MAX);
            tasks.spawn(work(handler.clone(), from_messages, from_wishes));
            Lane { messages, wishes }
        });
        Self { lanes: lanes.collect() }
    }

    /// Takes a message without waiting.
    ///
    /// # Errors
    /// The message's ticket, if there is no room.
    pub(crate) fn take(&self, received: Received) -> Result<(), Option<Ticket>> {
        let lane = self.lane(&received.device);
        lane.messages.try_send(received).map_err(|full| full.into_inner().ticket)
    }

    /// Does something for a device, and waits until it is done; false if the bridge ends.
    pub(crate) async fn wish(
        &self,
        device: DeviceRef,
        cause: OrderCause,
        attributes: bool,
    ) -> bool {
        let (done, is_done) = oneshot::channel();
        let lane = self.lane(&device);
        let wish = Wish { device, cause, attributes, done };
        lane.wishes.send(wish).await.is_ok() && is_done.await.is_ok()
    }

    fn lane(&self, device: &DeviceRef) -> &Lane {
        let mut hasher = DefaultHasher::new();
        (&device.tenant, &device.controller_id).hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0);
        &self.lanes[at]
    }
}

async fn work(
    handler: Arc<Handler>,
    mut messages: mpsc::Receiver<Received>,
    mut wishes: mpsc::Receiver<Wish>,
) {
    let mut state = LaneState::default();
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let stopped = tokio::select! {
            received = messages.recv() => match received {
                Some(received) => handler.receive(received, &mut state).await,
                None => return,
            },
            wish = wishes.recv() => match wish {
                Some(wish) => fulfil(&handler, wish).await,
                None => return,
            },
            _ = tick.tick() => told(&handler, &mut state).await,
        };
        if stopped == Err(Stopped) {
            return;
        }
    }
}

async fn fulfil(handler: &Handler, wish: Wish) -> Result<(), Stopped> {
    let protocol = handler.order(&wish.device, wish.cause, 0).await?;
    if wish.attributes && protocol == LinkProtocol::MqttJson {
        handler.want_attributes(&wish.device).await?;
    }
    // whoever wished it may be gone
    let _ = wish.done.send(());
    Ok(())
}

async fn told(handler: &Handler, state: &mut LaneState) -> Result<(), Stopped> {
    for said in state.throttle.due(Instant::now()) {
        handler.report(said).await?;
    }
    for settled in state.settling.due(Instant::now()) {
        handler.settle(settled).await?;
    }
    Ok(())
}
