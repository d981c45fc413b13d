//! The `sort` parameter: `field:ASC|DESC`, comma separated, as the hub's `order_by`.

use crate::error::Fault;

/// hawkBit's name of a field in lower case, and the hub's: an empty one where hawkBit takes the
/// field and there is nothing to sort by.
pub(crate) type Field = (&'static str, &'static str);

/// What targets can be sorted by.
pub(crate) const TARGETS: &[Field] = &[
    ("id", "controller_id"),
    ("controllerid", "controller_id"),
    ("name", "name"),
    ("description", "description"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("updatestatus", "update_status"),
    ("ipaddress", "address"),
    ("group", "group"),
    ("lastcontrollerrequestat", "last_poll_time"),
    ("type", "target_type"),
    ("targettype", "target_type"),
    ("assignedds", "assigned_set"),
    ("installedds", "installed_set"),
    ("autoconfirm", "auto_confirmation_active"),
    ("attribute", ""),
    ("metadata", ""),
    ("tag", ""),
];

/// What distribution sets can be sorted by.
pub(crate) const SETS: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("version", "version"),
    ("description", "description"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("type", "type"),
    ("valid", "valid"),
    ("complete", "complete"),
    ("module", ""),
    ("metadata", ""),
    ("tag", ""),
];

/// What the targets of a distribution set can be sorted by: hawkBit takes the set's fields.
pub(crate) const TARGETS_OF_SET: &[Field] = &[
    ("id", "controller_id"),
    ("name", "name"),
    ("version", ""),
    ("description", "description"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("type", "target_type"),
    ("valid", ""),
    ("complete", ""),
    ("module", ""),
    ("metadata", ""),
    ("tag", ""),
];

/// What the modules of a distribution set can be sorted by: hawkBit takes the set's fields.
pub(crate) const MODULES_OF_SET: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("version", "version"),
    ("description", "description"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("type", "type"),
    ("valid", ""),
    ("complete", ""),
    ("module", ""),
    ("metadata", ""),
    ("tag", ""),
];

/// What software modules can be sorted by.
pub(crate) const MODULES: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("version", "version"),
    ("description", "description"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("type", "type"),
    ("metadata", ""),
];

/// What types of modules can be sorted by.
pub(crate) const MODULE_TYPES: &[Field] = &[
    ("id", "id"),
    ("key", "key"),
    ("name", "name"),
    ("description", "description"),
    ("maxassignments", "max_assignments"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
];

/// What types of sets can be sorted by.
pub(crate) const SET_TYPES: &[Field] = &[
    ("id", "id"),
    ("key", "key"),
    ("name", "name"),
    ("description", "description"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
];

/// What tags can be sorted by.
pub(crate) const TAGS: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("description", "description"),
    ("colour", "colour"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
];

/// What the targets, or sets, of a tag can be sorted by: hawkBit takes the tag's fields.
pub(crate) const OF_TAG: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("description", "description"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
];

/// What actions can be sorted by.
pub(crate) const ACTIONS: &[Field] = &[
    ("id", "id"),
    ("active", "active"),
    ("status", "state"),
    ("laststatuscode", "last_code"),
    ("weight", "weight"),
    ("externalref", "external_ref"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("target", "target"),
    ("distributionset", "distribution_set"),
    ("rollout", "rollout"),
    ("rolloutgroup", "rollout_group"),
];

/// What the history of an action can be sorted by.
pub(crate) const ENTRIES: &[Field] = &[
    ("id", "id"),
    ("timestamp", "occur_time"),
    ("reportedat", "report_time"),
    ("createdat", "report_time"),
    ("createdby", ""),
];

/// What stored target filters can be sorted by.
pub(crate) const TARGET_FILTERS: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("autoassigndistributionset", "auto_assignment.distribution_set"),
];

/// What the filters that assign a set can be sorted by: hawkBit takes the set's fields.
pub(crate) const FILTERS_OF_SET: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("version", ""),
    ("description", ""),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("type", ""),
    ("valid", ""),
    ("complete", ""),
    ("module", ""),
    ("metadata", ""),
    ("tag", ""),
];

/// What rollouts can be sorted by.
pub(crate) const ROLLOUTS: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("description", "description"),
    ("status", "state"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("distributionset", "distribution_set"),
];

/// What the groups of a rollout can be sorted by: hawkBit takes the rollout's fields.
pub(crate) const GROUPS_OF_ROLLOUT: &[Field] = &[
    ("id", "id"),
    ("name", "name"),
    ("description", "description"),
    ("status", "state"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("distributionset", ""),
];

/// What the targets of a group can be sorted by: hawkBit takes the rollout's fields.
pub(crate) const TARGETS_OF_GROUP: &[Field] = &[
    ("id", "controller_id"),
    ("name", "name"),
    ("description", "description"),
    ("status", "update_status"),
    ("createdat", "create_time"),
    ("createdby", "creator"),
    ("lastmodifiedat", "update_time"),
    ("lastmodifiedby", "updater"),
    ("distributionset", "assigned_set"),
];

/// The hub's `order_by` for a `sort` parameter. Needless separators are passed over.
///
/// # Errors
/// hawkBit's three: not `field:direction`, an unknown field, an unknown direction.
pub(crate) fn order_by(sort: &str, fields: &[Field]) -> Result<String, Fault> {
    let parts = sort.split(',').filter(|part| !part.is_empty());
    let ordered: Result<Vec<_>, _> = parts.map(|part| part_of_order(part, fields)).collect();
    let mut ordered = ordered?;
    ordered.retain(|part| !part.is_empty());
    Ok(ordered.join(","))
}

fn part_of_order(part: &str, fields: &[Field]) -> Result<String, Fault> {
    let mut words = part.split(':').filter(|word| !word.is_empty());
    let (Some(field), Some(direction), None) = (words.next(), words.next(), words.next()) else {
        return Err(Fault::sort_syntax(part));
    };
    let known = field.trim().to_ascii_lowercase();
    let Some((_, ours)) = fields.iter().find(|(theirs, _)| *theirs == known) else {
        return Err(Fault::sort_field(field));
    };
    match direction.trim().to_ascii_lowercase().as_str() {
        "asc" => Ok((*ours).to_owned()),
        "desc" if !ours.is_empty() => Ok(format!("{ours} desc")),
        "desc" => Ok(String::new()),
        _ => Err(Fault::sort_direction(direction)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_directions_are_read_whatever_their_case() {
        let order = order_by("controllerId:DESC,createdAt:asc", TARGETS).unwrap();
        assert_eq!(order, "controller_id desc,create_time");
        let order = order_by("tag:DESC,name:asc,metadata:ASC", TARGETS).unwrap();
        assert_eq!(order, "name");
    }

    #[test]
    fn each_violation_has_its_own_code() {
        for (sort, key) in [
            ("name", "rest.param.sortParamSyntax"),
            ("name:ASC:x", "rest.param.sortParamSyntax"),
            ("name:", "rest.param.sortParamSyntax"),
            ("colour:ASC", "rest.param.invalidField"),
            ("name:UP", "rest.param.invalidDirection"),
        ] {
            assert_eq!(order_by(sort, TARGETS).unwrap_err().key(), Some(key), "{sort}");
        }
    }
}
