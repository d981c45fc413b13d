//! An update from upload to installed, with refusals on the way; prints what came of each step.
//!
//! The clients in other languages do the same and print the same. Takes the hub from the
//! environment (tests/clients/hub.py), and from `OTAHUB_SCENARIO` what all names begin with.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

mod device;

use device::Device;
use futures::{StreamExt, TryStreamExt};
use otahub_client::proto::{
    ApiToken, AssignDistributionSetsRequest, Assignment, CancelActionRequest,
    CreateApiTokenRequest, CreateDistributionSetRequest, CreateSoftwareModuleRequest,
    CreateTargetRequest, DistributionSet, GetCallerRequest, GetTargetRequest,
    ListActionEntriesRequest, ListTargetsRequest, RevokeApiTokenRequest, SoftwareModule, Target,
};
use otahub_client::{Caller, Hub, HubError, Identified, TransferError, Upload};
use sha2::{Digest, Sha256};
use std::env::var;
use std::error::Error;
use std::io::Cursor;

type Done<T> = Result<T, Box<dyn Error>>;

struct Scenario {
    hub: Hub,
    address: String,
    prefix: String,
}

#[tokio::main]
async fn main() -> Done<()> {
    let address = var("OTAHUB_ADDRESS")?;
    let admin = Caller::basic(&var("OTAHUB_USER")?, &var("OTAHUB_PASSWORD")?);
    let hub = Hub::connect(&address, admin)?;
    let caller = hub.tenant().get_caller(GetCallerRequest {}).await?.into_inner();
    println!("caller: {} of {}", caller.username, caller.tenant);
    let scenario = Scenario { hub, address, prefix: var("OTAHUB_SCENARIO")? };
    let target = scenario.targets().await?;
    scenario.strangers().await?;
    let set = scenario.software().await?;
    let action = scenario.assign(&target, &set).await?;
    scenario.install(&target, &action).await
}

impl Scenario {
    /// Five targets, and what cannot be made or found.
    async fn targets(&self) -> Done<Target> {
        let prefix = &self.prefix;
        let first = create_target(&self.hub, &format!("{prefix}-1")).await?;
        for n in 2..=5 {
            create_target(&self.hub, &format!("{prefix}-{n}")).await?;
        }
        let filter = format!("controller_id = \"{prefix}-*\"");
        let request = ListTargetsRequest { page_size: 2, filter, ..Default::default() };
        let list = |hub: Hub, request| async move { hub.targets().list_targets(request).await };
        let listed: Vec<Target> = self.hub.each(request, list).try_collect().await?;
        let ids = listed.iter().map(|target| &target.controller_id[prefix.len() + 1..]);
        println!("targets: {}", ids.collect::<Vec<_>>().join(" "));
        refused("the same again", create_target(&self.hub, &format!("{prefix}-1")).await);
        refused("with a blank", create_target(&self.hub, "a b").await);
        let nobody = GetTargetRequest { name: "targets/nobody".to_owned() };
        refused("nobody", self.hub.targets().get_target(nobody).await.map_err(HubError::from));
        Ok(first)
    }

    /// Somebody with a wrong password, and a token that may only read.
    async fn strangers(&self) -> Done<()> {
        let stranger = Hub::connect(&self.address, Caller::basic("admin", "wrong"))?;
        let answer = stranger.tenant().get_caller(GetCallerRequest {}).await;
        refused("a wrong password", answer.map_err(HubError::from));
        let api_token = Some(ApiToken {
            description: self.prefix.clone(),
            authorities: vec!["READ_TARGET".to_owned()],
            ..Default::default()
        });
        let mut users = self.hub.users();
        let token = users.create_api_token(CreateApiTokenRequest { api_token }).await?.into_inner();
        let reader = Hub::connect(&self.address, Caller::bearer(&token.secret))?;
        refused("a reader", create_target(&reader, &format!("{}-6", self.prefix)).await);
        let name = token.api_token.unwrap_or_default().name;
        users.revoke_api_token(RevokeApiTokenRequest { name }).await?;
        Ok(())
    }

    /// A set with one module with one file.
    async fn software(&self) -> Done<DistributionSet> {
        let module = SoftwareModule {
            type_key: "os".to_owned(),
            display_name: self.prefix.clone(),
            version: "1.0".to_owned(),
            ..Default::default()
        };
        let request =
            CreateSoftwareModuleRequest { software_module: Some(module), ..Default::default() };
        let module = self.hub.software().create_software_module(request).await?.into_inner();
        self.transfer(&module).await?;
        let set = DistributionSet {
            type_key: "os".to_owned(),
            display_name: self.prefix.clone(),
            version: "1.0".to_owned(),
            software_modules: vec![module],
            ..Default::default()
        };
        let request =
            CreateDistributionSetRequest { distribution_set: Some(set), ..Default::default() };
        let mut sets = self.hub.distribution_sets();
        let set = sets.create_distribution_set(request).await?.into_inner();
        let state = if set.complete { "complete" } else { "incomplete" };
        println!("set: version {}, {state}", set.version);
        Ok(set)
    }

