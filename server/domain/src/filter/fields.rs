//! The fields of each entity, as filters name them.

use super::Kind::{Flag, Map, Number, Text, Time, Word};
use super::{Entry, Searchable};

/// Declares the fields of an entity: variant, kind, names.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:expr, $names:expr;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each variant is the field of the same name")]
        pub enum $name {
            $($field,)*
        }

        impl Searchable for $name {
            const FIELDS: &'static [Entry<Self>] = &[
                $(Entry { field: Self::$field, kind: $kind, names: &$names },)*
            ];
        }
    };
}

/// The words for what a target's software is in.
const UPDATE_STATUS: &[&str] = &["UNKNOWN", "REGISTERED", "PENDING", "IN_SYNC", "ERROR"];

/// The words for what a rollout is in.
const ROLLOUT_STATE: &[&str] = &[
    "CREATING",
    "READY",
    "WAITING_FOR_APPROVAL",
    "APPROVAL_DENIED",
    "STARTING",
    "RUNNING",
    "PAUSED",
    "STOPPING",
    "STOPPED",
    "FINISHED",
    "DELETING",
    "DELETED",
];

/// The words for what an action is in.
const ACTION_STATE: &[&str] = &[
    "SCHEDULED",
    "WAITING_FOR_CONFIRMATION",
    "RUNNING",
    "RETRIEVED",
    "CANCELING",
    "CANCELED",
    "FINISHED",
    "FAILED",
    "DOWNLOADED",
];

