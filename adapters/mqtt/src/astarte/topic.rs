//! The topics of Astarte's protocol: `{realm}/{device}` and what lies below.

use super::interfaces;
use otahub_client::device::DeviceRef;

/// How many characters the name of a device has: 128 bits, six in each.
const DEVICE_ID: usize = 22;
/// The most bytes of a topic that is looked at.
const TOPIC_MAX: usize = 2048;

/// What a device publishes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Which interfaces it has.
    Introspection,
    /// It knows nothing of what it was told before.
    EmptyCache,
    /// Which properties it has.
    Properties,
    /// A value of an interface.
    Data {
        /// The interface.
        interface: String,
        /// Where in the interface, with a slash at the beginning.
        path: String,
    },
}

impl Subject {
    /// What it is called in metrics.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Introspection => "introspection",
            Self::EmptyCache => "emptyCache",
            Self::Properties => "properties",
            Self::Data { .. } => "data",
        }
    }
}

/// The topics of Astarte's protocol.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AstarteTopics;

impl AstarteTopics {
    /// What the hub subscribes to. Not all that lies below a device: the hub would hear itself.
    pub(crate) fn filters() -> Vec<String> {
        let fixed = ["+/+", "+/+/control/emptyCache", "+/+/control/producer/properties"];
        let data = interfaces::heard().map(|interface| format!("+/+/{interface}/#"));
        fixed.into_iter().map(str::to_owned).chain(data).collect()
    }

    /// Who says what, by the topic. The realm is the tenant's name in lower case.
    pub(crate) fn parse(topic: &str) -> Option<(DeviceRef, Subject)> {
        if topic.len() > TOPIC_MAX {
            return None;
        }
        let mut levels = topic.splitn(3, '/');
        let (realm, id) = (levels.next()?, levels.next()?);
        let device = DeviceRef { tenant: tenant(realm)?, controller_id: id.to_owned() };
        if !is_device_id(id) {
            return None;
        }
        let subject = match levels.next() {
            None => Subject::Introspection,
            Some("control/emptyCache") => Subject::EmptyCache,
            Some("control/producer/properties") => Subject::Properties,
            Some(rest) => {
                let (interface, path) = rest.split_once('/')?;
                interfaces::heard().find(|known| known == interface)?;
                Subject::Data { interface: interface.to_owned(), path: format!("/{path}") }
            }
        };
        Some((device, subject))
    }

    /// Where a device hears what lies below it at `rest`.
    pub(crate) fn of(device: &DeviceRef, rest: &str) -> String {
        format!("{}/{}/{rest}", device.tenant.to_lowercase(), device.controller_id)
    }
}

/// The tenant of a realm; nothing if none can be called so.
fn tenant(realm: &str) -> Option<String> {
    let tenant = realm.to_uppercase();
    (!realm.is_empty() && tenant.to_lowercase() == realm).then_some(tenant)
}

/// Whether devices of Astarte may be called so: base64 of 128 bits, for URLs, without padding.
fn is_device_id(id: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    id.len() == DEVICE_ID && id.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "BL9JHK-UTp2BP-vuv7hWpg";

    fn subject(rest: &str) -> Option<Subject> {
        let (device, subject) = AstarteTopics::parse(&format!("default/{ID}{rest}"))?;
        assert_eq!((device.tenant.as_str(), device.controller_id.as_str()), ("DEFAULT", ID));
        Some(subject)
    }

    #[test]
    fn a_topic_names_realm_device_and_matter() {
        assert_eq!(subject(""), Some(Subject::Introspection));
        assert_eq!(subject("/control/emptyCache"), Some(Subject::EmptyCache));
        assert_eq!(subject("/control/producer/properties"), Some(Subject::Properties));
        let data = subject("/io.edgehog.devicemanager.HardwareInfo/cpu/model");
        let Some(Subject::Data { interface, path }) = data else { panic!("{data:?}") };
        assert_eq!(interface, "io.edgehog.devicemanager.HardwareInfo");
        assert_eq!(path, "/cpu/model");
        for wrong in [
            "/",
            "/control",
            "/control/consumer/properties",
            "/io.edgehog.devicemanager.OTARequest/request",
            "/io.edgehog.devicemanager.OTAEvent",
            "/else",
        ] {
            assert_eq!(subject(wrong), None, "{wrong}");
        }
        for wrong in ["default", "DEFAULT/BL9JHK-UTp2BP-vuv7hWpg", "default/short", "", "/"] {
            assert_eq!(AstarteTopics::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_topic_panics(noise in "\\PC{0,80}", below in "[a-zA-Z./+#$]{0,60}") {
            let _ = AstarteTopics::parse(&noise);
            let _ = subject(&format!("/{below}"));
        }
    }
}
