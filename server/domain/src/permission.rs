//! Who may do what: hawkBit's permissions, roles and what they imply (Management API reference:
//! "Permissions"); and those for users, the audit trail and tenants, which hawkBit does not have.

use std::collections::BTreeSet;

use crate::{Error, Result};

macro_rules! permissions {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A permission. The name says what it permits: a verb and a kind of entity.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant permits what its name says")]
        pub enum Permission {
            $($name),*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$name),*];

            /// hawkBit's name, such as `READ_TARGET`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),*
                }
            }
        }
    };
}

permissions! {
    CreateTarget = "CREATE_TARGET",
    ReadTarget = "READ_TARGET",
    UpdateTarget = "UPDATE_TARGET",
    DeleteTarget = "DELETE_TARGET",
    ReadTargetSecurityToken = "READ_TARGET_SECURITY_TOKEN",
    CreateTargetType = "CREATE_TARGET_TYPE",
    ReadTargetType = "READ_TARGET_TYPE",
    UpdateTargetType = "UPDATE_TARGET_TYPE",
    DeleteTargetType = "DELETE_TARGET_TYPE",
    CreateSoftwareModule = "CREATE_SOFTWARE_MODULE",
    ReadSoftwareModule = "READ_SOFTWARE_MODULE",
    UpdateSoftwareModule = "UPDATE_SOFTWARE_MODULE",
    DeleteSoftwareModule = "DELETE_SOFTWARE_MODULE",
    ReadSoftwareModuleArtifact = "READ_SOFTWARE_MODULE_ARTIFACT",
    CreateSoftwareModuleType = "CREATE_SOFTWARE_MODULE_TYPE",
    ReadSoftwareModuleType = "READ_SOFTWARE_MODULE_TYPE",
    UpdateSoftwareModuleType = "UPDATE_SOFTWARE_MODULE_TYPE",
    DeleteSoftwareModuleType = "DELETE_SOFTWARE_MODULE_TYPE",
    CreateDistributionSet = "CREATE_DISTRIBUTION_SET",
    ReadDistributionSet = "READ_DISTRIBUTION_SET",
    UpdateDistributionSet = "UPDATE_DISTRIBUTION_SET",
    DeleteDistributionSet = "DELETE_DISTRIBUTION_SET",
    CreateDistributionSetType = "CREATE_DISTRIBUTION_SET_TYPE",
    ReadDistributionSetType = "READ_DISTRIBUTION_SET_TYPE",
    UpdateDistributionSetType = "UPDATE_DISTRIBUTION_SET_TYPE",
    DeleteDistributionSetType = "DELETE_DISTRIBUTION_SET_TYPE",
    CreateRollout = "CREATE_ROLLOUT",
    ReadRollout = "READ_ROLLOUT",
    UpdateRollout = "UPDATE_ROLLOUT",
    DeleteRollout = "DELETE_ROLLOUT",
    HandleRollout = "HANDLE_ROLLOUT",
    ApproveRollout = "APPROVE_ROLLOUT",
    CreateTenantConfiguration = "CREATE_TENANT_CONFIGURATION",
    ReadTenantConfiguration = "READ_TENANT_CONFIGURATION",
    UpdateTenantConfiguration = "UPDATE_TENANT_CONFIGURATION",
    DeleteTenantConfiguration = "DELETE_TENANT_CONFIGURATION",
    ReadGatewaySecurityToken = "READ_GATEWAY_SECURITY_TOKEN",
    TenantConfiguration = "TENANT_CONFIGURATION",
    CreateUser = "CREATE_USER",
    ReadUser = "READ_USER",
    UpdateUser = "UPDATE_USER",
    DeleteUser = "DELETE_USER",
    ReadAudit = "READ_AUDIT",
    SystemAdmin = "SYSTEM_ADMIN",
}

impl Permission {
    /// The permission of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }

