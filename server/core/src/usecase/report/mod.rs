//! What devices say of their actions. What waits for the same writer is decided and written
//! together, so that a crowd of devices costs a few statements, not a few for each.

mod alone;
mod desk;
mod together;

use super::act::RequestId;
use crate::hub::Hub;
pub(crate) use desk::Desks;
use desk::{Attendance, Waiting};
use otahub_domain::action::{Action, Event};
use otahub_domain::push::{Progress, Reception};
use otahub_domain::{ActionId, Error, Result, TenantId};
use otahub_store::Lane;
use std::sync::Arc;
use tokio::sync::oneshot;
use tracing::Instrument;

/// What a device says of an action.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// Whose device it is.
    pub tenant: TenantId,
    /// The device.
    pub controller_id: String,
    /// The action, which must be the device's.
    pub action: ActionId,
    /// What it says.
    pub words: Words,
}

/// The ways in which devices say it.
#[derive(Debug, Clone)]
pub(crate) enum Words {
    /// What happens, and by what repeats are known.
    Event(Event, Option<RequestId>),
    /// How far a request that was sent is, which may come late or again.
    Progress(Progress),
}

/// How a report was taken.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// What became of the words; events are always noted.
    pub reception: Reception,
    /// The action as it is then.
    pub action: Action,
}

impl Report {
    fn lane(&self) -> Lane {
        Lane::target(self.tenant, &self.controller_id)
    }
}

impl Hub {
    /// Takes a device's report. It is on disk when this is over, and is written even if the
    /// caller goes away.
    pub(crate) async fn report(&self, report: Report) -> Result<Heard> {
        let (reply, heard) = oneshot::channel();
        let number = self.store.writer_of(report.lane());
        if self.desks.wait(number, Waiting { report, reply }) {
            let hub = self.clone();
            tokio::spawn(async move { hub.attend(number).await }.in_current_span());
        }
        heard.await.unwrap_or(Err(Error::Internal))
    }

    /// Takes reports at a desk until none waits.
    async fn attend(&self, number: usize) {
        let mut attendance = Attendance::new(&self.desks, number);
        while let Some(waiting) = attendance.next() {
            self.take(waiting).await;
        }
    }

    /// Takes reports of different targets of one tenant: together, and those alone for which
    /// that is not possible.
    async fn take(&self, waiting: Vec<Waiting>) {
        let (reports, replies): (Vec<Report>, Vec<_>) =
            waiting.into_iter().map(|one| (one.report, one.reply)).unzip();
        let reports = Arc::new(reports);
        let taken = self.report_together(&reports).await;
        let answers = taken.into_iter().zip(reports.iter()).map(|(taken, report)| async move {
            match taken {
                Some(heard) => heard,
                None => self.report_alone(report.clone()).await,
            }
        });
        for (heard, reply) in futures::future::join_all(answers).await.into_iter().zip(replies) {
            // nobody is there to hear it any more
            let _ = reply.send(heard);
        }
    }

    /// The device was there; what is remembered of it is dropped if it said something new.
    fn note_heard(&self, report: &Report, heard: &Result<Heard>) {
        if let Ok(heard) = heard
            && matches!(report.words, Words::Progress(_))
        {
            self.last_seen.note(heard.action.target, self.now(), None);
        }
        let is_old = |heard: &Heard| heard.reception != Reception::Noted;
        if !heard.as_ref().is_ok_and(is_old) {
            self.devices.forget(report.tenant, &report.controller_id);
        }
    }
}
