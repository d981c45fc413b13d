//! Devices that are told of their work: how they are reached, what they are sent, and what they
//! say.

use super::act::Change;
use super::deployment::{Chunk, Deployment, chunks};
use crate::auth::DeviceCaller;
use crate::hub::Hub;
use otahub_domain::action::{Action, Event, OfferKind, apply, handling, offer};
use otahub_domain::push::{
    Cause, Delivery, Image, Link, LinkProtocol, ORDER_TTL, Send, Stage, has_installed, judge, order,
};
use otahub_domain::target::Target;
use otahub_domain::tenant::Quotas;
use otahub_domain::{Error, Result, TargetId, TenantId, Timestamp};
use otahub_store::{DueDevice, Lane, Session};
use std::time::Duration;

/// How long a device that came may take to say what it knows.
const PRESENCE_GRACE: Duration = Duration::from_secs(10);

/// How a device is reached, as it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linking {
    /// The words it is spoken to in.
    pub protocol: LinkProtocol,
    /// It holds an update back until its user consents.
    pub confirms: bool,
    /// It can download without installing.
    pub download_only: bool,
}

/// What a device is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct PushOrder {
    /// What.
    pub send: Send,
    /// What to download and install.
    pub deployment: Deployment,
    /// Name and version of the distribution set.
    pub set: (String, String),
    /// The right to download, and until when.
    pub grant: (String, Timestamp),
    /// For how long that is.
    pub valid: Duration,
}

impl Hub {
    /// A device is there. Gives whether its attributes are wanted.
    pub(crate) async fn open_link(&self, caller: &DeviceCaller, linking: Linking) -> Result<bool> {
        let device = self.heard_of(caller).await?;
        let now = self.now();
        let link = Link {
            target: device.id,
            tenant: caller.tenant.id,
            protocol: linking.protocol,
            online: true,
            since: now,
            confirms: linking.confirms,
            download_only: linking.download_only,
        };
        let known = self.store.read().link(device.id).await?;
        if known.is_none_or(|known| Link { since: now, ..known } != link) {
            self.save_link(caller, link).await?;
        }
        Ok(device.attributes_requested)
    }

    /// A device came or went; whether it was away before and is not now.
    pub(crate) async fn update_presence(
        &self,
        caller: &DeviceCaller,
        online: bool,
    ) -> Result<bool> {
        let Some(device) = &caller.device else {
            return Ok(false);
        };
        let Some(known) = self.store.read().link(device.id).await? else {
            return Ok(false);
        };
        let now = self.now();
        if online {
            self.last_seen.note(device.id, now, None);
        }
        if known.online == online {
            return Ok(false);
        }
        let link = Link { online, since: now, ..known };
        let lane = Lane::target(caller.tenant.id, &caller.controller_id);
        self.write(lane, move |session| {
            let link = link.clone();
            Box::pin(async move {
                if online {
                    // who does not say more than that is asked anew soon
                    session.wake_deliveries(link.target, now.plus(PRESENCE_GRACE)).await?;
                }
                Ok(session.save_link(&link).await?)
            })
        })
        .await?;
        Ok(online)
    }

    async fn save_link(&self, caller: &DeviceCaller, link: Link) -> Result<()> {
        let lane = Lane::target(caller.tenant.id, &caller.controller_id);
        self.write(lane, move |session| {
            let link = link.clone();
            Box::pin(async move { Ok(session.save_link(&link).await?) })
        })
        .await
    }