    /// What whoever has it may do besides.
    #[must_use]
    pub fn implied(self) -> Vec<Self> {
        const READABLE: [(&str, Permission); 3] = [
            ("_TARGET", Permission::ReadTargetType),
            ("_SOFTWARE_MODULE", Permission::ReadSoftwareModuleType),
            ("_DISTRIBUTION_SET", Permission::ReadDistributionSetType),
        ];
        if self == Self::TenantConfiguration {
            return vec![
                Self::CreateTenantConfiguration,
                Self::ReadTenantConfiguration,
                Self::UpdateTenantConfiguration,
                Self::DeleteTenantConfiguration,
                Self::ReadGatewaySecurityToken,
            ];
        }
        let ends = |(suffix, _): &(&str, Self)| self.as_str().ends_with(suffix);
        READABLE.into_iter().filter(ends).map(|(_, implied)| implied).collect()
    }
}

/// A set of permissions under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Targets and their types.
    TargetAdmin,
    /// Software modules, distribution sets and their types.
    RepositoryAdmin,
    /// Rollouts.
    RolloutAdmin,
    /// Everything in a tenant, and nothing beyond it.
    TenantAdmin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] =
        [Self::TargetAdmin, Self::RepositoryAdmin, Self::RolloutAdmin, Self::TenantAdmin];

    /// hawkBit's authority for the role, such as `ROLE_TENANT_ADMIN`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TargetAdmin => "ROLE_TARGET_ADMIN",
            Self::RepositoryAdmin => "ROLE_REPOSITORY_ADMIN",
            Self::RolloutAdmin => "ROLE_ROLLOUT_ADMIN",
            Self::TenantAdmin => "ROLE_TENANT_ADMIN",
        }
    }

    /// The role of this authority.
    #[must_use]
    pub fn parse(authority: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == authority)
    }

    /// What it permits.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        let about = |words: &[&str]| -> Vec<Permission> {
            Permission::ALL
                .into_iter()
                .filter(|permission| words.iter().any(|word| permission.as_str().contains(word)))
                .collect()
        };
        match self {
            Self::TargetAdmin => about(&["_TARGET"]),
            Self::RepositoryAdmin => about(&["_SOFTWARE_MODULE", "_DISTRIBUTION_SET"]),
            Self::RolloutAdmin => about(&["_ROLLOUT"]),
            Self::TenantAdmin => Permission::ALL
                .into_iter()
                .filter(|permission| *permission != Permission::SystemAdmin)
                .collect(),
        }
    }
}

/// What an authenticated user was granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    raw: Vec<String>,
    permissions: BTreeSet<Permission>,
}

impl Grants {
    /// Grants of authorities as given: permissions and roles by hawkBit's names. Names that mean
    /// nothing here (hawkBit's permissions with a scope, too) are kept and permit nothing.
    #[must_use]
    pub fn new(authorities: impl IntoIterator<Item = String>) -> Self {
        let raw: Vec<String> = authorities.into_iter().collect();
        let mut permissions = BTreeSet::new();
        for authority in &raw {
            let of_role = Role::parse(authority).map(Role::permissions).unwrap_or_default();
            for permission in of_role.into_iter().chain(Permission::parse(authority)) {
                permissions.insert(permission);
                permissions.extend(permission.implied());
            }
        }
        Self { raw, permissions }
    }

    /// The authorities as given, roles not expanded.
    #[must_use]
    pub fn authorities(&self) -> &[String] {
        &self.raw
    }

    /// Whether they permit it, be it through a role or by implication.
    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Whether the permission was granted by its own name. hawkBit lets rollouts go unapproved
    /// only if their creator has `APPROVE_ROLLOUT` so.
    #[must_use]
    pub fn names(&self, permission: Permission) -> bool {
        self.raw.iter().any(|authority| authority == permission.as_str())
    }

