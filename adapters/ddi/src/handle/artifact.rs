//! Files: lists of them, their bytes, their MD5.

use super::Answer;
use crate::call::{Call, decoded, grant};
use crate::docs::FINDING;
use crate::error::{is_unknown_file, problem};
use crate::routes::Api;
use crate::translate;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::TryStreamExt;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use otahub_client::device::{
    Artifact, DownloadArtifactRequest, GetArtifactRequest, GetModuleArtifactsRequest,
};
use otahub_client::millis;
use otahub_rest::Exception;
use otahub_rest::docs::{self as told, Operation};
use otahub_rest::download::{File, Plan, disposition, respond};
use otahub_rest::{Problem, Untagged, accepts};
use std::sync::Arc;
use tonic::Status;

const MD5SUM: &str = ".MD5SUM";

/// GET `{base}/softwaremodules/{module}/artifacts`.
pub(crate) async fn list(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let call = Call::of(&api, &parts)?;
    let representation = call.representation()?;
    let message = GetModuleArtifactsRequest { device: call.device(), module: call.number()? };
    let found = call.hub().get_module_artifacts(message).await.map_err(problem)?.into_inner();
    let (base, format) = (call.links(), representation.format);
    let artifacts = found.artifacts.into_iter();
    let documents: Vec<_> = artifacts.map(|a| translate::artifact(a, &base, format)).collect();
    let mut response = representation.render(StatusCode::OK, &documents);
    response.extensions_mut().insert(Untagged);
    Ok(response)
}

/// GET and HEAD `{base}/softwaremodules/{module}/artifacts/{file}`, also of `{file}.MD5SUM`.
pub(crate) async fn download(State(api): State<Arc<Api>>, request: Request) -> Answer {
    let (parts, _) = request.into_parts();
    let answer = served(&api, &parts).await;
    match grant(&parts) {
        // who comes with a grant may take the text of a refusal for the file
        Some(_) => answer.map_err(|problem| Problem::empty(problem.status())),
        None => answer,
    }
}

async fn served(api: &Api, parts: &Parts) -> Answer {
    let call = Call::of(api, parts)?;
    let name = call.last_segment();
    match name.strip_suffix(MD5SUM).filter(|stem| !stem.is_empty()) {
        Some(stem) => md5sum(&call, stem).await,
        None => bytes(&call, name).await,
    }
}

async fn md5sum(call: &Call<'_>, name: &str) -> Answer {
    if !accepts(&call.parts.headers, "text/plain") {
        return Err(Problem::empty(StatusCode::NOT_FOUND));
    }
    let artifact = find(call, name, Announce::Always).await?;
    let hashes = artifact.hashes.unwrap_or_default();
    let text = format!("{}  {}", hashes.md5, artifact.filename);
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(CONTENT_DISPOSITION, disposition(&format!("{}{MD5SUM}", artifact.filename)));
    response.extensions_mut().insert(Untagged);
    Ok(response)
}

/// The bytes of a file. Only when all of them are about to be sent at once is that announced, so
/// where it depends on the file whether they are, the file is asked for twice.
async fn bytes(call: &Call<'_>, name: &str) -> Answer {
    let (method, headers) = (&call.parts.method, &call.parts.headers);
    let depends = Plan::depends_on_file(method, headers);
    let first = if depends { Announce::Not } else { Announce::Once };
    let mut artifact = find(call, name, first).await?;
    let mut file = file(&artifact);
    let plan = Plan::of(method, headers, &file);
    if depends && plan == Plan::Whole {
        artifact =
            get(call, artifact.module, artifact.filename, Announce::Once).await.map_err(problem)?;
        file = self::file(&artifact);
    }
    let (hub, device, module) = (call.hub(), call.device(), artifact.module);
    let filename = artifact.filename;
    let open = move |offset: u64, length: u64| {
        let message = DownloadArtifactRequest {
            device: device.clone(),
            module,
            filename: filename.clone(),
            offset_bytes: i64::try_from(offset).unwrap_or(i64::MAX),
            length_bytes: i64::try_from(length).unwrap_or(i64::MAX),
        };
        let mut hub = hub.clone();
        async move {
            let pieces = hub.download_artifact(message).await?.into_inner();
            Ok::<_, Status>(pieces.map_ok(|piece| piece.data))
        }
    };
    respond(method, &file, plan, open).await.map_err(problem)
}

fn file(artifact: &Artifact) -> File {
    let hashes = artifact.hashes.as_ref();
    File {
        name: artifact.filename.clone(),
        size_bytes: u64::try_from(artifact.size_bytes).unwrap_or_default(),
        sha1: hashes.map(|h| h.sha1.clone()).unwrap_or_default(),
        modified_millis: artifact.create_time.as_ref().map(millis).unwrap_or_default(),
    }
}

/// Whether the hub is told that a file is about to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Announce {
    Not,
    Once,
    Always,
}

/// The file of a name as it stands in the path. A `+` is one, or else a blank: older hubs wrote
/// blanks that way.
async fn find(call: &Call<'_>, name: &str, announce: Announce) -> Result<Artifact, Problem> {
    let module = call.number()?;
    let exact = decoded(name)?.into_owned();
    match get(call, module, exact, announce).await {
        Err(status) if name.contains('+') && is_unknown_file(&status) => {
            let blanks = name.replace('+', "%20");
            get(call, module, decoded(&blanks)?.into_owned(), announce).await.map_err(problem)
        }
        found => found.map_err(problem),
    }
}

async fn get(
    call: &Call<'_>,
    module: i64,
    filename: String,
    announce: Announce,
) -> Result<Artifact, Status> {
    let path = call.parts.uri.path();
    let message = GetArtifactRequest {
        device: call.device(),
        module,
        filename,
        announce_path: if announce == Announce::Not { String::new() } else { path.to_owned() },
        announce_always: announce == Announce::Always,
    };
    call.hub().get_artifact(message).await.map(tonic::Response::into_inner)
}

pub(crate) fn docs() -> Vec<Operation> {
    let all = "/softwaremodules/{softwareModuleId}/artifacts";
    let one = "/softwaremodules/{softwareModuleId}/artifacts/{fileName}";
    vec![
        told::get(all, "getSoftwareModulesArtifacts", "Lists the files of a module")
            .gives_list::<crate::wire::deployment::Artifact>()
            .fails(FINDING),
        told::get(one, "downloadDeviceArtifact", "Gives the bytes of a file, or ranges of them")
            .explained("With `.MD5SUM` after the name: its MD5 hash, as `md5sum` writes it.")
            .gives_file("application/octet-stream")
            .fails(FINDING)
            .fails(&[Exception::BINARY_DELETED])
            .fails_silently(StatusCode::NOT_FOUND),
    ]
}
