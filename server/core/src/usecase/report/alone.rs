//! A report in a job of its own.

use super::super::act::{Act, Owner, act_once, find};
use super::super::push::happen;
use super::{Heard, Report, Words};
use crate::hub::Hub;
use otahub_domain::action::Action;
use otahub_domain::push::{Progress, Reception, hear};
use otahub_domain::target::Target;
use otahub_domain::tenant::Quotas;
use otahub_domain::{Result, Timestamp};
use otahub_store::Session;

impl Hub {
    /// Takes a report in a job of its own, again if somebody else changed the action meanwhile.
    pub(super) async fn report_alone(&self, report: Report) -> Result<Heard> {
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        let lane = report.lane();
        let told = report.clone();
        self.write_and(
            lane,
            move |session| {
                let (report, quotas) = (report.clone(), quotas.clone());
                Box::pin(async move { report.take(session, now, &quotas).await })
            },
            move |hub, heard| hub.note_heard(&told, heard),
        )
        .await
    }
}

impl Report {
    async fn take(self, session: &Session<'_>, now: Timestamp, quotas: &Quotas) -> Result<Heard> {
        let owner = Owner::Target(self.controller_id);
        match self.words {
            Words::Event(event, request_id) => {
                let (tenant, action, by) = (self.tenant, self.action, String::new());
                let act = Act { tenant, owner, action, event, by, request_id };
                let action = act_once(session, &act, now, quotas).await?;
                Ok(Heard { reception: Reception::Noted, action })
            }
            Words::Progress(said) => {
                let found = find(session, self.tenant, self.action, &owner).await?;
                progress(session, found, (&said, now), quotas).await
            }
        }
    }
}

async fn progress(
    session: &Session<'_>,
    (found, target): (Action, Target),
    (said, now): (&Progress, Timestamp),
    quotas: &Quotas,
) -> Result<Heard> {
    let delivery = session.delivery(&found).await?;
    let verdict = hear(&delivery, &found, said, now);
    let action = happen(session, (&found, target), verdict.events, (now, quotas)).await?;
    if verdict.delivery != delivery {
        session.save_deliveries(&[verdict.delivery]).await?;
    }
    Ok(Heard { reception: verdict.reception, action })
}
