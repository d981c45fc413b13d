//! Tests of the rules of distribution sets.

use super::*;
use crate::software::{Module, ModuleType};
use crate::target::{TargetDraft, new_target};
use crate::tenant::{Configuration, Quotas};
use crate::{Audit, Error, Kind, ModuleId, ModuleTypeId, SetId, SetTypeId, TenantId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_795_248_000_000);
const OS: ModuleTypeId = ModuleTypeId(1);
const APP: ModuleTypeId = ModuleTypeId(2);

fn module_type(id: ModuleTypeId, max_assignments: i32) -> ModuleType {
    ModuleType {
        id,
        tenant: TenantId(1),
        key: format!("type{id}"),
        name: format!("Type {id}"),
        description: None,
        colour: None,
        max_assignments,
        min_artifacts: 0,
        deleted: false,
        audit: Audit::new("system", NOW),
    }
}

fn module(id: i64, module_type: ModuleTypeId) -> Module {
    Module {
        id: ModuleId(id),
        tenant: TenantId(1),
        module_type,
        name: format!("m{id}"),
        version: "1".into(),
        description: None,
        vendor: None,
        encrypted: false,
        locked: false,
        deleted: false,
        complete: true,
        audit: Audit::new("op", NOW),
        row_version: 0,
    }
}

fn set_type() -> SetType {
    SetType {
        id: SetTypeId(1),
        tenant: TenantId(1),
        key: "os_app".into(),
        name: "OS with app(s)".into(),
        description: None,
        colour: None,
        deleted: false,
        modules: vec![
            SetTypeModule { module_type: OS, mandatory: true },
            SetTypeModule { module_type: APP, mandatory: false },
        ],
        audit: Audit::new("system", NOW),
    }
}

fn set() -> Set {
    Set {
        id: SetId(5),
        tenant: TenantId(1),
        set_type: SetTypeId(1),
        name: "set".into(),
        version: "1".into(),
        description: None,
        required_migration_step: false,
        locked: false,
        deleted: false,
        valid: true,
        complete: true,
        modules: Vec::new(),
        audit: Audit::new("op", NOW),
        row_version: 0,
    }
}

#[test]
fn a_set_is_complete_with_all_mandatory_and_no_incomplete_modules() {
    let (os, app) = (module(1, OS), module(2, APP));
    let half = Module { complete: false, ..app.clone() };
    assert!(!is_complete(&set_type(), &[]));
    assert!(!is_complete(&set_type(), std::slice::from_ref(&app)));
    assert!(is_complete(&set_type(), std::slice::from_ref(&os)));
    assert!(is_complete(&set_type(), &[os.clone(), app]));
    assert!(!is_complete(&set_type(), &[os, half]));
}

#[test]
fn a_module_too_many_takes_the_place_of_another() {
    let (one, many) = (module_type(OS, 1), module_type(APP, i32::MAX));
    let (os1, os2, app1, app2) = (module(1, OS), module(2, OS), module(3, APP), module(4, APP));
    let os = |module| ModulePart { module, module_type: &one };
    let app = |module| ModulePart { module, module_type: &many };
    let add = |present: &[ModulePart<'_>], added: &[ModulePart<'_>]| {
        add_modules(&set(), &set_type(), present, added, &Quotas::default()).unwrap()
    };
    assert_eq!(add(&[os(&os1), app(&app1)], &[os(&os2)]), [ModuleId(3), ModuleId(2)]);
    assert_eq!(add(&[os(&os1)], &[os(&os1)]), [ModuleId(1)]);
    assert_eq!(add(&[app(&app1)], &[app(&app2), os(&os1)]), [3, 4, 1].map(ModuleId));
    assert_eq!(add(&[], &[os(&os1), os(&os2)]), [ModuleId(2)]);
}

#[test]
fn modules_of_foreign_or_deleted_kind_are_refused() {
    let foreign_type = module_type(ModuleTypeId(9), 1);
    let foreign = module(1, ModuleTypeId(9));
    let one = module_type(OS, 1);
    let gone = Module { deleted: true, ..module(2, OS) };
    let add = |set: &Set, part| {
        add_modules(set, &set_type(), &[], &[part], &Quotas::default()).unwrap_err()
    };
    let refused = add(&set(), ModulePart { module: &foreign, module_type: &foreign_type });
    assert!(matches!(refused, Error::ModuleTypeUnsupported { .. }));
    let refused = add(&set(), ModulePart { module: &gone, module_type: &one });
    assert_eq!(refused.kind(), Kind::NotFound);
    let fine = module(3, OS);
    let part = ModulePart { module: &fine, module_type: &one };
    let locked = Set { locked: true, ..set() };
    assert!(matches!(add(&locked, part), Error::Locked { .. }));
    let few = Quotas { modules_per_set: 1, ..Quotas::default() };
    let app = module(4, APP);
    let apps = module_type(APP, 3);
    let parts = [part, ModulePart { module: &app, module_type: &apps }];
    let full = add_modules(&set(), &set_type(), &[], &parts, &few).unwrap_err();
    assert_eq!(full.kind(), Kind::ResourceExhausted);
}

#[test]
fn a_locked_set_keeps_modules_and_migration_step() {
    let locked = Set { locked: true, modules: vec![ModuleId(1)], ..set() };
    assert!(matches!(remove_module(&locked, ModuleId(1)), Err(Error::Locked { .. })));
    let step = SetPatch { required_migration_step: Some(true), ..SetPatch::default() };
    assert!(matches!(update_set(&locked, &step, "op", NOW), Err(Error::Locked { .. })));
    let rest = SetPatch {
        name: Some("renamed".into()),
        required_migration_step: Some(false),
        locked: Some(false),
        ..SetPatch::default()
    };
    let changed = update_set(&locked, &rest, "op", NOW).unwrap();
    assert_eq!((changed.name.as_str(), changed.locked), ("renamed", false));
    assert_eq!(remove_module(&changed, ModuleId(1)), Ok(Vec::new()));
}

