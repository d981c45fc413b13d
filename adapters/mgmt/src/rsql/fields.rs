//! hawkBit's names of the fields that lists can be searched by, and the hub's.

/// A field: hawkBit's name in lower case, and what the hub calls it.
pub(crate) type Field = (&'static str, Means);

/// What a field is for the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// A field of this path.
    Field(&'static str),
    /// A map of this name; a key follows.
    Map(&'static str),
    /// A field of this path whose words are called otherwise: hawkBit's word and the hub's, if
    /// the hub has one. Where it has none, nothing is ever so.
    Words(&'static str, &'static [(&'static str, Option<&'static str>)]),
    /// A field of this path that may occur once, and only where all of a query has to hold.
    Once(&'static str),
}

use Means::{Field as Is, Map, Once, Words};

/// What a query can search targets by.
pub(crate) const TARGETS: &[Field] = &[
    ("id", Is("controller_id")),
    ("controllerid", Is("controller_id")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
    ("updatestatus", Is("update_status")),
    ("ipaddress", Is("address")),
    ("attribute", Map("attributes")),
    ("metadata", Map("metadata")),
    ("group", Is("group")),
    ("assignedds.name", Is("assigned_set.display_name")),
    ("assignedds.version", Is("assigned_set.version")),
    ("installedds.name", Is("installed_set.display_name")),
    ("installedds.version", Is("installed_set.version")),
    ("lastcontrollerrequestat", Is("last_poll_time")),
    ("tag", Is("tags.display_name")),
    ("tag.name", Is("tags.display_name")),
    ("type", Is("target_type.key")),
    ("type.id", Is("target_type.id")),
    ("type.key", Is("target_type.key")),
    ("type.name", Is("target_type.display_name")),
    ("targettype.id", Is("target_type.id")),
    ("targettype.key", Is("target_type.key")),
    ("targettype.name", Is("target_type.display_name")),
    ("autoconfirm", Is("auto_confirmation_active")),
];

/// What a query can search distribution sets by.
pub(crate) const SETS: &[Field] = &[
    ("id", Is("id")),
    ("name", Is("display_name")),
    ("version", Is("version")),
    ("description", Is("description")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
    ("type", Is("type.key")),
    ("type.id", Is("type.id")),
    ("type.key", Is("type.key")),
    ("type.name", Is("type.display_name")),
    ("tag", Is("tags.display_name")),
    ("tag.name", Is("tags.display_name")),
    ("module.id", Is("software_modules.id")),
    ("module.name", Is("software_modules.display_name")),
    ("metadata", Map("metadata")),
    ("valid", Is("valid")),
    ("complete", Once("complete")),
];

/// What a query can search types of sets by.
pub(crate) const SET_TYPES: &[Field] = &[
    ("id", Is("id")),
    ("key", Is("key")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
];

/// What a query can search modules by.
pub(crate) const MODULES: &[Field] = &[
    ("id", Is("id")),
    ("name", Is("display_name")),
    ("version", Is("version")),
    ("description", Is("description")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
    ("type", Is("type.key")),
    ("type.id", Is("type.id")),
    ("type.key", Is("type.key")),
    ("type.name", Is("type.display_name")),
    ("metadata", Map("metadata")),
];

/// What a query can search types of modules by.
pub(crate) const MODULE_TYPES: &[Field] = &[
    ("id", Is("id")),
    ("key", Is("key")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("maxassignments", Is("max_assignments")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
];

/// What a query can search types of targets by.
pub(crate) const TARGET_TYPES: &[Field] = &[
    ("id", Is("id")),
    ("key", Is("key")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
];

/// What a query can search tags of targets by.
pub(crate) const TARGET_TAGS: &[Field] = &[
    ("id", Is("id")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("colour", Is("colour")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
];

/// What a query can search tags of distribution sets by.
pub(crate) const SET_TAGS: &[Field] = &[
    ("id", Is("id")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("colour", Is("colour")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
    ("distributionset.id", Is("distribution_sets.id")),
    ("distributionset.name", Is("distribution_sets.display_name")),
];

/// hawkBit's words for what an action is in, and the hub's. hawkBit has some more, which an
/// action's history can have and the action itself never has.
const ACTION_STATUS: &[(&str, Option<&str>)] = &[
    ("finished", Some("FINISHED")),
    ("error", Some("FAILED")),
    ("warning", None),
    ("running", Some("RUNNING")),
    ("canceled", Some("CANCELED")),
    ("canceling", Some("CANCELING")),
    ("retrieved", Some("RETRIEVED")),
    ("download", None),
    ("scheduled", Some("SCHEDULED")),
    ("cancel_rejected", None),
    ("downloaded", Some("DOWNLOADED")),
    ("wait_for_confirmation", Some("WAITING_FOR_CONFIRMATION")),
];

/// What a query can search actions by.
pub(crate) const ACTIONS: &[Field] = &[
    ("id", Is("id")),
    ("active", Is("active")),
    ("status", Words("state", ACTION_STATUS)),
    ("laststatuscode", Is("last_code")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
    ("weight", Is("weight")),
    ("externalref", Is("external_ref")),
    ("target.controllerid", Is("target.controller_id")),
    ("target.name", Is("target.display_name")),
    ("target.updatestatus", Is("target.update_status")),
    ("target.address", Is("target.address")),
    ("distributionset.id", Is("distribution_set.id")),
    ("distributionset.name", Is("distribution_set.display_name")),
    ("distributionset.version", Is("distribution_set.version")),
    ("distributionset.type", Is("distribution_set.type.key")),
    ("distributionset.type.id", Is("distribution_set.type.id")),
    ("distributionset.type.key", Is("distribution_set.type.key")),
    ("distributionset.type.name", Is("distribution_set.type.display_name")),
    ("rollout.id", Is("rollout.id")),
    ("rolloutgroup.id", Is("rollout_group.id")),
];

/// What a query can search stored target filters by.
pub(crate) const TARGET_FILTERS: &[Field] = &[
    ("id", Is("id")),
    ("name", Is("display_name")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
    ("autoassigndistributionset.name", Is("auto_assignment.distribution_set.display_name")),
    ("autoassigndistributionset.version", Is("auto_assignment.distribution_set.version")),
];

/// What a query can search rollouts by.
pub(crate) const ROLLOUTS: &[Field] = &[
    ("id", Is("id")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("status", Is("state")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
    ("distributionset.id", Is("distribution_set.id")),
    ("distributionset.name", Is("distribution_set.display_name")),
    ("distributionset.version", Is("distribution_set.version")),
    ("distributionset.type", Is("distribution_set.type.key")),
    ("distributionset.type.id", Is("distribution_set.type.id")),
    ("distributionset.type.key", Is("distribution_set.type.key")),
    ("distributionset.type.name", Is("distribution_set.type.display_name")),
];

/// What a query can search groups of a rollout by.
pub(crate) const ROLLOUT_GROUPS: &[Field] = &[
    ("id", Is("id")),
    ("name", Is("display_name")),
    ("description", Is("description")),
    ("createdat", Is("create_time")),
    ("createdby", Is("creator")),
    ("lastmodifiedat", Is("update_time")),
    ("lastmodifiedby", Is("updater")),
];
