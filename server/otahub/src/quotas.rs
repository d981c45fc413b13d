//! The settings of quotas.

use otahub_domain::tenant::Quotas;
use serde::{Deserialize, Serialize};

/// Makes the table of settings, and what they come to.
macro_rules! quotas {
    ($($(#[$doc:meta])* $setting:ident => $quota:ident,)*) => {
        /// Quotas; hawkBit's where nothing is said, 0 for no limit.
        #[derive(Debug, Clone, Default, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct QuotaSettings {
            $($(#[$doc])* pub $setting: Option<u64>,)*
        }

        impl QuotaSettings {
            /// What these come to over the defaults.
            pub(crate) fn over(&self, default: Quotas) -> Quotas {
                // every quota has its setting, or this does not compile
                Quotas { $($quota: self.$setting.unwrap_or(default.$quota),)* }
            }

            /// The names of all settings.
            #[cfg(test)]
            const NAMES: &[&str] = &[$(stringify!($setting)),*];
        }
    };
}

quotas! {
    /// Bytes of one artifact, before it is encrypted.
    artifact_bytes => artifact_size_bytes,
    /// Bytes of all artifacts of a tenant.
    storage_bytes => artifact_storage_bytes,
    /// Artifacts of a software module.
    artifacts_per_module => artifacts_per_module,
    /// Metadata entries of a target.
    metadata_per_target => metadata_per_target,
    /// Metadata entries of a distribution set.
    metadata_per_set => metadata_per_set,
    /// Metadata entries of a software module.
    metadata_per_module => metadata_per_module,
    /// Modules of a distribution set.
    modules_per_set => modules_per_set,
    /// Module types of a distribution set type.
    module_types_per_set_type => module_types_per_set_type,
    /// Distribution set types of a target type.
    set_types_per_target_type => set_types_per_target_type,
    /// Attributes of a target.
    attributes_per_target => attributes_per_target,
    /// Actions of a target.
    actions_per_target => actions_per_target,
    /// History entries of an action that devices write before the last one.
    status_entries_per_action => status_entries_per_action,
    /// Messages of a history entry.
    messages_per_status => messages_per_status,
    /// Assignments in one request.
    assignments_per_request => assignments_per_request,
    /// Groups of a rollout.
    groups_per_rollout => groups_per_rollout,
    /// Targets of a rollout group.
    targets_per_rollout_group => targets_per_rollout_group,
    /// Targets that a filter may match when it gets an automatic assignment.
    targets_per_auto_assignment => targets_per_auto_assignment,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Flags, Settings};

    #[test]
    fn each_quota_has_its_setting() {
        let defaults = format!("{:?}", Quotas::default());
        for (at, name) in (1_u64..).zip(QuotaSettings::NAMES) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("otahub.toml");
            let value = 1_000_000 + at;
            std::fs::write(&path, format!("[quotas]\n{name} = {value}\n")).unwrap();
            let settings = Settings::load(Some(&path), &Flags::default()).unwrap();
            let quotas = format!("{:?}", settings.quotas());
            assert!(quotas.contains(&format!(": {value}")), "{name}: {quotas}");
            assert!(!defaults.contains(&format!(": {value}")));
        }
    }

    #[test]
    fn each_quota_stands_in_the_manual_with_its_default() {
        let manual = include_str!("../../../README.md");
        let defaults = QuotaSettings::default().over(Quotas::default());
        let text = format!("{defaults:?}");
        assert_eq!(text.matches(": ").count(), QuotaSettings::NAMES.len());
        for name in QuotaSettings::NAMES {
            assert!(manual.contains(&format!("\n| `{name}` | ")), "{name}");
        }
    }

    #[test]
    fn nought_is_no_limit_and_less_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("otahub.toml");
        std::fs::write(&path, "[quotas]\nactions_per_target = 0\n").unwrap();
        let settings = Settings::load(Some(&path), &Flags::default()).unwrap();
        assert_eq!(settings.quotas().actions_per_target, 0);
        std::fs::write(&path, "[quotas]\nactions_per_target = -1\n").unwrap();
        assert!(Settings::load(Some(&path), &Flags::default()).is_err());
    }
}
