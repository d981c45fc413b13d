//! What a device gets to see of an action: the deployment, now or once.

use super::{Act, Owner};
use crate::auth::DeviceCaller;
use crate::hub::Hub;
use otahub_domain::action::{
    Action, Entry, EntryStatus, Event, Handling, SERVER_PREFIX, State, detail_status, handling,
};
use otahub_domain::software::{Artifact, Metadata, Module};
use otahub_domain::{ActionId, Entity, Error, Result, TenantId};
use otahub_store::Session;
use std::collections::HashMap;

/// The most history entries that a device gets.
const HISTORY_MAX: u64 = 100;

/// From which side a deployment is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// To install it.
    Deployment,
    /// To confirm it.
    Confirmation,
    /// To see what was installed.
    Installed,
}

/// What there is, or was, to install.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    /// The action.
    pub action: ActionId,
    /// How to treat it.
    pub handling: Handling,
    /// Its modules.
    pub chunks: Vec<Chunk>,
    /// What happened so far, if asked for and there is something to tell.
    pub history: Option<History>,
}

/// A module as a device sees it.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    /// The module.
    pub module: Module,
    /// Key of its type.
    pub type_key: String,
    /// Its files.
    pub artifacts: Vec<Artifact>,
    /// What devices may see of its metadata.
    pub metadata: Vec<Metadata>,
}

/// What happened to an action.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// What it was in before this call.
    pub status: EntryStatus,
    /// Messages, newest first, without those of the hub.
    pub messages: Vec<String>,
}

impl Hub {
    /// The deployment of an action of the device that calls.
    pub(crate) async fn deployment(
        &self,
        caller: &DeviceCaller,
        view: View,
        action: ActionId,
        history_size: i32,
    ) -> Result<Deployment> {
        let tenant = caller.tenant.id;
        let owner = Owner::Target(caller.controller_id.clone());
        let (found, _) = self.find_action(tenant, action, &owner).await?;
        let found = self.end_lapsed_action(tenant, found).await?;
        check_visible(view, &found)?;
        let session = self.store.read();
        let history = history(&session, &found, history_size).await?;
        let handling = handling(&found, self.now());
        let chunks = chunks(&session, tenant, &found).await?;
        if view == View::Deployment {
            let event = Event::Fetched;
            let by = String::new();
            self.act(Act { tenant, owner, action, event, by, request_id: None }).await?;
        }
        Ok(Deployment { action, handling, chunks, history })
    }
}

fn check_visible(view: View, action: &Action) -> Result<()> {
    let id = action.id;
    match (view, action.state) {
        (View::Deployment, State::WaitingForConfirmation) => {
            Err(Error::ActionWaiting { action: id })
        }
        (View::Confirmation, State::WaitingForConfirmation) => Ok(()),
        (View::Confirmation, _) => Err(Error::ActionNotWaiting { action: id }),
        (_, State::Canceling | State::Canceled) => Err(Error::ActionCanceling { action: id }),
        (View::Installed, state) if state.is_active() => Err(Error::ActionActive { action: id }),
        (View::Deployment | View::Installed, _) => Ok(()),
    }
}

async fn history(session: &Session<'_>, action: &Action, size: i32) -> Result<Option<History>> {
    let limit = match u64::try_from(size) {
        Ok(0) => return Ok(None),
        Ok(size) => size.min(HISTORY_MAX),
        Err(_) => HISTORY_MAX,
    };
    let entries: Vec<Entry> = session.recent_entries(action, limit).await?;
    let messages: Vec<String> = entries
        .into_iter()
        .flat_map(|entry| entry.messages)
        .filter(|message| !message.starts_with(SERVER_PREFIX))
        .collect();
    let history = History { status: detail_status(action.state), messages };
    Ok((!history.messages.is_empty()).then_some(history))
}

/// The modules that an action installs, as a device sees them.
pub(super) async fn chunks(
    session: &Session<'_>,
    tenant: TenantId,
    action: &Action,
) -> Result<Vec<Chunk>> {
    let set = session.set(tenant, action.set).await?;
    let set = set.ok_or_else(|| Error::not_found(Entity::DistributionSet, action.set))?;
    let modules = session.modules_of_set(&set).await?;
    let ids: Vec<_> = modules.iter().map(|m| m.id).collect();
    let type_ids: Vec<_> = modules.iter().map(|m| m.module_type).collect();
    let types = session.module_types_by_ids(tenant, &type_ids).await?;
    let keys: HashMap<_, _> = types.into_iter().map(|t| (t.id, t.key)).collect();
    let mut artifacts: HashMap<_, Vec<Artifact>> = HashMap::new();
    for artifact in session.artifacts_of_modules(tenant, &ids).await? {
        artifacts.entry(artifact.module).or_default().push(artifact);
    }
    let mut chunks = Vec::with_capacity(modules.len());
    for module in modules {
        let metadata = session.metadata(&module).await?;
        chunks.push(Chunk {
            type_key: keys.get(&module.module_type).cloned().unwrap_or_default(),
            artifacts: artifacts.remove(&module.id).unwrap_or_default(),
            metadata: metadata.into_iter().filter(|m| m.target_visible).collect(),
            module,
        });
    }
    Ok(chunks)
}
