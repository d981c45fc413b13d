//! Where the fields of filters stand in the database.

use otahub_domain::filter::{
    ActionField, AuditField, ModuleField, ModuleTypeField, RolloutField, RolloutGroupField,
    Searchable, SetField, SetTagField, SetTypeField, TargetField, TargetFilterField,
    TargetTagField, TargetTypeField,
};

/// A table and a column of it.
pub(crate) type Column = (&'static str, &'static str);

/// The way from a row to those that belong to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hop {
    /// The column of the row.
    pub(crate) from: Column,
    /// The column, of another table, that has the same value.
    pub(crate) to: Column,
    /// Whether that table has a `tenant_id`.
    pub(crate) has_tenant: bool,
}

/// Where the values of a field stand.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The way to them from the row that is filtered; none if they are its own.
    pub(crate) hops: Vec<Hop>,
    /// Their column.
    pub(crate) column: Column,
    /// Of a map: the column of the keys.
    pub(crate) key: Option<Column>,
    /// True or false: whether the column has a value.
    pub(crate) is_presence: bool,
}

impl Place {
    fn own(table: &'static str, column: &'static str) -> Self {
        Self { hops: Vec::new(), column: (table, column), key: None, is_presence: false }
    }

    fn behind(hops: impl IntoIterator<Item = Hop>, column: Column) -> Self {
        Self { hops: hops.into_iter().collect(), ..Self::own(column.0, column.1) }
    }

    fn map(owner: &'static str, table: &'static str, owner_column: &'static str) -> Self {
        let to_entries = hop((owner, "id"), (table, owner_column));
        Self { key: Some((table, "key")), ..Self::behind([to_entries], (table, "value")) }
    }
}

const fn hop(from: Column, to: Column) -> Hop {
    Hop { from, to, has_tenant: false }
}

/// To a row by its number.
const fn to(from: Column, table: &'static str) -> Hop {
    Hop { from, to: (table, "id"), has_tenant: true }
}

/// An entity whose fields stand in the database.
pub(crate) trait Stored: Searchable {
    /// Where the values of a field stand.
    fn place(self) -> Place;
}

const TARGETS: &str = "targets";
const SETS: &str = "distribution_sets";
const SET_TYPES: &str = "distribution_set_types";
const SET_MODULES: &str = "distribution_set_modules";
const MODULES: &str = "software_modules";
const MODULE_TYPES: &str = "software_module_types";
const TARGET_FILTERS: &str = "target_filters";
const TARGET_TYPES: &str = "target_types";
const TARGET_TAGS: &str = "target_tags";
const TAGGED_TARGETS: &str = "target_tag_targets";
const SET_TAGS: &str = "distribution_set_tags";
const TAGGED_SETS: &str = "distribution_set_tag_sets";
const ACTIONS: &str = "actions";
const ROLLOUTS: &str = "rollouts";
const ROLLOUT_GROUPS: &str = "rollout_groups";
const ROLLOUT_FAILURES: &str = "rollout_failures";

impl Stored for TargetField {
    fn place(self) -> Place {
        let own = |column| Place::own(TARGETS, column);
        let set = |link, column| Place::behind([to((TARGETS, link), SETS)], (SETS, column));
        let kind = |column| {
            let to_type = to((TARGETS, "target_type_id"), TARGET_TYPES);
            Place::behind([to_type], (TARGET_TYPES, column))
        };
        match self {
            Self::ControllerId => own("controller_id"),
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
            Self::UpdateStatus => own("update_status"),
            Self::Address => own("address"),
            Self::Group => own("group_name"),
            Self::LastPollAt => own("last_poll_at"),
            Self::InstalledAt => own("installed_at"),
            Self::AutoConfirmed => Place { is_presence: true, ..own("auto_confirm_at") },
            Self::TypeId => own("target_type_id"),
            Self::TypeKey => kind("key"),
            Self::TypeName => kind("name"),
            Self::Tag => {
                let links = hop((TARGETS, "id"), (TAGGED_TARGETS, "target_id"));
                let tags = to((TAGGED_TARGETS, "tag_id"), TARGET_TAGS);
                Place::behind([links, tags], (TARGET_TAGS, "name"))
            }
            Self::FailedRollout => {
                let failures = hop((TARGETS, "id"), (ROLLOUT_FAILURES, "target_id"));
                Place::behind([failures], (ROLLOUT_FAILURES, "rollout_id"))
            }
            Self::AssignedSetId => own("assigned_set_id"),
            Self::AssignedSetName => set("assigned_set_id", "name"),
            Self::AssignedSetVersion => set("assigned_set_id", "version"),
            Self::InstalledSetId => own("installed_set_id"),
            Self::InstalledSetName => set("installed_set_id", "name"),
            Self::InstalledSetVersion => set("installed_set_id", "version"),
            Self::Attribute => Place::map(TARGETS, "target_attributes", "target_id"),
            Self::Metadata => Place::map(TARGETS, "target_metadata", "owner_id"),
        }
    }
}

