//! The rpcs of otahub.v1.SoftwareService that move artifacts.

use super::{Answer, answer, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::incoming::Incoming;
use crate::status::from_error;
use crate::translate::{artifact as translate, name};
use crate::usecase::Destination;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use otahub_domain::software::Artifact;
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

/// Changes an artifact.
pub(super) async fn update(
    hub: &Hub,
    operator: &Operator,
    message: proto::UpdateArtifactRequest,
) -> Decided<proto::Artifact> {
    let artifact = required("artifact", message.artifact)?;
    let (module, id) = name::artifact(&artifact.name)?;
    let fields = mask(message.update_mask)?;
    if let Some(other) = fields.iter().find(|field| *field != "relation") {
        return Err(crate::translate::target::unknown_field(other));
    }
    let relation = translate::relation_draft(artifact.relation)?;
    let (tenant, by) = (operator.tenant, &operator.username);
    if fields.is_empty() {
        return get(hub, tenant, &artifact.name).await;
    }
    let changed = hub.relate_artifact(tenant, (module, id), by, relation).await?;
    Ok(translate::artifact(changed, false))
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
    let again = match crate::once::identify(&start.request_id, &start) {
        Ok(()) => hub.repeated::<Artifact>().await,
        Err(error) => Err(error),
    };
    if let Some(artifact) = again.map_err(|error| from_error(&error))? {
        return answer(Ok(translate::artifact(artifact, false)));
    }
    let opened = Receiving::open(hub, operator, start).await;
    let mut receiving = opened.map_err(|error| from_error(&error))?;
    while let Some(message) = stream.message().await? {
        let taken = receiving.take(hub, message.step).await;
        taken.map_err(|error| from_error(&error))?;
    }
    let kept = receiving.keep(hub).await;
    answer(kept.map(|artifact| translate::artifact(artifact, false)))
}

/// An upload, and where it goes.
struct Receiving {
    to: Destination,
    /// The name unless another one comes at the end.
    filename: String,
    upload: Incoming,
    ended: bool,
}

impl Receiving {
    async fn open(
        hub: &Hub,
        operator: &Operator,
        start: proto::UploadArtifactStart,
    ) -> Decided<Self> {
        let to = Destination {
            tenant: operator.tenant,
            module: name::module(&start.parent)?,
            filename: (!start.filename_provisional).then(|| start.filename.clone()),
            relation: translate::relation_draft(start.relation)?,
            expected: translate::expected(start.expected_hashes),
            by: operator.username.clone(),
        };
        let upload = hub.begin_upload(&to).await?;
        Ok(Self { to, filename: start.filename, upload, ended: false })
    }

    async fn take(&mut self, hub: &Hub, step: Option<Step>) -> Decided<()> {
        match step {
            Some(_) if self.ended => Err(Error::invalid("end", "comes once, and last")),
            Some(Step::Data(bytes)) => {
                hub.options.quotas.check_file(self.upload.size() + bytes.len() as u64)?;
                self.upload.write(bytes).await
            }
            Some(Step::ExpectedHashes(hashes)) => {
                self.to.expected = translate::expected(Some(hashes));
                Ok(())
            }
            Some(Step::End(end)) => self.end(end),
            Some(Step::Start(_)) => Err(Error::invalid("start", "comes once, and first")),
            None => Ok(()),
        }
    }

    fn end(&mut self, end: proto::UploadArtifactEnd) -> Decided<()> {
        self.ended = true;
        if !end.filename.is_empty() {
            self.to.filename = Some(end.filename);
        }
        let hashes = translate::expected(end.expected_hashes);
        let expected = &mut self.to.expected;
        for (known, late) in [
            (&mut expected.md5, hashes.md5),
            (&mut expected.sha1, hashes.sha1),
            (&mut expected.sha256, hashes.sha256),
        ] {
            if !late.is_empty() {
                *known = late;
            }
        }
        if end.relation.is_some() {
            self.to.relation = translate::relation_draft(end.relation)?;
        }
        Ok(())
    }

    async fn keep(mut self, hub: &Hub) -> Decided<Artifact> {
        self.to.filename = self.to.filename.or(Some(self.filename));
        hub.keep_upload(self.to, self.upload).await
    }
}
