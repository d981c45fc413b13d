//! The arguments of `otahub-sim`.

use clap::Parser;
use otahub_sim::{
    Behaviour, Credential, Device, DeviceOptions, FleetOptions, MqttDevices, MqttOptions,
    MqttSpeech, MqttVersion, Outcome, SimError, Step, ThingsOptions,
};
use std::path::PathBuf;
use std::time::Duration;

/// Simulated devices that speak DDI, DMF or MQTT.
///
/// One device tells what it does, line by line; several are summed up every second.
/// Exit codes: 0 all well, 2 wrong usage, 3 an update failed.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Where the hub answers HTTP.
    #[arg(long, env = "OTAHUB_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Speak DMF through this message broker instead of DDI: one service for all things.
    #[arg(long, env = "OTAHUB_AMQP_URL", value_name = "URL", hide_env_values = true)]
    amqp: Option<String>,
    /// The exchange on which that service gets its orders.
    #[arg(long, default_value = "otahub-sim", requires = "amqp")]
    reply_to: String,
    /// Speak MQTT through this broker instead of DDI, each device over a connection of its own:
    /// `mqtt://[USER][:PASSWORD@]HOST[:PORT]` or `mqtts://…`. With a password and no user a device
    /// shows `TENANT/DEVICE` as its name.
    #[arg(
        long,
        env = "OTAHUB_MQTT_URL",
        value_name = "URL",
        hide_env_values = true,
        conflicts_with = "amqp"
    )]
    mqtt: Option<String>,
    /// What the topics begin with.
    #[arg(long, value_name = "PREFIX", default_value = "ota/v1")]
    mqtt_prefix: String,
    /// Speak MQTT 3.1.1 instead of 5.
    #[arg(long, requires = "mqtt")]
    mqtt3: bool,
    /// Speak Astarte's protocol over MQTT instead of DDI. Devices pair with the hub by the gateway
    /// token, and are told of their broker.
    #[arg(long, requires = "gateway_token", conflicts_with_all = ["mqtt", "amqp"])]
    astarte: bool,
    /// PEM file of who may vouch for the MQTT broker, instead of whom the system trusts.
    #[arg(long, value_name = "FILE")]
    mqtt_ca: Option<PathBuf>,
    /// The tenant.
    #[arg(long, default_value = "DEFAULT")]
    tenant: String,
    /// The device's id; the beginning of it when there are several (`sim-0000`, `sim-0001`, …).
    #[arg(long, default_value = "sim")]
    id: String,
    /// How many devices.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    devices: u32,
    /// The tenant's gateway token.
    #[arg(long, env = "OTAHUB_GATEWAY_TOKEN", hide_env_values = true)]
    gateway_token: Option<String>,
    /// The device's own token.
    #[arg(long, env = "OTAHUB_TARGET_TOKEN", hide_env_values = true)]
    target_token: Option<String>,
    /// What a device says of itself; may be repeated.
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,
    /// Fails every update at this step.
    #[arg(long, value_name = "STEP", value_parser = step)]
    fail_at: Option<Step>,
    /// Falls silent once it has fetched an order.
    #[arg(long, conflicts_with = "fail_at")]
    vanish: bool,
    /// Says that it downloads, and does not.
    #[arg(long)]
    no_download: bool,
    /// Denies when asked for confirmation.
    #[arg(long)]
    deny: bool,
    /// Will not be cancelled.
    #[arg(long)]
    reject_cancel: bool,
    /// Polls with the last answer's ETag.
    #[arg(long)]
    conditional: bool,
    /// How long each step of an update takes, e.g. `2s`.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "0s")]
    delay: Duration,
    /// Bytes a second that a download takes at most.
    #[arg(long, value_name = "BYTES")]
    download_rate: Option<u64>,
    /// Time between polls instead of what the hub asks for, e.g. `5s`.
    #[arg(long, value_parser = humantime::parse_duration)]
    interval: Option<Duration>,
    /// Over what time the first polls are spread.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "0s")]
    spread: Duration,
    /// How many devices talk at the same time.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// By how much each rest varies.
    #[arg(long, default_value_t = 0.1)]
    jitter: f64,
    /// What the dice start from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Ends a device after so many updates.
    #[arg(long)]
    updates: Option<u64>,
    /// Ends everything after this time, e.g. `10m`.
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) duration: Option<Duration>,
}

impl Args {
    /// Whether there is one device, which tells what it does.
    pub(crate) fn is_single(&self) -> bool {
        self.devices == 1
    }