#[test]
fn only_living_valid_complete_sets_are_assigned() {
    assert_eq!(check_assignable(&set()), Ok(()));
    let kinds = [
        Set { deleted: true, ..set() },
        Set { valid: false, ..set() },
        Set { complete: false, ..set() },
    ];
    let refused: Vec<Error> = kinds.iter().map(|set| check_assignable(set).unwrap_err()).collect();
    assert_eq!(refused[0].kind(), Kind::NotFound);
    assert_eq!(refused[1], Error::SetInvalid { id: "5".into() });
    assert_eq!(refused[2], Error::SetIncomplete { id: "5".into() });
    let rename = SetPatch { name: Some("x".into()), ..SetPatch::default() };
    assert!(update_set(&kinds[0], &rename, "op", NOW).is_err());
    assert!(update_set(&kinds[1], &rename, "op", NOW).is_err());
    assert!(update_set(&kinds[2], &rename, "op", NOW).is_ok());
}

#[test]
fn a_typed_target_takes_only_sets_that_fit() {
    let draft = TargetDraft { controller_id: "dev".into(), ..TargetDraft::default() };
    let mut target = new_target(&draft, String::new(), "op", NOW).unwrap();
    assert!(check_compatible(&target, &[], &set_type()).is_ok());
    target.target_type = Some(crate::TargetTypeId(3));
    assert!(check_compatible(&target, &[SetTypeId(1)], &set_type()).is_ok());
    let refused = check_compatible(&target, &[SetTypeId(2)], &set_type()).unwrap_err();
    assert!(matches!(refused, Error::TargetTypeIncompatible { .. }));
}

#[test]
fn giving_a_set_out_locks_it_unless_told_otherwise() {
    let on = Configuration::default();
    let off = Configuration { implicit_lock: false, ..Configuration::default() };
    assert!(locks_implicitly(&set(), &["prod".into()], &on));
    assert!(!locks_implicitly(&set(), &[], &off));
    assert!(!locks_implicitly(&Set { locked: true, ..set() }, &[], &on));
    assert!(!locks_implicitly(&Set { complete: false, ..set() }, &[], &on));
    for tag in SKIP_LOCK_TAGS {
        assert!(!locks_implicitly(&set(), &[tag.to_owned()], &on));
    }
    assert!(lock_set(&set(), "op", NOW).unwrap().locked);
    assert!(lock_set(&Set { complete: false, ..set() }, "op", NOW).is_err());
}

#[test]
fn a_set_needs_name_and_version() {
    let draft = |name: &str, version: &str| SetDraft {
        name: name.into(),
        version: version.into(),
        ..SetDraft::default()
    };
    let fine = new_set(&draft("set ", "1"), &set_type()).unwrap();
    assert_eq!((fine.name.as_str(), fine.type_key.as_deref()), ("set", Some("os_app")));
    assert!(new_set(&draft("", "1"), &set_type()).is_err());
    assert!(new_set(&draft("a", ""), &set_type()).is_err());
    let gone = SetType { deleted: true, ..set_type() };
    assert_eq!(new_set(&draft("a", "1"), &gone).unwrap_err().kind(), Kind::InvalidArgument);
}

#[test]
fn the_default_types_are_valid_and_name_default_module_types() {
    let modules: Vec<String> =
        crate::software::default_module_types().into_iter().map(|one| one.key).collect();
    for one in default_set_types() {
        assert_eq!(new_set_type(&one), Ok(one.clone()));
        assert!(one.mandatory.iter().chain(&one.optional).all(|key| modules.contains(key)));
    }
    assert_eq!(default_set_types().last().map(|one| one.key.clone()), Some("os_app".into()));
}

#[test]
fn a_module_type_has_one_place_and_moves() {
    let quotas = Quotas { module_types_per_set_type: 2, ..Quotas::default() };
    let places = set_type().modules;
    let moved = PlaceChange { optional: vec![OS], ..PlaceChange::default() };
    let after = place_module_types(&places, &moved, &quotas).unwrap();
    assert_eq!(after.len(), 2);
    assert!(after.iter().all(|place| !place.mandatory));
    let third = PlaceChange { mandatory: vec![ModuleTypeId(3)], ..PlaceChange::default() };
    assert!(place_module_types(&places, &third, &quotas).is_err());
    let instead = PlaceChange { removed: vec![APP], ..third };
    let after = place_module_types(&places, &instead, &quotas).unwrap();
    assert_eq!(after[1].module_type, ModuleTypeId(3));
}

#[test]
fn a_set_type_in_use_keeps_its_places() {
    assert_eq!(check_places_changeable(&set_type(), false), Ok(()));
    let refused = check_places_changeable(&set_type(), true);
    assert!(matches!(refused, Err(Error::ReadOnly { .. })));
}

#[test]
fn a_set_is_invalidated_once_and_may_be_again() {
    let invalid = invalidate_set(&set(), "me", NOW).unwrap();
    assert!(!invalid.valid);
    assert_eq!(invalid.audit.modified_by, "me");
    assert_eq!(invalidate_set(&invalid, "other", NOW), Ok(invalid.clone()));
    assert!(matches!(check_assignable(&invalid), Err(Error::SetInvalid { .. })));
    let incomplete = Set { complete: false, ..set() };
    let refused = invalidate_set(&incomplete, "me", NOW);
    assert!(matches!(refused, Err(Error::SetIncomplete { .. })));
}
