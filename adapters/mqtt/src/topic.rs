//! The topics of the JSON mode: `{prefix}/{tenant}/{device}/{leaf}`.

use otahub_client::device::DeviceRef;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What a segment of a topic may not hold as it is.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'+').add(b'#').add(b'/').add(b'$').add(b'%');

/// The most characters of a controller id.
const CONTROLLER_ID_MAX: usize = 256;
/// The most bytes of a topic that is looked at.
const TOPIC_MAX: usize = 2048;

/// What devices publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Leaf {
    /// It is there, and what it can do.
    Hello,
    /// It came or went.
    Presence,
    /// What it says of itself.
    Attributes,
    /// How a request goes.
    Event,
}

impl Leaf {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Hello, Self::Presence, Self::Attributes, Self::Event];

    /// The last segment of the topic.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Presence => "presence",
            Self::Attributes => "attributes",
            Self::Event => "event",
        }
    }
}

/// The topics under one prefix.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    prefix: String,
}

impl Topics {
    /// Topics that begin with `prefix`.
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// What the hub subscribes to.
    pub(crate) fn filters(&self) -> Vec<String> {
        Leaf::ALL.iter().map(|leaf| format!("{}/+/+/{}", self.prefix, leaf.as_str())).collect()
    }

    /// Who says what, by the topic. Nothing if it is not spelled as the hub would: a device that
    /// is called by another topic than its own would never hear.
    pub(crate) fn parse(&self, topic: &str) -> Option<(DeviceRef, Leaf)> {
        if topic.len() > TOPIC_MAX {
            return None;
        }
        let rest = topic.strip_prefix(self.prefix.as_str())?.strip_prefix('/')?;
        let mut levels = rest.split('/');
        let (tenant, device, leaf) = (levels.next()?, levels.next()?, levels.next()?);
        let leaf = Leaf::ALL.into_iter().find(|known| known.as_str() == leaf)?;
        let device = DeviceRef { tenant: decoded(tenant)?, controller_id: decoded(device)? };
        let is_id = !device.controller_id.is_empty()
            && !device.controller_id.contains(char::is_whitespace)
            && device.controller_id.chars().count() <= CONTROLLER_ID_MAX;
        let is_whole = levels.next().is_none() && is_id;
        let is_ours = device.tenant == device.tenant.to_uppercase()
            && self.of(&device, leaf.as_str()) == topic;
        (is_whole && is_ours).then_some((device, leaf))
    }

    /// The topic on which a device is sent requests.
    pub(crate) fn request(&self, device: &DeviceRef) -> String {
        self.of(device, "request")
    }

    /// The topic on which a device is told what was wrong.
    pub(crate) fn notice(&self, device: &DeviceRef) -> String {
        self.of(device, "notice")
    }

    /// The topic on which a device reports.
    pub(crate) fn event(&self, device: &DeviceRef) -> String {
        self.of(device, Leaf::Event.as_str())
    }

    fn of(&self, device: &DeviceRef, leaf: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
        format!(
            "{}/{}/{}/{leaf}",
            self.prefix,
            encode(&device.tenant),
            encode(&device.controller_id)
        )
    }
}

fn decoded(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn device(id: &str) -> DeviceRef {
        DeviceRef { tenant: "DEFAULT".into(), controller_id: id.into() }
    }

    #[test]
    fn a_topic_names_tenant_device_and_matter() {
        let topics = Topics::new("ota/v1");
        let read = |topic: &str| topics.parse(topic);
        assert_eq!(read("ota/v1/DEFAULT/pump-7/event"), Some((device("pump-7"), Leaf::Event)));
        assert_eq!(read("ota/v1/DEFAULT/a%2Fb/hello"), Some((device("a/b"), Leaf::Hello)));
        for wrong in [
            "ota/v1/DEFAULT/pump-7",
            "ota/v1/DEFAULT/pump-7/event/more",
            "ota/v1/DEFAULT//event",
            "ota/v1/default/pump-7/event",
            "ota/v1/DEFAULT/pump 7/event",
            "ota/v1/DEFAULT/%70ump/event",
            "ota/v1/DEFAULT/%ff/event",
            "ota/v1/DEFAULT/pump-7/request",
            "ota/v1x/DEFAULT/pump-7/event",
            "other",
            "",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_id_has_a_topic_of_its_own_and_no_topic_panics(
            id in "\\PC{1,40}", noise in "\\PC{0,80}"
        ) {
            let topics = Topics::new("p");
            let _ = topics.parse(&noise);
            let _ = topics.parse(&format!("p/{noise}/x/event"));
            prop_assume!(!id.contains(char::is_whitespace));
            let topic = topics.event(&device(&id));
            prop_assert_eq!(topic.matches('/').count(), 3);
            prop_assert!(!topic.contains(['+', '#', '$']));
            prop_assert_eq!(topics.parse(&topic), Some((device(&id), Leaf::Event)));
        }
    }
}
