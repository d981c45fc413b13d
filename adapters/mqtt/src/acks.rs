//! Acknowledgements to the broker: each after the hub has the message on disk, and in the order
//! in which the messages came (MQTT 5, section 4.6). Until then the broker keeps the message, and
//! sends it again to whoever comes next.

use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Publish;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// Which message is to be acknowledged: of which connection, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    connection: u64,
    place: u64,
}

/// The messages that came and are not acknowledged.
#[derive(Debug, Default)]
struct Waiting {
    connection: u64,
    /// The place of the first.
    first: u64,
    messages: VecDeque<(Publish, bool)>,
}

/// Gathers what is done and acknowledges it in order.
pub(crate) struct Acks {
    waiting: Mutex<Waiting>,
    done: mpsc::Sender<Ticket>,
}

impl Acks {
    /// With room for `size` tickets on their way; they come out of the receiver, for
    /// [`Acks::acknowledge`].
    pub(crate) fn new(size: usize) -> (Self, mpsc::Receiver<Ticket>) {
        let (done, tickets) = mpsc::channel(size);
        (Self { waiting: Mutex::default(), done }, tickets)
    }

    /// A message came. Those that the broker does not want acknowledged have no ticket.
    pub(crate) fn received(&self, publish: &Publish) -> Option<Ticket> {
        if publish.qos == QoS::AtMostOnce {
            return None;
        }
        let mut waiting = self.waiting();
        let place = waiting.first + waiting.messages.len() as u64;
        let bare = Publish { payload: bytes::Bytes::new(), ..publish.clone() };
        waiting.messages.push_back((bare, false));
        Some(Ticket { connection: waiting.connection, place })
    }

    /// The connection was lost: what came over it comes again, under other numbers.
    pub(crate) fn disconnected(&self) {
        let mut waiting = self.waiting();
        waiting.connection += 1;
        waiting.first += waiting.messages.len() as u64;
        waiting.messages.clear();
    }

    /// A message is on disk.
    pub(crate) async fn done(&self, ticket: Option<Ticket>) {
        if let Some(ticket) = ticket {
            // nobody there any more: the bridge ends, and the broker sends it again
            let _ = self.done.send(ticket).await;
        }
    }

    /// Acknowledges what is done, until nobody can say so any more.
    pub(crate) async fn acknowledge(
        &self,
        mut tickets: mpsc::Receiver<Ticket>,
        client: AsyncClient,
    ) {
        while let Some(ticket) = tickets.recv().await {
            for publish in self.settle(ticket) {
                if client.ack(&publish).await.is_err() {
                    return;
                }
            }
        }
    }

    /// The messages that can be acknowledged now that this one is done.
    fn settle(&self, ticket: Ticket) -> Vec<Publish> {
        let mut waiting = self.waiting();
        if ticket.connection != waiting.connection {
            return Vec::new();
        }
        let first = waiting.first;
        let at = ticket.place.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some((_, done)) = at.and_then(|at| waiting.messages.get_mut(at)) {
            *done = true;
        }
        let mut ready = Vec::new();
        while waiting.messages.front().is_some_and(|(_, done)| *done) {
            waiting.first += 1;
            ready.extend(waiting.messages.pop_front().map(|(publish, _)| publish));
        }
        ready
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(pkid: u16) -> Publish {
        let mut publish = Publish::new("t", QoS::AtLeastOnce, "p", None);
        publish.pkid = pkid;
        publish
    }

    fn settled(acks: &Acks, ticket: Ticket) -> Vec<u16> {
        acks.settle(ticket).iter().map(|publish| publish.pkid).collect()
    }

    #[test]
    fn what_is_done_out_of_order_is_acknowledged_in_order() {
        let (acks, _tickets) = Acks::new(1);
        let [a, b, c] = [1, 2, 3].map(|pkid| acks.received(&publish(pkid)).unwrap());
        assert_eq!(settled(&acks, c), [0; 0]);
        assert_eq!(settled(&acks, a), [1]);
        assert_eq!(settled(&acks, b), [2, 3]);
    }

    #[test]
    fn what_came_over_a_lost_connection_is_not_acknowledged() {
        let (acks, _tickets) = Acks::new(1);
        let old = acks.received(&publish(1)).unwrap();
        acks.disconnected();
        let new = acks.received(&publish(1)).unwrap();
        assert_eq!(settled(&acks, old), [0; 0]);
        assert_eq!(settled(&acks, new), [1]);
        assert_eq!(acks.received(&Publish::new("t", QoS::AtMostOnce, "p", None)), None);
    }
}