    /// The authorities of these, with what both these and `other` permit.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let both = self.permissions.intersection(&other.permissions);
        Self { raw: self.raw.clone(), permissions: both.copied().collect() }
    }

    /// Refuses what permits more than they do.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] with the first permission that is missing.
    pub fn cover(&self, other: &Self) -> Result<()> {
        other.permissions.iter().try_for_each(|permission| self.require(*permission))
    }

    /// Refuses what they do not permit.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`].
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.allows(permission) {
            Ok(())
        } else {
            Err(Error::PermissionDenied { permission: permission.as_str() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(authorities: &[&str]) -> Grants {
        Grants::new(authorities.iter().map(ToString::to_string))
    }

    #[test]
    fn every_name_can_be_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Permission::ALL.len(), 44);
    }

    #[test]
    fn a_tenant_admin_may_do_everything_but_is_not_named_an_approver() {
        let admin = grants(&["ROLE_TENANT_ADMIN"]);
        let lacking: Vec<_> = Permission::ALL.into_iter().filter(|p| !admin.allows(*p)).collect();
        assert_eq!(lacking, [Permission::SystemAdmin]);
        assert!(!admin.names(Permission::ApproveRollout));
        assert_eq!(admin.authorities(), ["ROLE_TENANT_ADMIN"]);
    }

    #[test]
    fn whoever_may_touch_a_kind_may_read_its_types() {
        let reader = grants(&["DELETE_TARGET", "READ_SOFTWARE_MODULE", "CREATE_DISTRIBUTION_SET"]);
        assert!(reader.allows(Permission::ReadTargetType));
        assert!(reader.allows(Permission::ReadSoftwareModuleType));
        assert!(reader.allows(Permission::ReadDistributionSetType));
        assert!(!reader.allows(Permission::ReadTarget));
        assert!(!grants(&["READ_TARGET_TYPE"]).allows(Permission::ReadTarget));
    }

    #[test]
    fn tenant_configuration_is_all_verbs_and_the_token() {
        let config = grants(&["TENANT_CONFIGURATION"]);
        assert!(config.allows(Permission::DeleteTenantConfiguration));
        assert!(config.allows(Permission::ReadGatewaySecurityToken));
        assert!(!config.allows(Permission::ReadTarget));
    }

    #[test]
    fn roles_keep_to_their_kinds() {
        let targets = grants(&["ROLE_TARGET_ADMIN"]);
        assert!(targets.allows(Permission::ReadTargetSecurityToken));
        assert!(!targets.allows(Permission::ReadDistributionSet));
        let repository = grants(&["ROLE_REPOSITORY_ADMIN"]);
        assert!(repository.allows(Permission::ReadSoftwareModuleArtifact));
        assert!(!repository.allows(Permission::CreateTarget));
        let rollouts = grants(&["ROLE_ROLLOUT_ADMIN"]);
        assert!(rollouts.allows(Permission::ApproveRollout));
        assert!(!rollouts.allows(Permission::UpdateTarget));
    }

    #[test]
    fn nobody_gives_more_than_it_has() {
        let admin = grants(&["ROLE_TENANT_ADMIN"]);
        let targets = grants(&["ROLE_TARGET_ADMIN"]);
        assert!(admin.cover(&targets).is_ok());
        assert!(targets.cover(&grants(&["READ_TARGET", "NONSENSE"])).is_ok());
        let missing = targets.cover(&admin).unwrap_err();
        assert_eq!(missing, Error::PermissionDenied { permission: "CREATE_SOFTWARE_MODULE" });
        assert!(admin.cover(&grants(&["SYSTEM_ADMIN"])).is_err());
        let both = grants(&["ROLE_TENANT_ADMIN"]).within(&grants(&["READ_TARGET"]));
        assert!(both.allows(Permission::ReadTarget) && both.allows(Permission::ReadTargetType));
        assert!(!both.allows(Permission::UpdateTarget));
        assert_eq!(both.authorities(), ["ROLE_TENANT_ADMIN"]);
    }

    #[test]
    fn what_means_nothing_permits_nothing() {
        let odd = grants(&["READ_TARGET/name==a", "ROLE_NONESUCH", ""]);
        assert!(Permission::ALL.into_iter().all(|permission| !odd.allows(permission)));
        assert_eq!(odd.authorities().len(), 3);
        assert!(odd.require(Permission::ReadTarget).is_err());
    }
}
