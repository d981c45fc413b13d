//! The rpcs of otahub.v1.SoftwareService that move artifacts.

use super::{Answer, answer, required};
use crate::auth::Operator;
use crate::blob::Upload;
use crate::hub::Hub;
use crate::status::from_error;
use crate::translate::{name, software as translate};
use crate::usecase::Destination;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use otahub_domain::software::Hashes;
use otahub_domain::{Error, Result as Decided, TenantId};
use otahub_proto::otahub::v1 as proto;
use proto::upload_artifact_request::Step;
use tonic::{Status, Streaming};

/// One artifact.
pub(super) async fn get(hub: &Hub, tenant: TenantId, named: &str) -> Decided<proto::Artifact> {
    let (module, id) = name::artifact(named)?;
    let (module, artifact) = hub.find_artifact(tenant, module, id).await?;
    Ok(translate::artifact(artifact, module.deleted))
}

/// A module's artifacts.
pub(super) async fn list(
    hub: &Hub,
    tenant: TenantId,
    parent: &str,
) -> Decided<proto::ListArtifactsResponse> {
    let module = hub.find_module(tenant, name::module(parent)?).await?;
    let artifacts = hub.store.read().artifacts(&module).await?;
    let show = |artifact| translate::artifact(artifact, module.deleted);
    Ok(proto::ListArtifactsResponse {
        total_size: i64::try_from(artifacts.len()).unwrap_or(i64::MAX),
        artifacts: artifacts.into_iter().map(show).collect(),
        next_page_token: String::new(),
    })
}

/// The bytes of an artifact.
pub(super) async fn download(
    hub: &Hub,
    tenant: TenantId,
    message: proto::DownloadArtifactRequest,
) -> Decided<BoxStream<'static, Result<proto::DownloadArtifactResponse, Status>>> {
    let (module, id) = name::artifact(&message.name)?;
    let (module, artifact) = hub.find_artifact(tenant, module, id).await?;
    if module.deleted {
        return Err(Error::BinaryDeleted { id: id.to_string() });
    }
    let bytes = hub.read_artifact(&artifact, message.offset_bytes, message.length_bytes).await?;
    let piece = |data: Bytes| proto::DownloadArtifactResponse { data };
    Ok(bytes.map_ok(piece).map_err(|error| from_error(&error)).boxed())
}

/// Takes an upload in as it comes.
pub(super) async fn upload(
    hub: &Hub,
    operator: &Operator,
    mut stream: Streaming<proto::UploadArtifactRequest>,
) -> Answer<proto::Artifact> {
    let first = stream.message().await?.and_then(|message| message.step);
    let Some(Step::Start(start)) = first else {
        return answer(required("start", None));
    };
    let opened = open(hub, operator, &start).await;
    let (to, upload) = opened.map_err(|error| from_error(&error))?;
    let expected = translate::expected(start.expected_hashes);
    let mut coming = Coming { to, upload, expected };
    while let Some(message) = stream.message().await? {
        let taken = coming.take(hub, message.step).await;
        taken.map_err(|error| from_error(&error))?;
    }
    let kept = hub.keep_upload(coming.to, coming.upload, coming.expected).await;
    answer(kept.map(|artifact| translate::artifact(artifact, false)))
}

async fn open(
    hub: &Hub,
    operator: &Operator,
    start: &proto::UploadArtifactStart,
) -> Decided<(Destination, Upload)> {
    let to = Destination {
        tenant: operator.tenant,
        module: name::module(&start.parent)?,
        filename: start.filename.clone(),
        by: operator.username.clone(),
    };
    let upload = hub.begin_upload(&to).await?;
    Ok((to, upload))
}

/// What of an upload has come.
struct Coming {
    to: Destination,
    upload: Upload,
    expected: Hashes,
}

impl Coming {
    async fn take(&mut self, hub: &Hub, step: Option<Step>) -> Decided<()> {
        match step {
            Some(Step::Data(bytes)) => {
                hub.options.quotas.check_file(self.upload.size() + bytes.len() as u64)?;
                return self.upload.write(bytes).await;
            }
            Some(Step::ExpectedHashes(hashes)) => self.expected = translate::expected(Some(hashes)),
            Some(Step::Filename(filename)) => self.to.filename = filename,
            Some(Step::Start(_)) => return Err(Error::invalid("start", "comes once, and first")),
            None => {}
        }
        Ok(())
    }
}
