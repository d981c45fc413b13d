//! The connection to the hub, and on whose behalf.

use crate::args::Globals;
use crate::error::CliError;
use otahub_client::proto::{
    action_service_client::ActionServiceClient,
    distribution_set_service_client::DistributionSetServiceClient,
    rollout_service_client::RolloutServiceClient, software_service_client::SoftwareServiceClient,
    target_service_client::TargetServiceClient,
    tenant_admin_service_client::TenantAdminServiceClient,
    tenant_service_client::TenantServiceClient, user_service_client::UserServiceClient,
    webhook_service_client::WebhookServiceClient,
};
use otahub_client::{Called, Caller, HubChannel, HubClient, Tls};
use std::net::IpAddr;
use std::path::PathBuf;
use tonic::codegen::http::Uri;

/// What a hub on this machine has out of the box.
const LOOPBACK_USER: (&str, &str) = ("admin", "admin");

/// A connection on whose every call the caller is told.
pub(crate) struct Session {
    hub: HubClient,
    caller: Caller,
}

impl Session {
    pub(crate) async fn open(globals: &Globals) -> Result<Self, CliError> {
        let address = match globals.hub.contains("://") {
            true => globals.hub.clone(),
            false => format!("http://{}", globals.hub),
        };
        let caller = caller(globals, &address)?;
        let connected = HubChannel::connect_now(&address, &tls(globals)?).await;
        let channel = connected.map_err(|error| match CliError::from(error) {
            CliError::Unreachable(why) => CliError::Unreachable(format!("{address}: {why}")),
            other => other,
        })?;
        Ok(Self { hub: HubClient::new(channel), caller })
    }

    pub(crate) fn targets(&self) -> TargetServiceClient<Called> {
        self.hub.targets(&self.caller)
    }

    pub(crate) fn software(&self) -> SoftwareServiceClient<Called> {
        self.hub.software(&self.caller)
    }

    pub(crate) fn sets(&self) -> DistributionSetServiceClient<Called> {
        self.hub.distribution_sets(&self.caller)
    }

    pub(crate) fn actions(&self) -> ActionServiceClient<Called> {
        self.hub.actions(&self.caller)
    }

    pub(crate) fn webhooks(&self) -> WebhookServiceClient<Called> {
        self.hub.webhooks(&self.caller)
    }

    pub(crate) fn rollouts(&self) -> RolloutServiceClient<Called> {
        self.hub.rollouts(&self.caller)
    }

    pub(crate) fn tenant(&self) -> TenantServiceClient<Called> {
        self.hub.tenant(&self.caller)
    }

    pub(crate) fn users(&self) -> UserServiceClient<Called> {
        self.hub.users(&self.caller)
    }

    pub(crate) fn tenants(&self) -> TenantAdminServiceClient<Called> {
        self.hub.tenants(&self.caller)
    }
}

/// Whom to trust, and which certificate to show.
fn tls(globals: &Globals) -> Result<Tls, CliError> {
    let read = |path: &PathBuf| {
        std::fs::read(path)
            .map_err(|why| CliError::Usage(format!("cannot read {}: {why}", path.display())))
    };
    let mut tls = Tls::new();
    if let Some(ca) = &globals.ca {
        tls = tls.trusting(&read(ca)?);
    }
    if let (Some(cert), Some(key)) = (&globals.tls_cert, &globals.tls_key) {
        tls = tls.identified_by(&read(cert)?, &read(key)?);
    }
    Ok(tls)
}

fn caller(globals: &Globals, address: &str) -> Result<Caller, CliError> {
    let uri: Uri = address
        .parse()
        .map_err(|why| CliError::Usage(format!("«{address}» is not a hub's address: {why}")))?;
    if let Some(token) = &globals.token {
        return Ok(Caller::anonymous().with_authorization(&format!("Bearer {token}")));
    }
    match &globals.user {
        Some(text) => {
            let (user, password) = text.split_once(':').ok_or_else(|| {
                CliError::Usage("--user takes a user and a password: USER:PASSWORD".to_owned())
            })?;
            Ok(Caller::basic(user, password))
        }
        None if is_loopback(&uri) => Ok(Caller::basic(LOOPBACK_USER.0, LOOPBACK_USER.1)),
        None => Err(CliError::Usage(format!(
            "{address} is not on this machine, so say who you are with --user or --token"
        ))),
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for (address, expected) in [
            ("http://localhost:50051", true),
            ("http://127.0.0.5", true),
            ("https://[::1]:1", true),
            ("http://10.0.0.1:50051", false),
            ("http://localhost.example:1", false),
        ] {
            assert_eq!(is_loopback(&address.parse().unwrap()), expected, "{address}");
        }
    }
}
