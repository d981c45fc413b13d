//! Uploads and downloads.

use crate::fake::{Fake, refusal};
use md5::{Digest, Md5};
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::proto::*;
use sha1::Sha1;
use sha2::Sha256;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tonic::{Code, Status};

fn bytes() -> Vec<u8> {
    (0..1_000_000u32).map(|n| (n % 249) as u8).collect()
}

fn hashes(bytes: &[u8]) -> Hashes {
    Hashes {
        md5: hex::encode(Md5::digest(bytes)),
        sha1: hex::encode(Sha1::digest(bytes)),
        sha256: hex::encode(Sha256::digest(bytes)),
    }
}

fn artifact(filename: &str) -> Artifact {
    Artifact {
        name: "softwareModules/5/artifacts/2".to_owned(),
        id: 2,
        filename: filename.to_owned(),
        size_bytes: bytes().len() as i64,
        hashes: Some(hashes(&bytes())),
        ..Default::default()
    }
}

fn with_artifact() -> Fake {
    Fake::default().unary("SoftwareService/ListArtifacts", |q: ListArtifactsRequest| {
        assert_eq!(q.parent, "softwareModules/5");
        let artifacts = vec![artifact("image.bin")];
        Ok(ListArtifactsResponse { artifacts, total_size: 1, ..Default::default() })
    })
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn an_upload_sends_the_bytes_and_then_their_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("image.bin");
    std::fs::write(&file, bytes()).unwrap();
    let hub = Fake::default()
        .upload(|mut pieces| async move {
            let (mut got, mut expected, mut start) = (Vec::new(), None, None);
            while let Some(piece) = pieces.message().await? {
                match piece.step {
                    Some(Step::Start(first)) => start = Some(first),
                    Some(Step::Data(data)) => got.extend(data),
                    Some(Step::ExpectedHashes(last)) => expected = Some(last),
                    Some(Step::End(_)) | None => {
                        return Err(Status::invalid_argument("an odd step"));
                    }
                }
            }
            let start = start.unwrap();
            assert_eq!(
                (start.parent.as_str(), start.filename.as_str()),
                ("softwareModules/5", "x")
            );
            assert_eq!(got, bytes());
            assert_eq!(expected.unwrap().sha256, hashes(&got).sha256);
            Ok(artifact("x"))
        })
        .start()
        .await;
    let args = ["artifacts", "upload", text(&file), "--module", "5", "--name", "x"];
    let made = hub.json(&args).await;
    assert_eq!(made["hashes"]["sha256"], hashes(&bytes()).sha256);
    assert_eq!(made["sizeBytes"], 1_000_000);
}

#[tokio::test]
async fn an_upload_says_what_it_signs_and_is_compared_with_what_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("image.sig");
    std::fs::write(&file, b"signature").unwrap();
    let hub = Fake::default()
        .upload(|mut pieces| async move {
            let first = pieces.message().await?.and_then(|piece| piece.step);
            let Some(Step::Start(start)) = first else { panic!("{first:?}") };
            let relation = start.relation.unwrap();
            assert_eq!(relation.kind(), ArtifactKind::Signature);
            assert_eq!((&*relation.subject_filename, &*relation.format), ("image", "cms"));
            while pieces.message().await?.is_some() {}
            let decrypted = DecryptedArtifact {
                size_bytes: 9,
                hashes: Some(hashes(b"signature")),
                ..Default::default()
            };
            Ok(Artifact { decrypted: Some(decrypted), ..artifact("image.sig") })
        })
        .start()
        .await;
    let file = text(&file);
    let args =
        ["artifacts", "upload", file, "--module", "5", "--signs", "image", "--format", "cms"];
    let made = hub.json(&args).await;
    assert_eq!(made["decrypted"]["hashes"]["sha256"], hashes(b"signature").sha256);
}

#[tokio::test]
async fn a_relation_is_changed_as_a_whole() {
    let related = |q: UpdateArtifactRequest| {
        assert_eq!(q.update_mask.unwrap().paths, ["relation"]);
        let asked = q.artifact.unwrap();
        assert_eq!(asked.name, "softwareModules/5/artifacts/2");
        Ok(Artifact { relation: asked.relation, ..artifact("image.bin") })
    };
    let hub = with_artifact().unary("SoftwareService/UpdateArtifact", related).start().await;
    let relate = ["artifacts", "relate", "image.bin", "--module", "5"];
    let delta = [&relate[..], &["--base-version", "1.0", "--makes", "full.bin"]].concat();
    let shown = hub.json(&delta).await;
    assert_eq!(shown["relation"]["kind"], "ARTIFACT_KIND_DELTA");
    assert_eq!(shown["relation"]["subjectFilename"], "full.bin");
    assert_eq!(hub.json(&relate).await.get("relation"), None);
    let both = [&relate[..], &["--base-version", "1.0", "--signs", "full.bin"]].concat();
    assert_eq!(hub.run(&both).await.code, 2);
}