    /// The devices that were asked for.
    pub(crate) fn devices(&self) -> Result<Vec<Device>, SimError> {
        let http = http()?;
        (0..self.devices)
            .map(|index| {
                let options = DeviceOptions::new(&self.url, &self.name(index), http.clone());
                Device::new(DeviceOptions {
                    tenant: self.tenant.clone(),
                    credential: self.credential(),
                    attributes: self.attributes.iter().cloned().collect(),
                    behaviour: self.behaviour(),
                    poll_interval: self.interval,
                    ..options
                })
            })
            .collect()
    }

    /// The service that was asked for instead of devices, if it was.
    pub(crate) fn things(&self) -> Option<ThingsOptions> {
        Some(ThingsOptions {
            amqp_url: self.amqp.clone()?,
            tenant: self.tenant.clone(),
            things: (0..self.devices).map(|index| self.name(index)).collect(),
            reply_to: self.reply_to.clone(),
            attributes: self.attributes.iter().cloned().collect(),
            behaviour: self.behaviour(),
            updates: self.updates,
            http: otahub_sim::reqwest::Client::new(),
        })
    }

    /// The devices behind an MQTT broker that were asked for instead, if they were.
    pub(crate) fn mqtt(&self) -> Result<Option<MqttDevices>, SimError> {
        let speech = match (&self.mqtt, &self.gateway_token) {
            (Some(broker), _) => MqttSpeech::Json {
                broker: broker.clone(),
                prefix: self.mqtt_prefix.clone(),
                version: if self.mqtt3 { MqttVersion::V3 } else { MqttVersion::V5 },
            },
            (None, Some(token)) if self.astarte => {
                MqttSpeech::Astarte { hub: self.url.clone(), token: token.clone() }
            }
            (None, _) => return Ok(None),
        };
        let devices = (0..self.devices).map(|index| self.name(index)).collect();
        let options = MqttOptions {
            tenant: self.tenant.clone(),
            ca: self.mqtt_ca.clone(),
            attributes: self.attributes.iter().cloned().collect(),
            behaviour: self.behaviour(),
            updates: self.updates,
            concurrency: self.concurrency,
            spread: self.spread,
            seed: self.seed,
            ..MqttOptions::new(speech, devices, http()?)
        };
        MqttDevices::new(options).map(Some)
    }

    /// How the fleet goes about its work.
    pub(crate) fn fleet(&self) -> FleetOptions {
        FleetOptions {
            concurrency: self.concurrency,
            jitter: self.jitter,
            spread: self.spread,
            updates: self.updates,
            seed: self.seed,
        }
    }

    fn name(&self, index: u32) -> String {
        match self.devices {
            1 => self.id.clone(),
            _ => format!("{}-{index:04}", self.id),
        }
    }

    fn credential(&self) -> Credential {
        match (&self.target_token, &self.gateway_token) {
            (Some(token), _) => Credential::Target(token.clone()),
            (None, Some(token)) => Credential::Gateway(token.clone()),
            (None, None) => Credential::None,
        }
    }

    fn behaviour(&self) -> Behaviour {
        let outcome = match (self.vanish, self.fail_at) {
            (true, _) => Outcome::Vanish,
            (false, Some(step)) => Outcome::FailAt(step),
            (false, None) => Outcome::Succeed,
        };
        Behaviour {
            outcome,
            download: !self.no_download,
            confirm: !self.deny,
            rejects_cancel: self.reject_cancel,
            conditional_polls: self.conditional,
            delay_between_steps: self.delay,
            download_rate: self.download_rate,
        }
    }
}

/// The client for everything that goes over HTTP.
fn http() -> Result<otahub_sim::reqwest::Client, SimError> {
    Ok(otahub_sim::reqwest::Client::builder()
        .user_agent(concat!("otahub-sim/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(60))
        .build()?)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it is not KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn step(text: &str) -> Result<Step, String> {
    let steps = [Step::Download, Step::Verify, Step::Install];
    let found = steps.into_iter().find(|step| step.to_string() == text);
    found.ok_or_else(|| "it is none of download, verify, install".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn several_devices_are_numbered() {
        let args = Args::parse_from(["otahub-sim", "--id", "d", "--devices", "3"]);
        assert_eq!(args.name(2), "d-0002");
        assert_eq!(Args::parse_from(["otahub-sim"]).name(0), "sim");
    }

    #[test]
    fn a_step_to_fail_at_is_named() {
        let args = Args::parse_from(["otahub-sim", "--fail-at", "verify"]);
        assert_eq!(args.behaviour().outcome, Outcome::FailAt(Step::Verify));
        assert!(Args::try_parse_from(["otahub-sim", "--fail-at", "lunch"]).is_err());
    }
}
