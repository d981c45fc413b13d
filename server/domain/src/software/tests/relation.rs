//! Tests of signatures and deltas.

use crate::software::{
    Artifact, ArtifactKind, Decrypted, Hashes, Relation, RelationDraft, check_relation,
    check_removable, relate,
};
use crate::{ArtifactId, Audit, Entity, Error, ModuleId, TenantId, Timestamp};

fn hashes(digit: &str) -> Hashes {
    Hashes { md5: digit.repeat(32), sha1: digit.repeat(40), sha256: digit.repeat(64) }
}

fn file(id: i64, filename: &str, relation: Relation) -> Artifact {
    Artifact {
        id: ArtifactId(id),
        tenant: TenantId(1),
        module: ModuleId(2),
        filename: filename.into(),
        size: 1,
        hashes: hashes(&id.to_string()),
        decrypted: None,
        relation,
        audit: Audit::new("op", Timestamp::from_millis(0)),
    }
}

fn signature_of(filename: &str) -> RelationDraft {
    RelationDraft {
        kind: ArtifactKind::Signature,
        subject_filename: filename.into(),
        ..RelationDraft::default()
    }
}

fn delta_from(base_version: &str) -> RelationDraft {
    RelationDraft {
        kind: ArtifactKind::Delta,
        base_version: base_version.into(),
        ..RelationDraft::default()
    }
}

#[test]
fn each_kind_says_what_it_has_to_and_no_more() {
    let plain = RelationDraft::default();
    let (signature, delta) = (signature_of("a"), delta_from("1.0"));
    for fine in [&plain, &signature, &delta] {
        assert_eq!(check_relation(fine).as_ref(), Ok(fine));
    }
    let by_hash = RelationDraft { base_sha256: "A".repeat(64), ..delta_from("") };
    assert_eq!(check_relation(&by_hash).unwrap().base_sha256, "a".repeat(64));
    let hash = "0".repeat(64);
    for wrong in [
        RelationDraft { format: "cms".into(), ..plain.clone() },
        RelationDraft { subject_filename: "a".into(), ..plain.clone() },
        RelationDraft { base_version: "1".into(), ..plain },
        signature_of(" "),
        RelationDraft { base_sha256: hash, ..signature.clone() },
        delta_from(""),
        RelationDraft { format: "f".repeat(65), ..signature.clone() },
        RelationDraft { format: "<b>".into(), ..signature.clone() },
        RelationDraft { subject_sha256: "abc".into(), ..signature.clone() },
        RelationDraft { subject_sha256: "g".repeat(64), ..signature },
        delta_from(&"1".repeat(65)),
    ] {
        let refused = check_relation(&wrong);
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{wrong:?}");
    }
}

#[test]
fn a_subject_is_found_by_name_or_by_hash_of_either_form() {
    let mut secret = file(2, "b", Relation::default());
    secret.decrypted =
        Some(Decrypted { size: 1, hashes: hashes("f"), scheme: "s".into(), key_id: "k".into() });
    let all = [file(1, "a", Relation::default()), secret];
    let by = |filename: &str, digit: &str| {
        let draft = RelationDraft { subject_sha256: digit.repeat(64), ..signature_of(filename) };
        relate(&draft, "own", &all).map(|relation| relation.subject.unwrap().filename)
    };
    assert_eq!(by("a", ""), Ok("a".into()));
    assert_eq!(by("", "1"), Ok("a".into()));
    assert_eq!(by("", "2"), Ok("b".into()));
    assert_eq!(by("", "f"), Ok("b".into()));
    assert_eq!(by("b", "f"), Ok("b".into()));
    assert!(matches!(by("a", "2"), Err(Error::Invalid { .. })));
    assert_eq!(by("c", ""), Err(Error::not_found(Entity::Artifact, "c")));
    assert_eq!(by("A", ""), Err(Error::not_found(Entity::Artifact, "A")));
    assert!(matches!(by("", "3"), Err(Error::NotFound { .. })));
    let served = relate(&signature_of("b"), "own", &all).unwrap().subject.unwrap();
    assert_eq!(served.sha256, "2".repeat(64));
}

#[test]
fn a_delta_may_make_what_is_not_here() {
    let made = relate(&delta_from("1.0"), "own", &[]).unwrap();
    assert_eq!((made.subject, made.base_version.as_deref()), (None, Some("1.0")));
    assert_eq!((made.format, made.base_sha256), (None, None));
}

#[test]
fn nothing_leads_back_to_itself() {
    let a = file(1, "a", Relation::default());
    let b = file(2, "b", relate(&signature_of("a"), "b", std::slice::from_ref(&a)).unwrap());
    let both = [a, b];
    assert!(relate(&signature_of("b"), "c", &both).is_ok());
    for subject in ["a", "b"] {
        let refused = relate(&signature_of(subject), "a", &both);
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{subject}");
    }
}

#[test]
fn what_is_spoken_of_stays() {
    let a = file(1, "a", Relation::default());
    let b = file(2, "b", relate(&signature_of("a"), "b", std::slice::from_ref(&a)).unwrap());
    let both = [a.clone(), b.clone()];
    let refused = check_removable(&a, &both).unwrap_err();
    assert_eq!(refused, Error::ReadOnly { entity: Entity::Artifact, id: "1".into() });
    assert_eq!(check_removable(&b, &both), Ok(()));
    assert_eq!(check_removable(&a, &both[..1]), Ok(()));
}
