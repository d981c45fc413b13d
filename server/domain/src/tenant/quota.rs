//! Quotas: how much of each thing there may be.

use crate::{Error, Result};

/// The quotas in force (hawkBit's `hawkbit.server.security.dos.*`). 0 means unlimited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas {
    /// History entries of one action that devices write before the last one.
    pub status_entries_per_action: u64,
    /// Messages of one history entry, after splitting.
    pub messages_per_status: u64,
    /// Attributes of one target.
    pub attributes_per_target: u64,
    /// Metadata entries of one target.
    pub metadata_per_target: u64,
    /// Metadata entries of one distribution set.
    pub metadata_per_set: u64,
    /// Metadata entries of one software module.
    pub metadata_per_module: u64,
    /// Software modules of one distribution set.
    pub modules_per_set: u64,
    /// Software module types of one distribution set type.
    pub module_types_per_set_type: u64,
    /// Distribution set types of one target type.
    pub set_types_per_target_type: u64,
    /// Artifacts of one software module.
    pub artifacts_per_module: u64,
    /// Groups of one rollout.
    pub groups_per_rollout: u64,
    /// Targets of one rollout group.
    pub targets_per_rollout_group: u64,
    /// Actions of one target.
    pub actions_per_target: u64,
    /// Assignments in one request.
    pub assignments_per_request: u64,
    /// Targets that a filter may match when it gets an automatic assignment.
    pub targets_per_auto_assignment: u64,
    /// Bytes of one artifact.
    pub artifact_size_bytes: u64,
    /// Bytes of all artifacts of a tenant.
    pub artifact_storage_bytes: u64,
}

impl Default for Quotas {
    /// hawkBit's defaults.
    fn default() -> Self {
        Self {
            status_entries_per_action: 1000,
            messages_per_status: 50,
            attributes_per_target: 100,
            metadata_per_target: 100,
            metadata_per_set: 100,
            metadata_per_module: 100,
            modules_per_set: 100,
            module_types_per_set_type: 50,
            set_types_per_target_type: 50,
            artifacts_per_module: 50,
            groups_per_rollout: 500,
            targets_per_rollout_group: 20_000,
            actions_per_target: 2000,
            assignments_per_request: 5000,
            targets_per_auto_assignment: 20_000,
            artifact_size_bytes: 1_073_741_824,
            artifact_storage_bytes: 21_474_836_480,
        }
    }
}

impl Quotas {
    /// Checks that `more` can be added to `have` things without passing `limit` (0: unlimited).
    /// `what` names the things in plural, for the message.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] if there would be more than `limit`.
    pub const fn check(what: &'static str, have: u64, more: u64, limit: u64) -> Result<()> {
        if limit > 0 && have.saturating_add(more) > limit {
            return Err(Error::QuotaExceeded { what, limit });
        }
        Ok(())
    }

    /// Checks the size of one file.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`].
    pub const fn check_file(&self, size_bytes: u64) -> Result<()> {
        if self.artifact_size_bytes > 0 && size_bytes > self.artifact_size_bytes {
            return Err(Error::FileTooLarge { limit: self.artifact_size_bytes });
        }
        Ok(())
    }

    /// Checks that `more_bytes` fit beside the `stored_bytes` of the tenant.
    ///
    /// # Errors
    /// [`Error::StorageFull`].
    pub const fn check_storage(&self, stored_bytes: u64, more_bytes: u64) -> Result<()> {
        let sum = stored_bytes.saturating_add(more_bytes);
        if self.artifact_storage_bytes > 0 && sum > self.artifact_storage_bytes {
            return Err(Error::StorageFull { limit: self.artifact_storage_bytes });
        }
        Ok(())
    }
}
