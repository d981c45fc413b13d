//! DMF: one adapter for each message broker that the settings name.

use crate::settings::Settings;
use otahub_client::HubClient;
use otahub_dmf::{Health, State};
use std::net::SocketAddr;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The adapters, by the tenant that each serves; none for the one that tenants share.
pub(crate) type Brokers = Vec<(Option<String>, Health)>;

/// Starts the adapters. They end when `stop` is cancelled.
pub(crate) fn start(
    settings: &Settings,
    hub: &HubClient,
    http: SocketAddr,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Brokers {
    let download_urls = download_urls(settings, http);
    let elsewhere: Vec<String> = settings.amqp_tenants.keys().cloned().collect();
    let own = settings.amqp_tenants.iter().map(|(tenant, url)| (Some(tenant.clone()), url));
    let shared = settings.amqp_url.iter().map(|url| (None, url));
    let mut brokers = Brokers::new();
    for (tenant, url) in shared.chain(own) {
        let settings = otahub_dmf::Settings {
            url: url.clone(),
            tenant: tenant.clone(),
            elsewhere: elsewhere.clone(),
            download_urls: download_urls.clone(),
        };
        let health = Health::default();
        tasks.spawn(otahub_dmf::run(hub.clone(), settings, health.clone(), stop.clone()));
        brokers.push((tenant, health));
    }
    brokers
}

/// What links in messages are built from: there is no request whose address could be used.
fn download_urls(settings: &Settings, http: SocketAddr) -> Vec<String> {
    let given: Vec<String> = [&settings.public_url, &settings.public_http_url]
        .into_iter()
        .flatten()
        .map(|url| url.as_str().trim_end_matches('/').to_owned())
        .collect();
    if given.is_empty() { vec![format!("http://{http}")] } else { given }
}

/// One line for each broker, for people.
pub(crate) fn report(brokers: &Brokers) -> String {
    brokers
        .iter()
        .map(|(tenant, health)| {
            let name = tenant.as_ref().map_or_else(|| "dmf".into(), |t| format!("dmf/{t}"));
            let state = match health.state() {
                State::Connected => "connected",
                State::Away => "away",
            };
            format!("{name}: {state}\n")
        })
        .collect()
}
