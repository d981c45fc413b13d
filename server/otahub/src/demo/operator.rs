//! The operator of the demo: a client of the hub's gRPC services.

use anyhow::Context;
use bytes::Bytes;
use otahub_client::proto::{self, setting_value::Kind, upload_artifact_request::Step};
use otahub_client::{Caller, HubChannel, HubClient, HubError, names};
use std::net::SocketAddr;

/// How much of the image goes into one message, in bytes.
const CHUNK_BYTES: usize = 256 << 10;

/// Somebody who may do everything in the tenant `DEFAULT`.
pub(super) struct Operator {
    hub: HubClient,
    caller: Caller,
}

impl Operator {
    /// Connects to the hub.
    pub(super) async fn connect(grpc: SocketAddr) -> anyhow::Result<Self> {
        let channel = HubChannel::connect(&format!("http://{grpc}"))
            .await
            .context("the hub cannot be reached over gRPC")?;
        let (user, password) = otahub_core::DEFAULT_USER;
        Ok(Self { hub: HubClient::new(channel), caller: Caller::basic(user, password) })
    }

    /// Lets devices in by their own tokens.
    pub(super) async fn allow_target_tokens(&self) -> anyhow::Result<()> {
        let on = Kind::BoolValue(true);
        self.set(vec![("authentication.targettoken.enabled", on)]).await
    }

    /// Lets devices in by a gateway token.
    pub(super) async fn allow_gateway_token(&self, key: &str) -> anyhow::Result<()> {
        self.set(vec![
            ("authentication.gatewaytoken.key", Kind::StringValue(key.to_owned())),
            ("authentication.gatewaytoken.enabled", Kind::BoolValue(true)),
        ])
        .await
    }

    async fn set(&self, settings: Vec<(&str, Kind)>) -> anyhow::Result<()> {
        let setting = |key: &str, kind| proto::Setting {
            name: names::setting(key),
            value: Some(proto::SettingValue { kind: Some(kind) }),
            ..proto::Setting::default()
        };
        let settings = settings.into_iter().map(|(key, kind)| setting(key, kind)).collect();
        let request = proto::UpdateSettingsRequest { settings };
        let done = self.hub.tenant(&self.caller).update_settings(request).await;
        done.map_err(HubError::from).context("the settings cannot be changed")?;
        Ok(())
    }

    /// Makes a module with one artifact; gives the module's name.
    pub(super) async fn upload(
        &self,
        name: &str,
        version: &str,
        filename: &str,
        image: &[u8],
    ) -> anyhow::Result<String> {
        let module = proto::SoftwareModule {
            type_key: "os".into(),
            display_name: name.into(),
            version: version.into(),
            ..proto::SoftwareModule::default()
        };
        let request = proto::CreateSoftwareModuleRequest {
            software_module: Some(module),
            ..proto::CreateSoftwareModuleRequest::default()
        };
        let made = self.hub.software(&self.caller).create_software_module(request).await;
        let module = made.map_err(HubError::from).context("no module")?.into_inner();
        let start = Step::Start(proto::UploadArtifactStart {
            parent: module.name.clone(),
            filename: filename.into(),
            ..proto::UploadArtifactStart::default()
        });
        let chunks = image.chunks(CHUNK_BYTES).map(|c| Step::Data(Bytes::copy_from_slice(c)));
        let steps: Vec<_> = std::iter::once(start)
            .chain(chunks)
            .map(|step| proto::UploadArtifactRequest { step: Some(step) })
            .collect();
        let steps = futures::stream::iter(steps);
        let done = self.hub.software(&self.caller).upload_artifact(steps).await;
        done.map_err(HubError::from).context("the image cannot be uploaded")?;
        Ok(module.name)
    }

    /// Makes a distribution set of one module; gives its name.
    pub(super) async fn distribution_set(
        &self,
        name: &str,
        version: &str,
        module: String,
    ) -> anyhow::Result<String> {
        let module = proto::SoftwareModule { name: module, ..proto::SoftwareModule::default() };
        let set = proto::DistributionSet {
            type_key: "os".into(),
            display_name: name.into(),
            version: version.into(),
            software_modules: vec![module],
            ..proto::DistributionSet::default()
        };
        let request = proto::CreateDistributionSetRequest {
            distribution_set: Some(set),
            ..proto::CreateDistributionSetRequest::default()
        };
        let made = self.hub.distribution_sets(&self.caller).create_distribution_set(request).await;
        Ok(made.map_err(HubError::from).context("no distribution set")?.into_inner().name)
    }

    /// Assigns a set to a target; gives the action's number.
    pub(super) async fn assign(&self, set: String, controller_id: &str) -> anyhow::Result<i64> {
        let assignment = proto::Assignment {
            controller_id: controller_id.into(),
            distribution_set: set,
            ..proto::Assignment::default()
        };
        let request = proto::AssignDistributionSetsRequest {
            assignments: vec![assignment],
            ..proto::AssignDistributionSetsRequest::default()
        };
        let done = self.hub.actions(&self.caller).assign_distribution_sets(request).await;
        let assigned = done.map_err(HubError::from).context("no assignment")?.into_inner();
        let action = assigned.assigned_actions.first().map(|assigned| assigned.action);
        action.context("the set was assigned already")
    }

    /// What happened to an action, oldest first, a line each.
    pub(super) async fn history(&self, action: i64) -> anyhow::Result<Vec<String>> {
        let request = proto::ListActionEntriesRequest {
            parent: names::action(action),
            order_by: "id".into(),
            ..proto::ListActionEntriesRequest::default()
        };
        let listed = self.hub.actions(&self.caller).list_action_entries(request).await;
        let entries = listed.map_err(HubError::from)?.into_inner().entries;
        let line = |entry: &proto::ActionEntry| {
            let status = entry.status().as_str_name().trim_start_matches("ENTRY_STATUS_");
            format!("{status:<12} {}", entry.messages.join(" | "))
        };
        Ok(entries.iter().map(line).collect())
    }

    /// Whether the target is up to date, as the contract's word.
    pub(super) async fn update_status(&self, controller_id: &str) -> anyhow::Result<String> {
        let request = proto::GetTargetRequest { name: names::target(controller_id) };
        let target = self.hub.targets(&self.caller).get_target(request).await;
        let target = target.map_err(HubError::from)?.into_inner();
        let name = target.update_status().as_str_name();
        Ok(name.trim_start_matches("UPDATE_STATUS_").to_owned())
    }
}