    /// What a device is to be sent now, if anything, and how it is reached; that it is sent is
    /// remembered.
    pub(crate) async fn take_order(
        &self,
        caller: &DeviceCaller,
        cause: Cause,
    ) -> Result<Option<(LinkProtocol, Option<PushOrder>)>> {
        let Some(device) = &caller.device else {
            return Ok(None);
        };
        let Some(link) = self.store.read().link(device.id).await? else {
            return Ok(None);
        };
        let (tenant, target) = (caller.tenant.id, device.id);
        if let Some(current) = device.current.as_deref() {
            self.end_lapsed_action(tenant, current.clone()).await?;
        }
        let (now, quotas) = (self.now(), self.options.quotas.clone());
        let protocol = link.protocol;
        let reboot_wait = self.options.reboot_wait;
        let ask = Ask { tenant, target, link, cause, now, reboot_wait, quotas };
        let id = caller.controller_id.clone();
        let taken = self
            .write_and(
                Lane::target(tenant, &caller.controller_id),
                move |session| {
                    let (ask, id) = (ask.clone(), id.clone());
                    Box::pin(async move { ask.take(session, &id).await })
                },
                {
                    let id = caller.controller_id.clone();
                    move |hub, taken| {
                        if !matches!(taken, Ok(None)) {
                            hub.devices.forget(tenant, &id);
                        }
                    }
                },
            )
            .await?;
        match taken {
            None | Some(Taken { send: None, .. }) => Ok(Some((protocol, None))),
            Some(Taken { send: Some(send), action, until }) => {
                let order = self.fill(caller, send, (&action, until)).await?;
                Ok(Some((protocol, Some(order))))
            }
        }
    }

    async fn fill(
        &self,
        caller: &DeviceCaller,
        send: Send,
        (action, until): (&Action, Timestamp),
    ) -> Result<PushOrder> {
        let session = self.store.read();
        let tenant = caller.tenant.id;
        let set = session.set(tenant, action.set).await?;
        let set = set.map(|set| (set.name, set.version)).unwrap_or_default();
        let deployment = Deployment {
            action: action.id,
            handling: handling(action, self.now()),
            chunks: chunks(&session, tenant, action).await?,
            history: None,
        };
        let grant =
            self.grant(&caller.tenant.name, &caller.controller_id, action.id, until).await?;
        let valid = until.since(self.now());
        Ok(PushOrder { send, deployment, set, grant: (grant, until), valid })
    }

    /// Devices whose time has come.
    pub(crate) async fn due_devices(&self, limit: u64) -> Result<Vec<DueDevice>> {
        Ok(self.store.read().due_devices(self.now(), limit).await?)
    }

    /// Takes or prolongs a lease; whether it is held.
    pub(crate) async fn hold_lease(
        &self,
        name: String,
        owner: String,
        ttl: Duration,
    ) -> Result<bool> {
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            let (name, owner) = (name.clone(), owner.clone());
            Box::pin(
                async move { Ok(session.acquire_lease(&name, &owner, ttl, now).await?.is_some()) },
            )
        })
        .await
    }

    /// The secret for a purpose; `proposal` becomes it if there is none.
    pub(crate) async fn secret(&self, purpose: String, proposal: String) -> Result<String> {
        self.write(Lane::ANY, move |session| {
            let (purpose, proposal) = (purpose.clone(), proposal.clone());
            Box::pin(async move { Ok(session.secret(&purpose, &proposal).await?) })
        })
        .await
    }
}

/// What a device is to be sent of an action, and until when that holds.
struct Taken {
    send: Option<Send>,
    action: Action,
    until: Timestamp,
}

/// The question what a device is to be sent.
#[derive(Clone)]
struct Ask {
    tenant: TenantId,
    target: TargetId,
    link: Link,
    cause: Cause,
    now: Timestamp,
    reboot_wait: Duration,
    quotas: Quotas,
}

impl Ask {
    /// What to send of which action; nothing if no action is on offer.
    async fn take(&self, session: &Session<'_>, controller_id: &str) -> Result<Option<Taken>> {
        let target = super::target::find(session, self.tenant, controller_id).await?;
        let open: Vec<Action> =
            session.open_actions(&target).await?.into_iter().map(|open| open.action).collect();
        let offered = offer(&open, self.now);
        let action = offered.and_then(|offer| open.into_iter().find(|a| a.id == offer.action));
        if self.cause == Cause::Timer {
            session.calm_deliveries(self.target, action.as_ref().map(|a| a.id)).await?;
        }
        let (Some(offered), Some(action)) = (offered, action) else {
            return Ok(None);
        };
        let delivery = session.delivery(&action).await?;
        if let Some(judged) = self.judged(session, &delivery, (&action, &target)).await? {
            return Ok(Some(Taken { send: None, action: judged, until: self.now }));
        }
        self.decided(session, delivery, (action, target), offered.kind).await.map(Some)
    }

