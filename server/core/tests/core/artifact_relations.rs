//! Signatures and deltas, and names that come after the bytes.

use crate::harness::{Ground, files};
use crate::on_each_database;
use crate::operator::{Answer, Operator, draft, reason, steps, told};
use crate::orders::mask;
use crate::world::World;
use otahub_client::names;
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::proto::{self, ArtifactKind, ArtifactRelation, Reason};

on_each_database!(
    a_signature_tells_devices_what_it_signs,
    a_relation_that_makes_no_sense_is_refused_and_leaves_nothing,
    relations_change_until_the_module_is_locked,
    what_is_signed_cannot_go_before_its_signature,
    names_hashes_and_relations_may_come_last,
    an_end_is_the_end,
);

fn signature_of(filename: &str) -> ArtifactRelation {
    ArtifactRelation {
        kind: ArtifactKind::Signature.into(),
        subject_filename: filename.into(),
        format: "cms".into(),
        ..Default::default()
    }
}

impl Operator {
    /// One artifact.
    pub(crate) async fn artifact(&self, name: &str) -> Answer<proto::Artifact> {
        let request = proto::GetArtifactRequest { name: name.into() };
        told(self.hub.software(&self.caller).get_artifact(request).await)
    }

    /// The artifacts of a module.
    pub(crate) async fn artifacts(&self, module: i64) -> Vec<proto::Artifact> {
        let parent = names::software_module(module);
        let request = proto::ListArtifactsRequest { parent, ..Default::default() };
        let listed = self.hub.software(&self.caller).list_artifacts(request).await;
        told(listed).unwrap().artifacts
    }