impl Stored for SetField {
    fn place(self) -> Place {
        let own = |column| Place::own(SETS, column);
        let kind = |column| {
            let to_type = to((SETS, "set_type_id"), SET_TYPES);
            Place::behind([to_type], (SET_TYPES, column))
        };
        let links = hop((SETS, "id"), (SET_MODULES, "set_id"));
        match self {
            Self::Id => own("id"),
            Self::Name => own("name"),
            Self::Version => own("version"),
            Self::Description => own("description"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
            Self::TypeId => own("set_type_id"),
            Self::TypeKey => kind("key"),
            Self::TypeName => kind("name"),
            Self::Tag => {
                let links = hop((SETS, "id"), (TAGGED_SETS, "set_id"));
                let tags = to((TAGGED_SETS, "tag_id"), SET_TAGS);
                Place::behind([links, tags], (SET_TAGS, "name"))
            }
            Self::ModuleId => Place::behind([links], (SET_MODULES, "module_id")),
            Self::ModuleName => {
                let modules = to((SET_MODULES, "module_id"), MODULES);
                Place::behind([links, modules], (MODULES, "name"))
            }
            Self::Metadata => Place::map(SETS, "distribution_set_metadata", "owner_id"),
            Self::Valid => own("valid"),
            Self::Complete => own("complete"),
            Self::Locked => own("locked"),
        }
    }
}

impl Stored for SetTypeField {
    fn place(self) -> Place {
        let own = |column| Place::own(SET_TYPES, column);
        match self {
            Self::Id => own("id"),
            Self::Key => own("key"),
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::Colour => own("colour"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
        }
    }
}

impl Stored for ModuleField {
    fn place(self) -> Place {
        let own = |column| Place::own(MODULES, column);
        let kind = |column| {
            let to_type = to((MODULES, "module_type_id"), MODULE_TYPES);
            Place::behind([to_type], (MODULE_TYPES, column))
        };
        match self {
            Self::Id => own("id"),
            Self::Name => own("name"),
            Self::Version => own("version"),
            Self::Description => own("description"),
            Self::Vendor => own("vendor"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
            Self::TypeId => own("module_type_id"),
            Self::TypeKey => kind("key"),
            Self::TypeName => kind("name"),
            Self::Metadata => Place::map(MODULES, "software_module_metadata", "owner_id"),
        }
    }
}

impl Stored for ModuleTypeField {
    fn place(self) -> Place {
        let own = |column| Place::own(MODULE_TYPES, column);
        match self {
            Self::Id => own("id"),
            Self::Key => own("key"),
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::Colour => own("colour"),
            Self::MaxAssignments => own("max_assignments"),
            Self::MinArtifacts => own("min_artifacts"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
        }
    }
}

impl Stored for ActionField {
    fn place(self) -> Place {
        let own = |column| Place::own(ACTIONS, column);
        let target = |column| {
            let to_target = to((ACTIONS, "target_id"), TARGETS);
            Place::behind([to_target], (TARGETS, column))
        };
        let to_set = to((ACTIONS, "set_id"), SETS);
        let set = |column| Place::behind([to_set], (SETS, column));
        let kind = |column| {
            let to_type = to((SETS, "set_type_id"), SET_TYPES);
            Place::behind([to_set, to_type], (SET_TYPES, column))
        };
        match self {
            Self::Id => own("id"),
            Self::Active => own("active"),
            Self::State => own("state"),
            Self::LastCode => own("last_code"),
            Self::Weight => own("weight"),
            Self::ExternalRef => own("external_ref"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
            Self::TargetControllerId => target("controller_id"),
            Self::TargetName => target("name"),
            Self::TargetUpdateStatus => target("update_status"),
            Self::TargetAddress => target("address"),
            Self::SetId => own("set_id"),
            Self::SetName => set("name"),
            Self::SetVersion => set("version"),
            Self::SetTypeId => set("set_type_id"),
            Self::SetTypeKey => kind("key"),
            Self::SetTypeName => kind("name"),
            Self::RolloutId => own("rollout_id"),
            Self::RolloutGroupId => own("rollout_group_id"),
            Self::RolloutName => {
                Place::behind([to((ACTIONS, "rollout_id"), ROLLOUTS)], (ROLLOUTS, "name"))
            }
            Self::RolloutGroupName => {
                let to_group = to((ACTIONS, "rollout_group_id"), ROLLOUT_GROUPS);
                Place::behind([to_group], (ROLLOUT_GROUPS, "name"))
            }
        }
    }
}

impl Stored for RolloutField {
    fn place(self) -> Place {
        let own = |column| Place::own(ROLLOUTS, column);
        let to_set = to((ROLLOUTS, "set_id"), SETS);
        let set = |column| Place::behind([to_set], (SETS, column));
        let kind = |column| {
            let to_type = to((SETS, "set_type_id"), SET_TYPES);
            Place::behind([to_set, to_type], (SET_TYPES, column))
        };
        match self {
            Self::Id => own("id"),
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::State => own("state"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
            Self::SetId => own("set_id"),
            Self::SetName => set("name"),
            Self::SetVersion => set("version"),
            Self::SetTypeId => set("set_type_id"),
            Self::SetTypeKey => kind("key"),
            Self::SetTypeName => kind("name"),
        }
    }
}

impl Stored for RolloutGroupField {
    fn place(self) -> Place {
        let own = |column| Place::own(ROLLOUT_GROUPS, column);
        match self {
            Self::Id => own("id"),
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
        }
    }
}

impl Stored for TargetTypeField {
    fn place(self) -> Place {
        let own = |column| Place::own(TARGET_TYPES, column);
        match self {
            Self::Id => own("id"),
            Self::Key => own("key"),
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::Colour => own("colour"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
        }
    }
}

impl Stored for TargetTagField {
    fn place(self) -> Place {
        let own = |column| Place::own(TARGET_TAGS, column);
        match self {
            Self::Id => own("id"),
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::Colour => own("colour"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
        }
    }
}

impl Stored for SetTagField {
    fn place(self) -> Place {
        let own = |column| Place::own(SET_TAGS, column);
        let links = hop((SET_TAGS, "id"), (TAGGED_SETS, "tag_id"));
        match self {
            Self::Id => own("id"),
            Self::SetId => Place::behind([links], (TAGGED_SETS, "set_id")),
            Self::SetName => {
                let sets = to((TAGGED_SETS, "set_id"), SETS);
                Place::behind([links, sets], (SETS, "name"))
            }
            Self::Name => own("name"),
            Self::Description => own("description"),
            Self::Colour => own("colour"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
        }
    }
}

impl Stored for TargetFilterField {
    fn place(self) -> Place {
        let own = |column| Place::own(TARGET_FILTERS, column);
        let to_set = to((TARGET_FILTERS, "auto_set_id"), SETS);
        let set = |column| Place::behind([to_set], (SETS, column));
        match self {
            Self::Id => own("id"),
            Self::Name => own("name"),
            Self::CreatedAt => own("created_at"),
            Self::CreatedBy => own("created_by"),
            Self::ModifiedAt => own("modified_at"),
            Self::ModifiedBy => own("modified_by"),
            Self::SetId => own("auto_set_id"),
            Self::SetName => set("name"),
            Self::SetVersion => set("version"),
        }
    }
}

impl Stored for AuditField {
    fn place(self) -> Place {
        let column = match self {
            Self::At => "happened_at",
            Self::Actor => "actor",
            Self::Method => "method",
            Self::Resource => "resource",
            Self::Protocol => "protocol",
            Self::Credential => "credential",
            Self::Outcome => "outcome",
        };
        Place::own("audit_entries", column)
    }
}