#[tokio::test]
async fn a_refused_upload_ends_early() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("image.bin");
    std::fs::write(&file, vec![0; 8 << 20]).unwrap();
    let hub = Fake::default()
        .upload(|mut pieces| async move {
            pieces.message().await?;
            Err(refusal(Code::ResourceExhausted, "STORAGE_FULL", "no room for 8 MiB"))
        })
        .start()
        .await;
    let ran = hub.run(&["artifacts", "upload", text(&file), "--module", "5"]).await;
    let expected = "otactl: the hub refused: no room for 8 MiB (storage full).\n";
    assert_eq!((ran.code, ran.err.as_str()), (9, expected));
    let ran = hub.run(&["artifacts", "upload", text(folder.path()), "--module", "5"]).await;
    assert_eq!(ran.code, 2);
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let offsets = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&offsets);
    let hub = with_artifact()
        .download(move |q| {
            let mut offsets = sink.lock().unwrap();
            offsets.push(q.offset_bytes);
            let rest = bytes()[q.offset_bytes as usize..].to_vec();
            match offsets.len() {
                1 => vec![Ok(rest[..300_000].to_vec()), Err(Status::unavailable("broken"))],
                _ => rest.chunks(200_000).map(|piece| Ok(piece.to_vec())).collect(),
            }
        })
        .start()
        .await;
    let to = text(folder.path());
    let args = ["artifacts", "download", "image.bin", "--module", "5", "--to", to];
    let ran = hub.run(&args).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(*offsets.lock().unwrap(), [0, 300_000]);
    assert_eq!(std::fs::read(folder.path().join("image.bin")).unwrap(), bytes());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(hub.run(&args).await.code, 2, "it is there already");
    assert_eq!(hub.run(&[&args[..], &["--force"]].concat()).await.code, 0);
}

#[tokio::test]
async fn a_later_download_takes_up_what_an_earlier_one_left() {
    let folder = tempfile::tempdir().unwrap();
    let refused = || refusal(Code::Internal, "INTERNAL", "a fault of the hub");
    let hub = with_artifact()
        .download(move |q| match q.offset_bytes {
            0 => vec![Ok(bytes()[..300_000].to_vec()), Err(refused())],
            _ => vec![Ok(bytes()[300_000..].to_vec())],
        })
        .start()
        .await;
    let file = folder.path().join("copy");
    let args = ["artifacts", "download", "2", "--module", "5", "--to", text(&file)];
    assert_eq!(hub.run(&args).await.code, 1);
    assert!(!file.exists());
    let made = hub.json(&args).await;
    assert_eq!(made["path"], text(&file));
    assert_eq!(std::fs::read(&file).unwrap(), bytes());
}

#[tokio::test]
async fn bytes_with_another_hash_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let hub = with_artifact().download(|_| vec![Ok(vec![0; 1_000_000])]).start().await;
    let to = text(folder.path());
    let ran = hub.run(&["artifacts", "download", "2", "--module", "5", "--to", to]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("did not arrive whole"), "{}", ran.err);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_artifact_goes_by_number_or_name() {
    let hub = with_artifact()
        .unary("SoftwareService/DeleteArtifact", |_: DeleteArtifactRequest| Ok(()))
        .start()
        .await;
    for key in ["2", "image.bin"] {
        let gone = hub.json(&["artifacts", "delete", key, "--module", "5"]).await;
        assert_eq!(gone["deleted"][0], "softwareModules/5/artifacts/2");
    }
    let ran = hub.run(&["artifacts", "delete", "3", "--module", "5"]).await;
    let expected = "otactl: there is no artifact of the module «3».\n";
    assert_eq!((ran.code, ran.err.as_str()), (5, expected));
    let list = hub.run(&["artifacts", "list", "--module", "5"]).await;
    assert!(list.out.contains("image.bin"), "{}", list.out);
}