    async fn decided(
        &self,
        session: &Session<'_>,
        delivery: Delivery,
        (action, target): (Action, Target),
        kind: OfferKind,
    ) -> Result<Taken> {
        let mut plan =
            order(&delivery, &self.link, (&action, kind), self.cause, (self.now, self.reboot_wait));
        if plan.send == Some(Send::Update) && plan.delivery.image_before.is_none() {
            let attributes = session.attributes(&target).await?;
            plan.delivery.image_before = Image::of(&attributes).map(|image| image.whole);
        }
        let found = (&action, target);
        let after = happen(session, found, plan.events, (self.now, &self.quotas)).await?;
        if self.cause == Cause::Timer && plan.delivery.next_at.is_some_and(|at| at <= self.now) {
            // looked at, and nothing to be done: it is not due any more
            plan.delivery.next_at = None;
        }
        if plan.delivery != delivery {
            session.save_deliveries(&[plan.delivery.clone()]).await?;
        }
        let until = plan.delivery.expires_at.unwrap_or(self.now.plus(ORDER_TTL));
        Ok(Taken { send: plan.send, action: after, until })
    }

    /// The action after a device that lost its last word was judged by what it runs.
    async fn judged(
        &self,
        session: &Session<'_>,
        delivery: &Delivery,
        (action, target): (&Action, &Target),
    ) -> Result<Option<Action>> {
        let is_due = delivery.next_at.is_some_and(|at| at <= self.now);
        let is_asked_anew = delivery.stage == Stage::Pending
            && delivery.image_before.is_some()
            && self.link.protocol == LinkProtocol::Astarte;
        let is_judged = delivery.awaits_judgement(action.state);
        if self.cause != Cause::Timer || !is_due || !(is_judged || is_asked_anew) {
            return Ok(None);
        }
        let image = Image::of(&session.attributes(target).await?);
        let set = session.set(self.tenant, action.set).await?;
        let modules = chunks(session, self.tenant, action).await?;
        let versions = modules.into_iter().map(|Chunk { module, .. }| module.version);
        let wanted: Vec<String> = versions.chain(set.map(|set| set.version)).collect();
        let mut delivery = delivery.clone();
        if is_asked_anew {
            if !has_installed(&delivery, image.as_ref(), &wanted) {
                return Ok(None);
            }
            (delivery.stage, delivery.returned) = (Stage::Rebooting, true);
            delivery.next_at = Some(self.now.plus(self.reboot_wait));
            session.save_deliveries(&[delivery.clone()]).await?;
            return Ok(Some(action.clone()));
        }
        let events = judge(&delivery, action.state, image.as_ref(), &wanted, self.now);
        let found = (action, target.clone());
        let after = happen(session, found, events, (self.now, &self.quotas)).await?;
        if !after.state.is_active() {
            delivery.stage = Stage::Over;
        }
        (delivery.next_at, delivery.returned) = (None, false);
        session.save_deliveries(&[delivery]).await?;
        Ok(Some(after))
    }
}

/// Lets events happen to an action that was read with its target in this transaction, one after
/// the other. What only a full history refuses is passed over: what is remembered beside it goes
/// on.
pub(super) async fn happen(
    session: &Session<'_>,
    (action, mut target): (&Action, Target),
    events: Vec<Event>,
    (now, quotas): (Timestamp, &Quotas),
) -> Result<Action> {
    let mut after = action.clone();
    for event in events {
        let transition = match apply(&after, &event, now, quotas) {
            Ok(transition) => transition,
            Err(Error::QuotaExceeded { .. }) => continue,
            Err(error) => return Err(error),
        };
        let change = Change::from((transition, target));
        (after, target) = change.commit(session, "", now).await?;
    }
    Ok(after)
}
