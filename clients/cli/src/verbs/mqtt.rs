//! `otactl mqtt`: what a broker has to be told. Needs no hub.

use crate::error::CliError;
use crate::output::Output;
use clap::Subcommand;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Writes Mosquitto's file of access rights (`acl_file`): a device, whose user name is
    /// TENANT/DEVICE, reaches its own topics and nothing else.
    Acl {
        /// The user name that the hub logs in with.
        #[arg(long, default_value = "otahub", value_name = "NAME")]
        hub_user: String,
        /// What the topics of the JSON mode begin with.
        #[arg(long, default_value = "ota/v1", value_name = "TOPIC")]
        prefix: String,
        /// There are devices on Astarte's protocol, too, whose user name is the common name of
        /// their certificate.
        #[arg(long)]
        astarte: bool,
    },
}

/// What devices say, and what they hear.
const SAID: [&str; 4] = ["hello", "presence", "attributes", "event"];
const HEARD: [&str; 2] = ["request", "notice"];

/// Astarte's protocol: the hub hears what all devices say, and says only what is the hub's.
const ASTARTE_HUB: &str = "\
topic read +/+
topic read +/+/#
topic write +/+/control/consumer/properties
topic write +/+/io.edgehog.devicemanager.OTARequest/request
";
/// A device has all that lies below its own name.
const ASTARTE_DEVICES: &str = "\
pattern readwrite %u
pattern readwrite %u/#
";

/// Carries a command out.
pub(crate) fn carry_out(verb: &Verb, output: &mut Output) -> Result<(), CliError> {
    match verb {
        Verb::Acl { hub_user, prefix, astarte } => {
            let more = if *astarte { (ASTARTE_HUB, ASTARTE_DEVICES) } else { ("", "") };
            output.script(acl(hub_user, prefix, more).as_bytes())
        }
    }
}

fn acl(hub_user: &str, prefix: &str, (astarte_hub, astarte_devices): (&str, &str)) -> String {
    let line = |who: &str, right: &str, device: &str, leaf: &str| {
        format!("{who} {right} {prefix}/{device}/{leaf}\n")
    };
    let mut text = String::from("# Access rights for otahub's MQTT bridge.\n\n# The hub\n");
    text.push_str(&format!("user {hub_user}\n"));
    text.extend(SAID.map(|leaf| line("topic", "read", "+/+", leaf)));
    text.extend(HEARD.map(|leaf| line("topic", "write", "+/+", leaf)));
    text.push_str(astarte_hub);
    text.push_str("\n# Devices: the user name is TENANT/DEVICE, spelled as in the topics\n");
    text.extend(SAID.map(|leaf| line("pattern", "write", "%u", leaf)));
    text.extend(HEARD.map(|leaf| line("pattern", "read", "%u", leaf)));
    text.push_str(astarte_devices);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_may_say_and_hear_what_is_its_own() {
        let text = acl("hub", "ota/v1", ("", ""));
        for line in [
            "user hub",
            "topic read ota/v1/+/+/event",
            "topic write ota/v1/+/+/request",
            "pattern write ota/v1/%u/event",
            "pattern read ota/v1/%u/request",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}");
        }
        assert!(
            !text.contains('#') || text.lines().all(|l| !l.contains('#') || l.starts_with('#'))
        );
        assert!(!text.contains("pattern readwrite"));
    }
}