    async fn transfer(&self, module: &SoftwareModule) -> Done<()> {
        let firmware: Vec<u8> =
            (0..700_000_u32).filter_map(|i| u8::try_from(i * 7 % 251).ok()).collect();
        let upload = Upload {
            module: module.name.clone(),
            filename: "firmware.bin".to_owned(),
            ..Default::default()
        };
        let wrong = Upload { sha256: Some("0".repeat(64)), ..upload.clone() };
        let answer = self.hub.upload(wrong, Cursor::new(firmware.clone()), |_| {}).await;
        match answer {
            Err(TransferError::Hub(error)) => refused::<()>("a wrong hash", Err(error)),
            other => println!("not refused: {other:?}"),
        }
        let artifact = self.hub.upload(upload, Cursor::new(firmware), |_| {}).await?;
        let sha256 = artifact.hashes.clone().unwrap_or_default().sha256;
        println!("uploaded: {}, {} bytes, {sha256}", artifact.filename, artifact.size_bytes);
        let mut sink = Vec::new();
        self.hub.download(&artifact, &mut sink, |_| {}).await?;
        println!("downloaded: {} bytes, {}", sink.len(), hex::encode(Sha256::digest(&sink)));
        Ok(())
    }

    /// An action, which a second order does not make again.
    async fn assign(&self, target: &Target, set: &DistributionSet) -> Done<String> {
        let order = Assignment {
            controller_id: target.controller_id.clone(),
            distribution_set: set.name.clone(),
            ..Default::default()
        };
        let mut action = None;
        for _ in 0..2 {
            let assignments = vec![order.clone()];
            let request = AssignDistributionSetsRequest { assignments, ..Default::default() };
            let mut actions = self.hub.actions();
            let done = actions.assign_distribution_sets(request).await?.into_inner();
            let (new, already) = (&done.assigned_actions, done.already_assigned_count);
            println!("assigned: {}, already {already}", new.len());
            action = action.or(new.first().map(|one| format!("actions/{}", one.action)));
        }
        action.ok_or_else(|| "nothing was assigned".into())
    }

    /// The device does what it is told to, while the operator watches.
    async fn install(&self, target: &Target, action: &str) -> Done<()> {
        let mut watch = Box::pin(self.hub.watch_action(action));
        watch.next().await.transpose()?;
        let last = tokio::spawn(watch.try_fold(String::new(), |_, action| async move {
            Ok(action.state().as_str_name().replace("ACTION_STATE_", ""))
        }));
        let http = var("OTAHUB_HTTP_ADDRESS")?;
        let base = format!("{http}/DEFAULT/controller/v1/{}", target.controller_id);
        Device::new(base, target.security_token.clone()).install().await?;
        println!("watched: {}", last.await??);
        let request = ListActionEntriesRequest {
            parent: action.to_owned(),
            order_by: "id".to_owned(),
            ..Default::default()
        };
        let history = self.hub.actions().list_action_entries(request).await?.into_inner().entries;
        let words = history.iter().map(|e| e.status().as_str_name().replace("ENTRY_STATUS_", ""));
        println!("history: {}", words.collect::<Vec<_>>().join(" "));
        let request = GetTargetRequest { name: target.name.clone() };
        let target = self.hub.targets().get_target(request).await?.into_inner();
        let status = target.update_status().as_str_name().replace("UPDATE_STATUS_", "");
        println!("target: {status}");
        let cancel = CancelActionRequest { name: action.to_owned(), ..Default::default() };
        let answer = self.hub.actions().cancel_action(cancel).await;
        refused("too late to cancel", answer.map_err(HubError::from));
        Ok(())
    }
}

async fn create_target(hub: &Hub, controller_id: &str) -> Result<Target, HubError> {
    let target = Target { controller_id: controller_id.to_owned(), ..Default::default() };
    let request = CreateTargetRequest { target: Some(target), ..Default::default() };
    let create = |hub: Hub, request| async move { hub.targets().create_target(request).await };
    hub.repeat(request.identified(), create).await
}

/// Prints why the hub refuses.
fn refused<T>(what: &str, answer: Result<T, HubError>) {
    let Err(error) = answer else {
        return println!("not refused: {what}");
    };
    let mut keys: Vec<&str> = error.metadata.keys().map(String::as_str).collect();
    keys.sort_unstable();
    let fields = error.details.fields.iter().map(|v| format!(", {}: {}", v.subject, v.description));
    println!(
        "refused: {what}: {} {} [{}]{}",
        error.code_name(),
        error.reason_name(),
        keys.join(" "),
        fields.collect::<String>()
    );
}
