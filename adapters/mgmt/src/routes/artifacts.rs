//! `/softwaremodules/{id}/artifacts`: the files of a module.

use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::error::Fault;
use crate::exception as e;
use crate::query::Query;
use crate::reply::{self, Answer, Reply};
use crate::translate::{self, Detail};
use crate::wire;
use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use http::{HeaderMap, Method};
use otahub_client::{millis, names, proto};
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::download::{self, File, Plan};

/// Asks hawkBit for links to another server. There is none: it only has to be a switch.
const URL_HANDLER: &str = "useartifacturlhandler";

/// The module and the artifact, from the path.
type OfModule = Segments<(i64, i64)>;

pub(super) async fn list(
    call: Call,
    Segments(id): Segments<i64>,
    query: Query,
    answer: Answer,
) -> Reply {
    query.flag(URL_HANDLER)?;
    let detail = if query.is_full() { Detail::Full } else { Detail::Compact };
    let request =
        proto::ListArtifactsRequest { parent: names::software_module(id), ..Default::default() };
    let listed = call.software().list_artifacts(request).await?.into_inner().artifacts;
    let shown =
        listed.into_iter().map(|a| translate::software::artifact(a, id, &call.base, detail));
    answer.ok(&shown.collect::<Vec<_>>())
}

pub(super) async fn get(
    call: Call,
    Segments((module, id)): OfModule,
    query: Query,
    answer: Answer,
) -> Reply {
    query.flag(URL_HANDLER)?;
    let found = fetch(&call, module, id).await?;
    answer.ok(&translate::software::artifact(found, module, &call.base, Detail::Full))
}

async fn fetch(call: &Call, module: i64, id: i64) -> Result<proto::Artifact, Fault> {
    let request = proto::GetArtifactRequest { name: names::artifact(module, id) };
    Ok(call.software().get_artifact(request).await?.into_inner())
}

pub(super) async fn delete(call: Call, Segments((module, id)): OfModule) -> Reply {
    let request = proto::DeleteArtifactRequest { name: names::artifact(module, id) };
    call.software().delete_artifact(request).await?;
    Ok(reply::no_content())
}

pub(super) async fn download(
    call: Call,
    Segments((module, id)): OfModule,
    method: Method,
    headers: HeaderMap,
) -> Reply {
    let found = fetch(&call, module, id).await?;
    let created = found.audit.and_then(|audit| audit.create_time);
    let file = File {
        name: found.filename,
        size_bytes: u64::try_from(found.size_bytes).unwrap_or_default(),
        sha1: found.hashes.unwrap_or_default().sha1,
        modified_millis: created.as_ref().map(millis).unwrap_or_default(),
    };
    let plan = Plan::of(&method, &headers, &file);
    let software = call.software();
    let open =
        move |offset, length| open(software.clone(), names::artifact(module, id), offset, length);
    download::respond(&method, &file, plan, open).await.map_err(Fault::from)
}

async fn open(
    mut software: Software,
    name: String,
    offset: u64,
    length: u64,
) -> Result<impl Stream<Item = Result<Bytes, tonic::Status>> + Send + 'static, tonic::Status> {
    let request = proto::DownloadArtifactRequest {
        name,
        offset_bytes: i64::try_from(offset).unwrap_or(i64::MAX),
        length_bytes: i64::try_from(length).unwrap_or(i64::MAX),
    };
    let chunks = software.download_artifact(request).await?.into_inner();
    Ok(chunks.map_ok(|chunk| chunk.data))
}

type Software = proto::software_service_client::SoftwareServiceClient<otahub_client::Called>;

pub(super) fn docs() -> Vec<Operation> {
    let one = "/softwaremodules/{softwareModuleId}/artifacts/{artifactId}";
    let download = "/softwaremodules/{softwareModuleId}/artifacts/{artifactId}/download";
    vec![
        told::get(
            "/softwaremodules/{softwareModuleId}/artifacts",
            "getArtifacts",
            "Lists the files of a module",
        )
        .represented()
        .gives_list::<wire::Artifact>()
        .finding(),
        told::get(one, "getArtifact", "Shows a file of a module")
            .gives::<wire::Artifact>()
            .finding(),
        told::delete(one, "deleteArtifact", "Deletes a file of a module")
            .gives_nothing()
            .finding()
            .fails(&[e::LOCKED]),
        told::get(download, "downloadArtifact", "Gives the bytes of a file, or ranges of them")
            .gives_file("application/octet-stream")
            .finding()
            .fails(&[e::BINARY_DELETED]),
    ]
}
