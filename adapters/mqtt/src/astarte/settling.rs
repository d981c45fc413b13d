//! Devices that have said which properties they have. A device that starts says at first that it
//! has none, and then all that it has: what is gone is known a moment later only.

use super::interfaces;
use otahub_client::device::DeviceRef;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// How long a device may take to say what it has.
const PAUSE: Duration = Duration::from_secs(5);
/// The most devices that are waited for; further ones keep what they had until the next time.
const DEVICES_MAX: usize = 10_000;

/// The properties of a device that has said all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Tenant and controller id.
    pub device: DeviceRef,
    /// The attributes that it keeps.
    pub keep: Vec<String>,
}

/// Devices that are saying which properties they have.
#[derive(Debug, Default)]
pub(crate) struct Settling {
    devices: HashMap<(String, String), (BTreeSet<String>, Instant)>,
}

impl Settling {
    /// A device says which properties it has: of each the interface and the path.
    pub(super) fn listed(
        &mut self,
        device: &DeviceRef,
        listed: &BTreeSet<(String, String)>,
        now: Instant,
    ) {
        let key = (device.tenant.clone(), device.controller_id.clone());
        if self.devices.len() >= DEVICES_MAX && !self.devices.contains_key(&key) {
            return;
        }
        let known = listed.iter().filter_map(|(interface, path)| interfaces::key(interface, path));
        let keep = known.map(|(key, _)| key).collect();
        self.devices.insert(key, (keep, now + PAUSE));
    }

    /// A device has a property.
    pub(super) fn has(&mut self, device: &DeviceRef, attribute: &str) {
        let key = (device.tenant.clone(), device.controller_id.clone());
        if let Some((keep, _)) = self.devices.get_mut(&key) {
            keep.insert(attribute.to_owned());
        }
    }

    /// The devices that have had their time.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Settled> {
        let due = self.devices.extract_if(|_, (_, until)| *until <= now);
        due.map(|((tenant, controller_id), (keep, _))| Settled {
            device: DeviceRef { tenant, controller_id },
            keep: keep.into_iter().collect(),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_or_said_a_moment_later_stays() {
        let device = DeviceRef { tenant: "T".into(), controller_id: "d".into() };
        let (mut settling, start) = (Settling::default(), Instant::now());
        let image = "io.edgehog.devicemanager.BaseImage".to_owned();
        let listed = BTreeSet::from([
            (image, "/name".to_owned()),
            ("some.other".to_owned(), "/name".to_owned()),
        ]);
        settling.has(&device, "early");
        settling.listed(&device, &listed, start);
        settling.has(&device, "os.name");
        assert_eq!(settling.due(start), []);
        let due = settling.due(start + PAUSE);
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].keep, ["baseImage.name", "os.name"]);
        assert_eq!(settling.due(start + PAUSE), [], "once");
    }
}
