//! Tests of the rules of software.

mod relation;

use super::*;
use crate::{Audit, Error, Kind, ModuleId, ModuleTypeId, TenantId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_795_248_000_000);

fn module_type() -> ModuleType {
    ModuleType {
        id: ModuleTypeId(1),
        tenant: TenantId(1),
        key: "os".into(),
        name: "OS".into(),
        description: None,
        colour: None,
        max_assignments: 1,
        min_artifacts: 1,
        deleted: false,
        audit: Audit::new("system", NOW),
    }
}

fn module() -> Module {
    Module {
        id: ModuleId(2),
        tenant: TenantId(1),
        module_type: ModuleTypeId(1),
        name: "image".into(),
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

fn new_module(draft: &ModuleDraft, module_type: &ModuleType) -> crate::Result<ModuleDraft> {
    super::new_module(draft, module_type, false)
}

fn draft(name: &str, version: &str) -> ModuleDraft {
    ModuleDraft { name: name.into(), version: version.into(), ..ModuleDraft::default() }
}

#[test]
fn a_module_needs_name_and_version() {
    let fine = new_module(&draft(" image ", "1.0"), &module_type()).unwrap();
    assert_eq!((fine.name.as_str(), fine.type_key.as_str()), ("image", "os"));
    for (name, version) in [("", "1"), ("a", ""), ("<b>", "1"), ("a", "<?x")] {
        assert!(new_module(&draft(name, version), &module_type()).is_err());
    }
    let long = |name: usize, version: usize| draft(&"n".repeat(name), &"v".repeat(version));
    assert!(new_module(&long(128, 64), &module_type()).is_ok());
    assert!(new_module(&long(129, 64), &module_type()).is_err());
    assert!(new_module(&long(128, 65), &module_type()).is_err());
    let vendor = ModuleDraft { vendor: Some("v".repeat(257)), ..draft("a", "1") };
    assert!(new_module(&vendor, &module_type()).is_err());
}

#[test]
fn a_module_cannot_be_encrypted_without_an_encryptor_or_of_a_deleted_type() {
    let secret = ModuleDraft { encrypted: true, ..draft("a", "1") };
    let refused = super::new_module(&secret, &module_type(), false);
    assert_eq!(refused, Err(Error::EncryptionNotSupported));
    assert!(super::new_module(&secret, &module_type(), true).unwrap().encrypted);
    assert!(!super::new_module(&draft("a", "1"), &module_type(), true).unwrap().encrypted);
    let gone = ModuleType { deleted: true, ..module_type() };
    assert!(new_module(&draft("a", "1"), &gone).is_err());
}

#[test]
fn a_module_changes_in_little() {
    let patch = ModulePatch {
        description: Some("new".into()),
        locked: Some(true),
        ..ModulePatch::default()
    };
    let changed = update_module(&module(), &patch, "else", NOW).unwrap();
    assert_eq!((changed.description.as_deref(), changed.locked), (Some("new"), true));
    assert_eq!(changed.audit.modified_by, "else");
    assert_eq!(
        check_unlocked(&changed, "ADD_ARTIFACT").unwrap_err().kind(),
        Kind::FailedPrecondition
    );
    let gone = Module { deleted: true, ..module() };
    assert_eq!(update_module(&gone, &patch, "op", NOW).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn hashes_are_compared_in_hawkbit_s_order() {
    let computed = Hashes { md5: "aa".into(), sha1: "bb".into(), sha256: "cc".into() };
    let given = |md5: &str, sha1: &str, sha256: &str| Hashes {
        md5: md5.into(),
        sha1: sha1.into(),
        sha256: sha256.into(),
    };
    let ask = |one: Hashes| match check_hashes(&one, &computed) {
        Ok(()) => "fine",
        Err(Error::ChecksumMismatch { algorithm }) => algorithm,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(ask(given("", "", "")), "fine");
    assert_eq!(ask(given("AA", "Bb", "cC")), "fine");
    assert_eq!(ask(given("x", "x", "x")), "sha1");
    assert_eq!(ask(given("x", "bb", "x")), "md5");
    assert_eq!(ask(given("", "", "x")), "sha256");
}

#[test]
fn devices_know_module_types_by_older_words() {
    assert_eq!(device_part("application"), "bApp");
    assert_eq!(device_part("runtime"), "jvm");
    assert_eq!(device_part("os"), "os");
}

#[test]
fn files_and_metadata_have_names() {
    assert_eq!(validate_filename(" a.bin "), Ok("a.bin".into()));
    for name in ["", "  ", "<x>.bin", &"n".repeat(257)] {
        assert!(validate_filename(name).is_err());
    }
    let entry = |key: &str, value: usize| Metadata {
        key: key.into(),
        value: "v".repeat(value),
        target_visible: false,
    };
    assert!(check_metadata(&entry("k", 4000)).is_ok());
    assert!(check_metadata(&entry("k", 4001)).is_err());
    assert!(check_metadata(&entry("", 1)).is_err());
    assert!(check_metadata(&entry(&"k".repeat(129), 1)).is_err());
}

#[test]
fn a_type_says_when_a_module_is_complete() {
    assert!(!is_complete(&module_type(), 0));
    assert!(is_complete(&module_type(), 1));
    let any = ModuleType { min_artifacts: 0, ..module_type() };
    assert!(is_complete(&any, 0));
}

#[test]
fn the_default_types_are_valid() {
    let types = default_module_types();
    assert_eq!(types.len(), 2);
    for one in types {
        assert_eq!(new_module_type(&one), Ok(one.clone()));
        assert!(new_module_type(&ModuleTypeDraft { max_assignments: 0, ..one.clone() }).is_err());
        assert!(new_module_type(&ModuleTypeDraft { key: "k".repeat(65), ..one }).is_err());
    }
}

#[test]
fn a_type_changes_its_texts_until_it_is_deleted() {
    let patch = TypePatch { description: Some("changed".into()), ..TypePatch::default() };
    let changed = update_module_type(&module_type(), &patch, "me", NOW).unwrap();
    assert_eq!(changed.description.as_deref(), Some("changed"));
    assert_eq!(changed.audit.modified_by, "me");
    let deleted = ModuleType { deleted: true, ..module_type() };
    let refused = update_module_type(&deleted, &patch, "me", NOW);
    assert!(matches!(refused, Err(Error::Deleted { .. })));
}
