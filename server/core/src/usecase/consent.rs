//! Standing consents.

use super::act::Change;
use super::target::save;
use crate::hub::Hub;
use otahub_domain::action::{Event, State, apply};
use otahub_domain::target::{Target, activate_auto_confirmation, deactivate_auto_confirmation};
use otahub_domain::tenant::Quotas;
use otahub_domain::{Error, Result, TenantId, Timestamp};
use otahub_store::Session;

/// Who consents, on whose word.
#[derive(Debug, Clone)]
pub(crate) struct Consenting {
    /// Who asked for it.
    pub initiator: Option<String>,
    /// Why.
    pub remark: Option<String>,
    /// The user or device that calls.
    pub by: String,
}

impl Hub {
    /// Gives a standing consent for a target and confirms all that waits.
    pub(crate) async fn activate_auto_confirmation(
        &self,
        tenant: TenantId,
        controller_id: String,
        consent: Consenting,
    ) -> Result<Target> {
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        self.with_target(tenant, controller_id, move |session, target| {
            let (consent, quotas) = (consent.clone(), quotas.clone());
            Box::pin(async move { activate(session, target, &consent, now, &quotas).await })
        })
        .await
    }

    /// Takes a standing consent back.
    pub(crate) async fn deactivate_auto_confirmation(
        &self,
        tenant: TenantId,
        controller_id: String,
    ) -> Result<Target> {
        let now = self.now();
        self.with_target(tenant, controller_id, move |session, target| {
            Box::pin(async move {
                if target.auto_confirmation.is_none() {
                    return Ok(target);
                }
                save(session, &deactivate_auto_confirmation(&target), now).await
            })
        })
        .await
    }
}

async fn activate(
    session: &Session<'_>,
    target: Target,
    consent: &Consenting,
    now: Timestamp,
    quotas: &Quotas,
) -> Result<Target> {
    let (initiator, remark) = (consent.initiator.as_deref(), consent.remark.as_deref());
    let changed = activate_auto_confirmation(&target, initiator, remark, &consent.by, now)?;
    let mut target = save(session, &changed, now).await?;
    let given = target.auto_confirmation.clone().ok_or(Error::Internal)?;
    for open in session.open_actions(&target).await? {
        if open.action.state != State::WaitingForConfirmation {
            continue;
        }
        let event = Event::AutoConfirmed { consent: given.clone() };
        let transition = apply(&open.action, &event, now, quotas)?;
        (_, target) = Change::from((transition, target)).commit(session, &consent.by, now).await?;
    }
    Ok(target)
}
