//! What can be declared: for each kind its fields, which of them name other resources, and which
//! cannot change.

use super::document::Document;
use super::extras::Extra;
use crate::nouns::{
    FILTER, MODULE, MODULE_TYPE, ROLLOUT, SET, SET_TAG, SET_TYPE, TARGET, TARGET_TAG, TARGET_TYPE,
};
use crate::schema::{self, Wrong};
use crate::table::Kind;
use serde_json::Value;

/// The kind that is not a resource.
pub(super) const SETTINGS: &str = "Settings";

/// A kind that can be declared.
pub(super) struct Manifest {
    /// None of settings.
    pub(super) kind: Option<&'static Kind>,
    /// The field of the requests that has the resource.
    pub(super) field: &'static str,
    /// Fields that may change; by JSON names.
    pub(super) free: &'static [&'static str],
    /// Fields that cannot change once it is made.
    pub(super) fixed: &'static [&'static str],
    /// Fields that change after everything else: what is locked takes nothing any more.
    pub(super) late: &'static [&'static str],
    /// Fields, by their paths, that name other resources.
    pub(super) refs: &'static [(&'static str, &'static Kind)],
    pub(super) extras: &'static [Extra],
}

const NONE: Manifest =
    Manifest { kind: None, field: "", free: &[], fixed: &[], late: &[], refs: &[], extras: &[] };

/// All kinds, each after those that it needs.
pub(super) const MANIFESTS: &[Manifest] = &[
    Manifest { extras: &[Extra::Values], ..NONE },
    Manifest {
        kind: Some(&MODULE_TYPE),
        field: "softwareModuleType",
        free: &["description", "colour"],
        fixed: &["displayName", "maxAssignments", "minArtifacts"],
        ..NONE
    },
    Manifest {
        kind: Some(&SET_TYPE),
        field: "distributionSetType",
        free: &["description", "colour", "mandatoryModuleTypes", "optionalModuleTypes"],
        fixed: &["displayName"],
        refs: &[("mandatoryModuleTypes", &MODULE_TYPE), ("optionalModuleTypes", &MODULE_TYPE)],
        ..NONE
    },
    Manifest {
        kind: Some(&TARGET_TYPE),
        field: "targetType",
        free: &["displayName", "description", "colour", "distributionSetTypes"],
        refs: &[("distributionSetTypes", &SET_TYPE)],
        ..NONE
    },
    Manifest {
        kind: Some(&TARGET_TAG),
        field: "targetTag",
        free: &["description", "colour"],
        ..NONE
    },
    Manifest {
        kind: Some(&SET_TAG),
        field: "distributionSetTag",
        free: &["description", "colour"],
        ..NONE
    },
    Manifest {
        kind: Some(&MODULE),
        field: "softwareModule",
        free: &["description", "vendor"],
        fixed: &["typeKey", "encrypted"],
        late: &["locked"],
        extras: &[Extra::Artifacts, Extra::Metadata],
        ..NONE
    },
    Manifest {
        kind: Some(&SET),
        field: "distributionSet",
        free: &["description", "requiredMigrationStep"],
        fixed: &["typeKey"],
        late: &["locked"],
        extras: &[Extra::Modules, Extra::Metadata, Extra::Tags],
        ..NONE
    },
    Manifest {
        kind: Some(&TARGET),
        field: "target",
        free: &["displayName", "description", "address", "securityToken", "group", "targetType"],
        refs: &[("targetType", &TARGET_TYPE)],
        extras: &[Extra::Metadata, Extra::Tags],
        ..NONE
    },
    Manifest {
        kind: Some(&FILTER),
        field: "targetFilter",
        free: &["filter", "autoAssignment"],
        refs: &[("autoAssignment.distributionSet", &SET)],
        ..NONE
    },
    Manifest {
        kind: Some(&ROLLOUT),
        field: "rollout",
        fixed: &[
            "description",
            "distributionSet",
            "targetFilter",
            "type",
            "forceTime",
            "startTime",
            "weight",
            "dynamic",
            "dynamicGroupTemplate",
            "confirmationRequired",
            "conditions",
            "maintenanceWindow",
            "pace",
            "retryPolicy",
            "answerTimeout",
            "successProof",
        ],
        refs: &[("distributionSet", &SET)],
        extras: &[Extra::Groups],
        ..NONE
    },
];

impl Manifest {
    /// What documents call it.
    pub(super) fn name(&self) -> &'static str {
        self.kind.map_or(SETTINGS, |kind| kind.message)
    }

    /// The fields of the resource, but not what is beside it.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> + use<> {
        let natural = self.kind.map(|kind| kind.natural).unwrap_or_default();
        let lists = [natural, self.fixed, self.free, self.late];
        lists.into_iter().flatten().copied()
    }
}

/// The kind of a document.
pub(super) fn of(document: &Document) -> Result<&'static Manifest, Wrong> {
    MANIFESTS.iter().find(|manifest| manifest.name() == document.kind).ok_or_else(|| {
        let known: Vec<_> = MANIFESTS.iter().map(Manifest::name).collect();
        Wrong::new("kind", format!("it is none of {}", known.join(", ")))
    })
}

/// Whether a document makes sense, as far as it can be told without the hub.
pub(super) fn check(document: &Document) -> Result<(), Wrong> {
    let manifest = of(document)?;
    let extras: Vec<_> = manifest.extras.iter().map(|extra| extra.field()).collect();
    for name in document.fields.keys() {
        if manifest.fields().all(|field| field != name) && !extras.contains(&name.as_str()) {
            let known: Vec<_> = manifest.fields().chain(extras.iter().copied()).collect();
            let why = format!("there is no such field; known are {}", known.join(", "));
            return Err(Wrong::new(name, why));
        }
    }
    for extra in manifest.extras {
        if let Some(value) = document.fields.get(extra.field()) {
            extra.check(value)?;
        }
    }
    let Some(kind) = manifest.kind else { return Ok(()) };
    for field in kind.natural {
        if document.fields.get(*field).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(Wrong::new(*field, "it is missing, or not a text"));
        }
    }
    if let Some(known) = schema::message(kind.message) {
        schema::parse(&known, &Value::Object(said(manifest, document)))?;
    }
    Ok(())
}

/// What a document says of the resource itself.
pub(super) fn said(manifest: &Manifest, document: &Document) -> serde_json::Map<String, Value> {
    let fields = manifest.fields();
    fields
        .filter_map(|name| {
            Some((name.to_owned(), document.fields.get(name).filter(|v| !v.is_null())?.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_one_of_the_contract() {
        for manifest in MANIFESTS {
            let Some(kind) = manifest.kind else { continue };
            let message = schema::message(kind.message).expect(kind.message);
            for field in manifest.fields() {
                assert!(message.get_field_by_json_name(field).is_some(), "{field}");
            }
            let create = schema::rpc(&format!("Create{}", kind.message)).expect(kind.message);
            let resource = create.input().get_field_by_json_name(manifest.field);
            assert!(resource.is_some(), "{}", manifest.field);
            assert!(schema::rpc(&format!("Update{}", kind.message)).is_some());
            let natural = kind.natural.iter();
            assert!(natural.clone().all(|field| !manifest.free.contains(field)));
        }
    }
}
