//! The groups that targets stand in.

use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::filter::{Filter, TargetField};
use otahub_domain::target::{TargetPatch, update_target};
use otahub_domain::{Error, Result, TargetId, TenantId};
use otahub_store::Lane;

/// How many targets are moved in one transaction.
const BATCH: u64 = 500;

impl Hub {
    /// Puts the targets that match into a group, or out of all if it is empty: some hundred at a
    /// time, so that nobody waits long. Gives how many changed.
    pub(crate) async fn assign_group_to_matching(
        &self,
        tenant: TenantId,
        by: &str,
        group: &str,
        filter: Filter<TargetField>,
    ) -> Result<u64> {
        let (mut changed, mut after) = (0, TargetId(0));
        loop {
            let read = self.store.read();
            let found = read.targets_behind(tenant, &filter, after, BATCH).await?;
            let Some(last) = found.last() else {
                return Ok(changed);
            };
            after = last.id;
            let ids = found.into_iter().map(|target| target.controller_id).collect();
            changed += self.assign_group(tenant, by, group, ids).await?;
        }
    }

    /// Puts targets into a group, or out of all if it is empty; those that are not there are
    /// passed over. Gives how many changed.
    pub(crate) async fn assign_group(
        &self,
        tenant: TenantId,
        by: &str,
        group: &str,
        controller_ids: Vec<String>,
    ) -> Result<u64> {
        if controller_ids.is_empty() {
            return Err(Error::invalid("controller_ids", "is empty"));
        }
        let (by, now) = (by.to_owned(), self.now());
        let patch = TargetPatch { group: Some(group.to_owned()), ..TargetPatch::default() };
        self.write(Lane::ANY, move |session| {
            let (by, patch, ids) = (by.clone(), patch.clone(), controller_ids.clone());
            Box::pin(async move {
                let found = session.targets_by_controller_ids(tenant, &ids).await?;
                let mut moved = Vec::new();
                let mut group = None;
                for target in found {
                    let changed = update_target(&target, &patch, &by, now)?;
                    group.clone_from(&changed.group);
                    if changed.group != target.group {
                        moved.push(changed);
                    }
                }
                let group = group.as_deref();
                session.set_target_group(&moved, group, &by, now).await?;
                let log = Log { session, tenant, now };
                for target in &moved {
                    log.target(Happened::TargetUpdated, target).await?;
                }
                Ok(moved.len() as u64)
            })
        })
        .await
    }
}
