//! Reports of different targets in one job: read together, decided one by one, written together.

use super::super::act::{Change, Changes, RequestId, to_be_noted};
use super::{Heard, Report, Words};
use crate::hub::Hub;
use otahub_domain::action::{Action, Event, apply};
use otahub_domain::push::{Delivery, Progress, Reception, hear};
use otahub_domain::target::Target;
use otahub_domain::tenant::Quotas;
use otahub_domain::{ActionId, Error, Result, Timestamp};
use otahub_store::Session;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What came of a report; nothing if it has to be taken alone.
type Taken = Option<Result<Heard>>;

impl Hub {
    /// Takes reports of different targets of one tenant, whose lanes have the same writer.
    pub(super) async fn report_together(&self, reports: &Arc<Vec<Report>>) -> Vec<Taken> {
        let Some(lane) = reports.first().map(Report::lane) else {
            return Vec::new();
        };
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        let given = reports.clone();
        let taken = self.store.write(lane, move |session| {
            let (reports, quotas) = (given.clone(), quotas.clone());
            Box::pin(async move { take(session, &reports, (now, &quotas)).await })
        });
        match taken.await {
            Ok(taken) => {
                for (taken, report) in taken.iter().zip(reports.iter()) {
                    taken.iter().for_each(|heard| self.note_heard(report, heard));
                }
                taken
            }
            // who is to blame shows when each is taken alone
            Err(_) => reports.iter().map(|_| None).collect(),
        }
    }
}

async fn take(
    session: &Session<'_>,
    reports: &[Report],
    (now, quotas): (Timestamp, &Quotas),
) -> Result<Vec<Taken>> {
    let known = Known::load(session, reports).await?;
    let decided: Vec<Decided> =
        reports.iter().map(|report| known.decide(report, now, quotas)).collect();
    let (mut all, mut deliveries) = (Vec::new(), Vec::new());
    for one in &decided {
        if let Decided::Taken(taken) = one {
            all.extend(taken.change.clone());
            deliveries.extend(taken.delivery.clone());
        }
    }
    let mut saved = Changes { all, by: "", now }.commit(session).await?.into_iter();
    session.save_deliveries(&deliveries).await?;
    let heard = |one| match one {
        Decided::Alone => None,
        Decided::Refused(error) => Some(Err(error)),
        Decided::Taken(mut taken) => {
            if let Some(saved) = taken.change.and_then(|_| saved.next()) {
                taken.heard.action = saved.transition.action;
            }
            Some(Ok(taken.heard))
        }
    };
    Ok(decided.into_iter().map(heard).collect())
}

/// What is decided of a report.
enum Decided {
    /// It has to be taken alone.
    Alone,
    /// It is refused, and changes nothing.
    Refused(Error),
    /// It is taken.
    Taken(Box<Outcome>),
}

/// What comes of a report that is taken.
struct Outcome {
    /// How it is taken, with the action as it was.
    heard: Heard,
    /// What it changes, if anything.
    change: Option<Change>,
    /// What is remembered of the request, if that changes.
    delivery: Option<Delivery>,
}

/// What reports are about, as it is in the database.
struct Known {
    actions: HashMap<ActionId, (Action, Target)>,
    deliveries: HashMap<ActionId, Delivery>,
    requests: HashSet<(ActionId, String)>,
}

impl Known {
    async fn load(session: &Session<'_>, reports: &[Report]) -> Result<Self> {
        let (mut pushed, mut requests) = (Vec::new(), Vec::new());
        for report in reports {
            match &report.words {
                Words::Progress(_) => pushed.push(report.action),
                Words::Event(_, Some(request)) => requests.push((report.action, &*request.id)),
                Words::Event(_, None) => {}
            }
        }
        let ids: Vec<ActionId> = reports.iter().map(|report| report.action).collect();
        let found = session.actions_with_targets(&ids).await?;
        Ok(Self {
            actions: found.into_iter().map(|found| (found.0.id, found)).collect(),
            deliveries: session.deliveries(&pushed).await?,
            requests: session.known_requests(&requests).await?,
        })
    }

    fn decide(&self, report: &Report, now: Timestamp, quotas: &Quotas) -> Decided {
        let Some((action, target)) = self.actions.get(&report.action) else {
            return Decided::Alone;
        };
        if action.tenant != report.tenant || target.controller_id != report.controller_id {
            return Decided::Alone;
        }
        let heard = Heard { reception: Reception::Noted, action: action.clone() };
        let taken = |change| Decided::Taken(Box::new(Outcome { heard, change, delivery: None }));
        match &report.words {
            Words::Event(event, request) => {
                let is_noted =
                    |request: &RequestId| self.requests.contains(&(action.id, request.id.clone()));
                let is_known = request.as_ref().is_some_and(is_noted);
                let Ok(request_id) = to_be_noted(request.as_ref(), is_known) else {
                    return taken(None);
                };
                match changed((action, target), event, now, quotas) {
                    Ok(change) => taken(change.map(|change| Change { request_id, ..change })),
                    Err(error) => Decided::Refused(error),
                }
            }
            Words::Progress(said) => self.decide_progress((action, target), said, now, quotas),
        }
    }

    fn decide_progress(
        &self,
        (action, target): (&Action, &Target),
        said: &Progress,
        now: Timestamp,
        quotas: &Quotas,
    ) -> Decided {
        let fresh = || Delivery::new(action.tenant, action.target, action.id);
        let delivery = self.deliveries.get(&action.id).cloned().unwrap_or_else(fresh);
        let verdict = hear(&delivery, action, said, now);
        let change = match verdict.events.as_slice() {
            [] => None,
            [event] => match changed((action, target), event, now, quotas) {
                Ok(change) => change,
                // what is remembered beside the full history goes on
                Err(Error::QuotaExceeded { .. }) => None,
                Err(error) => return Decided::Refused(error),
            },
            [_, _, ..] => return Decided::Alone,
        };
        let heard = Heard { reception: verdict.reception, action: action.clone() };
        let delivery = (verdict.delivery != delivery).then_some(verdict.delivery);
        Decided::Taken(Box::new(Outcome { heard, change, delivery }))
    }
}

/// What an event changes, if anything.
fn changed(
    (action, target): (&Action, &Target),
    event: &Event,
    now: Timestamp,
    quotas: &Quotas,
) -> Result<Option<Change>> {
    let transition = apply(action, event, now, quotas)?;
    Ok(transition.changes().then(|| Change::from((transition, target.clone()))))
}