    /// Waits until no file is stored.
    pub(crate) async fn nothing_stored(&self, ground: &Ground) {
        for _ in 0..200 {
            if files(&ground.artifacts()).is_empty() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(files(&ground.artifacts()), []);
    }

    async fn relate(
        &self,
        artifact: &proto::Artifact,
        relation: Option<ArtifactRelation>,
    ) -> Answer<proto::Artifact> {
        let name = artifact.name.clone();
        let request = proto::UpdateArtifactRequest {
            artifact: Some(proto::Artifact { name, relation, ..Default::default() }),
            update_mask: Some(mask("relation")),
        };
        told(self.hub.software(&self.caller).update_artifact(request).await)
    }

    async fn upload_as(
        &self,
        module: i64,
        filename: &str,
        relation: ArtifactRelation,
    ) -> Answer<proto::Artifact> {
        let mut upload = steps(module, filename, None, [b"some bytes".to_vec()]);
        if let Some(Step::Start(start)) = &mut upload[0].step {
            start.relation = Some(relation);
        }
        self.upload_steps(upload).await
    }
}

async fn a_signature_tells_devices_what_it_signs(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let (boss, device) = (world.operator(), world.device("d1"));
    let module = boss.module("os", "m").await;
    let image = boss.upload(module, "image", b"the image").await.unwrap();
    let sha256 = image.hashes.clone().unwrap().sha256;
    let by_hash = ArtifactRelation { subject_sha256: sha256.to_uppercase(), ..signature_of("") };
    let signature = boss.upload_as(module, "image.sig", by_hash).await.unwrap();
    let expected = ArtifactRelation { subject_sha256: sha256, ..signature_of("image") };
    assert_eq!(signature.relation.as_ref(), Some(&expected));
    let delta = ArtifactRelation {
        kind: ArtifactKind::Delta.into(),
        base_version: "0.9".into(),
        base_sha256: "AB".repeat(32),
        ..Default::default()
    };
    boss.upload_as(module, "image.delta", delta.clone()).await.unwrap();
    assert_eq!(boss.artifact(&signature.name).await.unwrap(), signature);
    let set = boss.set_of(draft("s", &[module])).await.unwrap();
    device.poll().await;
    let action = boss.assign("d1", set).await;
    let chunk = device.deployment(action).await.unwrap().chunks.remove(0);
    let relations: Vec<_> = chunk.artifacts.iter().map(|a| a.relation.clone()).collect();
    let delta = ArtifactRelation { base_sha256: "ab".repeat(32), ..delta };
    assert_eq!(relations, [None, Some(expected.clone()), Some(delta)]);
    let one = device.artifact(module, "image.sig").await.unwrap();
    assert_eq!(one.relation, Some(expected));
}

async fn a_relation_that_makes_no_sense_is_refused_and_leaves_nothing(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let (module, other) = (boss.module("os", "m").await, boss.module("os", "n").await);
    for (relation, told) in [
        (signature_of("nonesuch"), Reason::NotFound),
        (signature_of(""), Reason::InvalidField),
        (signature_of("own"), Reason::NotFound),
        (ArtifactRelation { kind: 9, ..signature_of("a") }, Reason::InvalidField),
        (ArtifactRelation { kind: 1, ..signature_of("a") }, Reason::InvalidField),
        (ArtifactRelation { kind: 3, ..Default::default() }, Reason::InvalidField),
        (ArtifactRelation { base_version: "1".into(), ..signature_of("a") }, Reason::InvalidField),
    ] {
        let refused = boss.upload_as(module, "own", relation.clone()).await;
        assert_eq!(reason(refused), told, "{relation:?}");
        boss.nothing_stored(&ground).await;
        assert_eq!(boss.artifacts(module).await, []);
    }
    // another module's files are not meant
    boss.upload(other, "image", b"x").await.unwrap();
    let refused = boss.upload_as(module, "own", signature_of("image")).await;
    assert_eq!(reason(refused), Reason::NotFound);
}

async fn relations_change_until_the_module_is_locked(ground: Ground) {
    let world = World::with_gateway(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let image = boss.upload(module, "image", b"the image").await.unwrap();
    let file = boss.upload(module, "file", b"other").await.unwrap();
    assert_eq!(file.relation, None);
    let related = boss.relate(&file, Some(signature_of("image"))).await.unwrap();
    assert_eq!(related.relation.as_ref().unwrap().kind(), ArtifactKind::Signature);
    assert_eq!(boss.artifact(&file.name).await.unwrap(), related);
    let ring = boss.relate(&image, Some(signature_of("file"))).await;
    assert_eq!(reason(ring), Reason::InvalidField);
    assert_eq!(boss.artifact(&image.name).await.unwrap().relation, None);
    let delta = ArtifactRelation {
        kind: ArtifactKind::Delta.into(),
        base_version: "1".into(),
        ..Default::default()
    };
    let related = boss.relate(&file, Some(delta.clone())).await.unwrap();
    assert_eq!(related.relation, Some(delta));
    assert_eq!(boss.relate(&file, None).await.unwrap().relation, None);
    assert_eq!(boss.artifact(&file.name).await.unwrap().relation, None);
    let reader = world.operator_with("reader", &["READ_SOFTWARE_MODULE"]).await;
    assert_eq!(reason(reader.relate(&file, None).await), Reason::PermissionDenied);
    let set = boss.set_of(draft("s", &[module])).await.unwrap();
    boss.target("d1").await;
    boss.assign("d1", set).await;
    let refused = boss.relate(&file, Some(signature_of("image"))).await;
    assert_eq!(reason(refused), Reason::Locked);
}

async fn what_is_signed_cannot_go_before_its_signature(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let image = boss.upload(module, "image", b"the image").await.unwrap();
    let signature = boss.upload_as(module, "sig", signature_of("image")).await.unwrap();
    let refused = boss.delete_artifact(&image).await.unwrap_err();
    assert_eq!(refused.reason, Reason::ReadOnly);
    assert_eq!(refused.detail("type"), Some("Artifact"));
    assert_eq!(boss.artifacts(module).await.len(), 2);
    boss.delete_artifact(&signature).await.unwrap();
    boss.delete_artifact(&image).await.unwrap();
    // the module takes all of its files with it
    boss.upload(module, "image", b"the image").await.unwrap();
    boss.upload_as(module, "sig", signature_of("image")).await.unwrap();
    boss.delete_module(module).await.unwrap();
    boss.nothing_stored(&ground).await;
}

fn ending(
    module: i64,
    provisional: &str,
    end: proto::UploadArtifactEnd,
) -> Vec<proto::UploadArtifactRequest> {
    let mut upload = steps(module, provisional, None, [b"abc".to_vec()]);
    if let Some(Step::Start(start)) = &mut upload[0].step {
        start.filename_provisional = true;
    }
    upload.push(proto::UploadArtifactRequest { step: Some(Step::End(end)) });
    upload
}

async fn names_hashes_and_relations_may_come_last(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let named =
        |name: &str| proto::UploadArtifactEnd { filename: name.into(), ..Default::default() };
    let first = boss.upload_steps(ending(module, "blob", named(""))).await.unwrap();
    assert_eq!(first.filename, "blob");
    // a provisional name that is taken does no harm
    let relation = Some(signature_of("blob"));
    let hashes =
        proto::Hashes { md5: "900150983cd24fb0d6963f7d28e17f72".into(), ..Default::default() };
    let end = proto::UploadArtifactEnd { relation, expected_hashes: Some(hashes), ..named("told") };
    let second = boss.upload_steps(ending(module, "blob", end)).await.unwrap();
    assert_eq!(second.filename, "told");
    assert_eq!(second.relation.unwrap().subject_filename, "blob");
    for (provisional, end, told) in [
        ("blob", named(""), Reason::AlreadyExists),
        ("", named("TOLD"), Reason::AlreadyExists),
        ("", named(""), Reason::InvalidField),
        ("x", named("<b>"), Reason::InvalidField),
    ] {
        let refused = boss.upload_steps(ending(module, provisional, end)).await;
        assert_eq!(reason(refused), told, "{provisional}");
    }
    let wrong = proto::Hashes { sha1: "0".repeat(40), ..Default::default() };
    let end = proto::UploadArtifactEnd { expected_hashes: Some(wrong), ..named("third") };
    let refused = boss.upload_steps(ending(module, "", end)).await;
    assert_eq!(reason(refused), Reason::ChecksumMismatch);
    assert_eq!(boss.artifacts(module).await.len(), 2);
    assert_eq!(files(&ground.artifacts()).len(), 1);
}

async fn an_end_is_the_end(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let module = boss.module("os", "m").await;
    let whole = ending(module, "blob", proto::UploadArtifactEnd::default());
    for extra in [whole[1].clone(), whole[2].clone()] {
        let longer = [whole.clone(), vec![extra]].concat();
        assert_eq!(reason(boss.upload_steps(longer).await), Reason::InvalidField);
    }
    boss.nothing_stored(&ground).await;
}
