//! Numbers that name things. One newtype a kind, so that they cannot be mixed up.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A tenant's row number. Tenants are named in upper case on the wire.
    TenantId
);
id!(
    /// A target's row number. On every wire a target goes by its controller id instead.
    TargetId
);
id!(
    /// A target type.
    TargetTypeId
);
id!(
    /// A stored target filter.
    TargetFilterId
);
id!(
    /// A tag of targets.
    TargetTagId
);
id!(
    /// A tag of distribution sets.
    SetTagId
);
id!(
    /// A software module.
    ModuleId
);
id!(
    /// A software module type.
    ModuleTypeId
);
id!(
    /// An artifact: one file of a software module.
    ArtifactId
);
id!(
    /// A distribution set.
    SetId
);
id!(
    /// A distribution set type.
    SetTypeId
);
id!(
    /// An action: the order to one target to install one distribution set.
    ActionId
);
id!(
    /// A rollout.
    RolloutId
);
id!(
    /// A group of a rollout.
    RolloutGroupId
);
id!(
    /// A user's row number.
    UserId
);
id!(
    /// An API token.
    ApiTokenId
);
id!(
    /// A webhook.
    WebhookId
);
id!(
    /// A body that could not be delivered to a webhook.
    WebhookDeliveryId
);
