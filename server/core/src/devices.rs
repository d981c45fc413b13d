//! What the hub remembers of devices that poll: all that an idle poll's answer depends on.
//!
//! A change drops the entry in the step that commits it: on this node at once, on the others
//! when they read of it in the event log. Loading races with changes, so every load notes a
//! generation beforehand and keeps its result only if no change came in between.

use crate::hub::Hub;
use otahub_domain::action::{Action, current};
use otahub_domain::target::{Target, UpdateStatus};
use otahub_domain::{ActionId, Result, TargetId, TenantId};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many generation counters there are; a change of one device spoils the loads of those few
/// others that share its counter.
const SLOTS: usize = 4096;

type Key = (TenantId, String);

/// What is remembered of one device.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its row.
    pub id: TargetId,
    /// Its secret.
    pub security_token: String,
    /// Where it was seen last.
    pub address: Option<String>,
    /// It was never seen before.
    pub is_new: bool,
    /// Its attributes are wanted.
    pub attributes_requested: bool,
    /// The action on offer.
    pub current: Option<Box<Action>>,
    /// The newest action whose set is installed.
    pub installed_action: Option<ActionId>,
}

/// The devices that polled lately.
pub(crate) struct Devices {
    known: moka::sync::Cache<Key, Arc<Device>>,
    generations: Vec<AtomicU64>,
}

impl Devices {
    /// Remembers at most `size` devices.
    #[must_use]
    pub(crate) fn new(size: u64) -> Self {
        Self {
            known: moka::sync::Cache::new(size),
            generations: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Forgets a device: something that its answer depends on has changed.
    pub(crate) fn forget(&self, tenant: TenantId, controller_id: &str) {
        let key = (tenant, controller_id.to_owned());
        self.generation(&key).fetch_add(1, Ordering::SeqCst);
        self.known.invalidate(&key);
    }

    /// Forgets everything, when it is not known what has changed.
    pub(crate) fn forget_all(&self) {
        for generation in &self.generations {
            generation.fetch_add(1, Ordering::SeqCst);
        }
        self.known.invalidate_all();
    }

    fn generation(&self, key: &Key) -> &AtomicU64 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let slot = usize::try_from(hasher.finish() % SLOTS as u64).unwrap_or(0);
        &self.generations[slot]
    }
}

impl Hub {
    /// The device, from memory if it is there.
    pub(crate) async fn device(
        &self,
        tenant: TenantId,
        controller_id: &str,
    ) -> Result<Option<Arc<Device>>> {
        let key = (tenant, controller_id.to_owned());
        if let Some(device) = self.devices.known.get(&key) {
            return Ok(Some(device));
        }
        let generation = self.devices.generation(&key);
        let before = generation.load(Ordering::SeqCst);
        let Some(loaded) = self.store.read().device(tenant, controller_id).await? else {
            return Ok(None);
        };
        let device = Arc::new(Device::of(loaded));
        if generation.load(Ordering::SeqCst) == before {
            self.devices.known.insert(key.clone(), device.clone());
            if generation.load(Ordering::SeqCst) != before {
                self.devices.known.invalidate(&key);
            }
        }
        Ok(Some(device))
    }
}

impl Device {
    fn of(loaded: otahub_store::Device) -> Self {
        let open: Vec<Action> = loaded.open.into_iter().map(|open| open.action).collect();
        let Target { id, security_token, address, update_status, request_attributes, .. } =
            loaded.target;
        Self {
            id,
            security_token,
            address,
            is_new: update_status == UpdateStatus::Unknown,
            attributes_requested: request_attributes,
            current: current(&open).cloned().map(Box::new),
            installed_action: loaded.installed_action,
        }
    }
}
