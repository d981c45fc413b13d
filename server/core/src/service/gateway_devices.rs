//! The devices of a gateway's stream.

use otahub_domain::action::Offer;
use otahub_domain::{Error, Result as Decided, TargetId, TenantId};
use otahub_proto::otahub::device::v1::DeviceRef;
use otahub_store::Event;
use std::collections::HashMap;

/// How many devices a stream is for at most.
pub(super) const DEVICES_MAX: usize = 10_000;

/// A tenant's name in upper case, and a controller id.
type Key = (String, String);

/// What was told of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// What is on offer.
    pub offer: Option<Offer>,
    /// Its attributes are wanted.
    pub attributes_requested: bool,
}

/// A device that is attached.
#[derive(Debug)]
pub(super) struct Attached {
    /// How the gateway calls it.
    pub named: DeviceRef,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its row.
    pub id: TargetId,
    /// Its own token, if that is its credential.
    pub token: String,
    /// What was told last.
    pub shown: Option<Shown>,
    /// It is about to be looked at.
    pub is_queued: bool,
}

/// All devices of a stream.
#[derive(Default)]
pub(super) struct Devices {
    known: HashMap<Key, Attached>,
    /// The names of their tenants.
    tenants: HashMap<TenantId, String>,
}

fn key(named: &DeviceRef) -> Key {
    (named.tenant.to_ascii_uppercase(), named.controller_id.clone())
}

/// What is to be said of a device that is not attached.
fn stranger() -> Error {
    Error::invalid("device", "is not attached to this stream")
}

impl Devices {
    /// Refuses another device if there are enough.
    pub(super) fn check_room(&self, named: &DeviceRef) -> Decided<()> {
        if self.known.len() < DEVICES_MAX || self.known.contains_key(&key(named)) {
            return Ok(());
        }
        let limit = u64::try_from(DEVICES_MAX).unwrap_or(u64::MAX);
        Err(Error::QuotaExceeded { what: "devices of a stream", limit })
    }

    /// Attaches a device, perhaps again.
    pub(super) fn attach(&mut self, device: Attached) {
        let key = key(&device.named);
        self.tenants.insert(device.tenant, key.0.clone());
        self.known.insert(key, device);
    }

    /// The device, if it is attached.
    pub(super) fn get(&mut self, named: &DeviceRef) -> Decided<&mut Attached> {
        self.known.get_mut(&key(named)).ok_or_else(stranger)
    }

    /// Detaches a device.
    pub(super) fn detach(&mut self, named: &DeviceRef) -> Decided<Attached> {
        self.known.remove(&key(named)).ok_or_else(stranger)
    }

    /// The rows of some devices; of all if there are none.
    pub(super) fn rows(&mut self, named: &[DeviceRef]) -> Decided<Vec<TargetId>> {
        if named.is_empty() {
            return Ok(self.known.values().map(|device| device.id).collect());
        }
        named.iter().map(|named| self.get(named).map(|device| device.id)).collect()
    }

    /// The device of an event, if it is attached, the event may mean work for it, and it is not
    /// about to be looked at anyway.
    pub(super) fn pick_device(&mut self, event: &Event) -> Option<DeviceRef> {
        let is_work = event.kind.starts_with("device.") || event.kind.starts_with("target.");
        let controller_id = event.controller_id.as_ref().filter(|_| is_work)?;
        let tenant = self.tenants.get(&event.tenant)?;
        let device = self.known.get_mut(&(tenant.clone(), controller_id.clone()))?;
        let is_first = !std::mem::replace(&mut device.is_queued, true);
        is_first.then(|| device.named.clone())
    }
}