fields! {
    /// What targets can be searched by.
    TargetField {
        ControllerId: Text, ["controller_id", "id"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
        UpdateStatus: Word(UPDATE_STATUS), ["update_status"];
        Address: Text, ["address"];
        Group: Text, ["group"];
        LastPollAt: Time, ["last_poll_time", "poll_status.last_poll_time"];
        InstalledAt: Time, ["install_time"];
        AutoConfirmed: Flag, ["auto_confirmation_active"];
        TypeId: Number, ["target_type.id", "target_type"];
        TypeKey: Text, ["target_type.key"];
        TypeName: Text, ["target_type.display_name", "target_type.name"];
        Tag: Text, ["tags.display_name", "tags.name", "tags"];
        FailedRollout: Number, ["failed_rollout"];
        AssignedSetId: Number, ["assigned_set.id", "assigned_set"];
        AssignedSetName: Text, ["assigned_set.display_name", "assigned_set.name"];
        AssignedSetVersion: Text, ["assigned_set.version"];
        InstalledSetId: Number, ["installed_set.id", "installed_set"];
        InstalledSetName: Text, ["installed_set.display_name", "installed_set.name"];
        InstalledSetVersion: Text, ["installed_set.version"];
        Attribute: Map, ["attributes"];
        Metadata: Map, ["metadata"];
    }
}

fields! {
    /// What distribution sets can be searched by.
    SetField {
        Id: Number, ["id"];
        Name: Text, ["display_name", "name"];
        Version: Text, ["version"];
        Description: Text, ["description"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
        TypeId: Number, ["type.id"];
        TypeKey: Text, ["type.key", "type", "type_key"];
        TypeName: Text, ["type.display_name", "type.name", "type_display_name"];
        Tag: Text, ["tags.display_name", "tags.name", "tags"];
        ModuleId: Number, ["software_modules.id"];
        ModuleName: Text, ["software_modules.display_name", "software_modules.name"];
        Metadata: Map, ["metadata"];
        Valid: Flag, ["valid"];
        Complete: Flag, ["complete"];
        Locked: Flag, ["locked"];
    }
}

fields! {
    /// What types of distribution sets can be searched by.
    SetTypeField {
        Id: Number, ["id"];
        Key: Text, ["key"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        Colour: Text, ["colour"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
    }
}

fields! {
    /// What software modules can be searched by.
    ModuleField {
        Id: Number, ["id"];
        Name: Text, ["display_name", "name"];
        Version: Text, ["version"];
        Description: Text, ["description"];
        Vendor: Text, ["vendor"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
        TypeId: Number, ["type.id"];
        TypeKey: Text, ["type.key", "type", "type_key"];
        TypeName: Text, ["type.display_name", "type.name", "type_display_name"];
        Metadata: Map, ["metadata"];
    }
}

fields! {
    /// What types of software modules can be searched by.
    ModuleTypeField {
        Id: Number, ["id"];
        Key: Text, ["key"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        Colour: Text, ["colour"];
        MaxAssignments: Number, ["max_assignments"];
        MinArtifacts: Number, ["min_artifacts"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
    }
}

fields! {
    /// What actions can be searched by.
    ActionField {
        Id: Number, ["id"];
        Active: Flag, ["active"];
        State: Word(ACTION_STATE), ["state"];
        LastCode: Number, ["last_code"];
        Weight: Number, ["weight"];
        ExternalRef: Text, ["external_ref"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
        TargetControllerId: Text, ["target.controller_id", "target"];
        TargetName: Text, ["target.display_name", "target.name"];
        TargetUpdateStatus: Word(UPDATE_STATUS), ["target.update_status"];
        TargetAddress: Text, ["target.address"];
        SetId: Number, ["distribution_set.id", "distribution_set"];
        SetName: Text, ["distribution_set.display_name", "distribution_set.name"];
        SetVersion: Text, ["distribution_set.version"];
        SetTypeId: Number, ["distribution_set.type.id"];
        SetTypeKey: Text, ["distribution_set.type.key", "distribution_set.type"];
        SetTypeName: Text, ["distribution_set.type.display_name", "distribution_set.type.name"];
        RolloutId: Number, ["rollout.id", "rollout"];
        RolloutGroupId: Number, ["rollout_group.id", "rollout_group"];
        RolloutName: Text, ["rollout.display_name", "rollout.name"];
        RolloutGroupName: Text, ["rollout_group.display_name", "rollout_group.name"];
    }
}

fields! {
    /// What rollouts can be searched by.
    RolloutField {
        Id: Number, ["id"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        State: Word(ROLLOUT_STATE), ["state"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
        SetId: Number, ["distribution_set.id", "distribution_set"];
        SetName: Text, ["distribution_set.display_name", "distribution_set.name"];
        SetVersion: Text, ["distribution_set.version"];
        SetTypeId: Number, ["distribution_set.type.id"];
        SetTypeKey: Text, ["distribution_set.type.key", "distribution_set.type"];
        SetTypeName: Text, ["distribution_set.type.display_name", "distribution_set.type.name"];
    }
}

fields! {
    /// What groups of rollouts can be searched by.
    RolloutGroupField {
        Id: Number, ["id"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
    }
}

fields! {
    /// What types of targets can be searched by.
    TargetTypeField {
        Id: Number, ["id"];
        Key: Text, ["key"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        Colour: Text, ["colour"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
    }
}

fields! {
    /// What tags of targets can be searched by.
    TargetTagField {
        Id: Number, ["id"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        Colour: Text, ["colour"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
    }
}

fields! {
    /// What tags of distribution sets can be searched by.
    SetTagField {
        Id: Number, ["id"];
        Name: Text, ["display_name", "name"];
        Description: Text, ["description"];
        Colour: Text, ["colour"];
        SetId: Number, ["distribution_sets.id", "distribution_sets"];
        SetName: Text, ["distribution_sets.display_name", "distribution_sets.name"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
    }
}

fields! {
    /// What stored target filters can be searched by.
    TargetFilterField {
        Id: Number, ["id"];
        Name: Text, ["display_name", "name"];
        CreatedAt: Time, ["create_time"];
        CreatedBy: Text, ["creator"];
        ModifiedAt: Time, ["update_time"];
        ModifiedBy: Text, ["updater"];
        SetId: Number, ["auto_assignment.distribution_set.id", "auto_assignment.distribution_set"];
        SetName: Text, [
            "auto_assignment.distribution_set.display_name",
            "auto_assignment.distribution_set.name",
        ];
        SetVersion: Text, ["auto_assignment.distribution_set.version"];
    }
}

fields! {
    /// What the audit trail can be searched by.
    AuditField {
        At: Time, ["time"];
        Actor: Text, ["actor"];
        Method: Text, ["method"];
        Resource: Text, ["resource"];
        Protocol: Text, ["protocol"];
        Credential: Text, ["credential"];
        Outcome: Text, ["outcome"];
    }
}
