//! `POST /softwaremodules/{id}/artifacts`: a multipart upload, passed on as it comes.

use crate::call::{Call, Segments};
use crate::error::Fault;
use crate::query::Query;
use crate::reply::{Answer, Reply};
use crate::translate::upload::UploadForm;
use crate::translate::{self, Detail};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use otahub_client::proto::{self, UploadArtifactRequest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::docs::Common;
use crate::exception as e;
use crate::wire;
use otahub_client::proto::upload_artifact_request::Step;
use otahub_rest::docs::{self as told, KnownFormat, ObjectBuilder, Operation, SchemaFormat, Type};

/// The most bytes of one message to the hub.
const CHUNK_BYTES_MAX: usize = 1 << 20;
/// The most bytes of a form field that is not the file.
const FIELD_BYTES_MAX: usize = 4 << 10;
/// How many messages may wait for the hub.
const MESSAGES_MAX: usize = 4;
/// How many bytes are read on after a refusal, so that the client gets to read the answer.
const DRAINED_BYTES_MAX: usize = 64 << 20;

pub(super) async fn upload(
    call: Call,
    Segments(module): Segments<i64>,
    query: Query,
    answer: Answer,
    request: Request,
) -> Reply {
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| Fault::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
    let form = UploadForm::given(&query);
    let made = match send(&call, module, form, &mut parts).await {
        Ok(made) => made,
        Err(fault) => {
            drain(&mut parts).await;
            return Err(fault);
        }
    };
    let shown = translate::software::artifact(made, module, &call.base, Detail::Full);
    answer.created(&shown)
}

/// Sends the file on. Should it not come to its end, the call is dropped before its stream of
/// messages ends, so that the hub takes nothing half-sent for a whole.
async fn send(
    call: &Call,
    module: i64,
    form: UploadForm,
    parts: &mut Multipart,
) -> Result<proto::Artifact, Fault> {
    let (sender, receiver) = mpsc::channel(MESSAGES_MAX);
    let mut software = call.software();
    let upload = software.upload_artifact(ReceiverStream::new(receiver));
    tokio::pin!(upload);
    let answered = tokio::select! {
        fed = feed(parts, form, module, &sender) => { fed?; None }
        answer = &mut upload => Some(answer),
    };
    drop(sender);
    let answer = match answered {
        Some(answer) => answer,
        None => upload.await,
    };
    Ok(answer?.into_inner())
}

/// Reads the parts and sends what the hub wants of them, until the hub has heard enough.
async fn feed(
    parts: &mut Multipart,
    mut form: UploadForm,
    module: i64,
    sender: &mpsc::Sender<UploadArtifactRequest>,
) -> Result<(), Fault> {
    let mut is_sent = false;
    while let Some(field) = parts.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            if form.wants(&name) {
                form.take(&name, text(field).await?);
            }
        } else if !is_sent {
            is_sent = true;
            let start = form.start(module, field.file_name())?;
            if !pass(sender, Step::Start(start)).await || !pass_file(sender, field).await? {
                return Ok(());
            }
        }
    }
    if !is_sent {
        return Err(Fault::upload("Required part 'file' is not present.".to_owned()));
    }
    if let Some(end) = form.end()? {
        pass(sender, Step::End(end)).await;
    }
    Ok(())
}

async fn pass_file(
    sender: &mpsc::Sender<UploadArtifactRequest>,
    mut file: Field<'_>,
) -> Result<bool, Fault> {
    while let Some(mut bytes) = file.chunk().await.map_err(malformed)? {
        while !bytes.is_empty() {
            let chunk = bytes.split_to(bytes.len().min(CHUNK_BYTES_MAX));
            if !pass(sender, Step::Data(chunk)).await {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Sends a message; whether the hub still listens.
async fn pass(sender: &mpsc::Sender<UploadArtifactRequest>, step: Step) -> bool {
    sender.send(UploadArtifactRequest { step: Some(step) }).await.is_ok()
}

fn malformed(error: MultipartError) -> Fault {
    Fault::upload(error.body_text())
}

/// Reads what is left, as far as it is bearable.
async fn drain(parts: &mut Multipart) {
    let mut left = DRAINED_BYTES_MAX;
    while let Ok(Some(mut field)) = parts.next_field().await {
        while let Ok(Some(bytes)) = field.chunk().await {
            let Some(rest) = left.checked_sub(bytes.len()) else {
                return;
            };
            left = rest;
        }
    }
}

async fn text(mut field: Field<'_>) -> Result<String, Fault> {
    let mut read = Vec::new();
    while let Some(bytes) = field.chunk().await.map_err(malformed)? {
        if read.len() + bytes.len() > FIELD_BYTES_MAX {
            return Err(Fault::upload("a form field is too long".to_owned()));
        }
        read.extend_from_slice(&bytes);
    }
    Ok(String::from_utf8_lossy(&read).trim().to_owned())
}

pub(super) fn docs() -> Vec<Operation> {
    let short =
        |most| ObjectBuilder::new().schema_type(Type::String).max_length(Some(most)).build();
    let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
    let file = ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build();
    let form = ObjectBuilder::new()
        .property("filename", short(256))
        .property("md5sum", short(32))
        .property("sha1sum", short(40))
        .property("sha256sum", short(64))
        .property("file", file)
        .required("file");
    let path = "/softwaremodules/{softwareModuleId}/artifacts";
    vec![
        told::post(path, "uploadArtifact", "Uploads a file into a module")
            .explained(
                "`filename` has to come before `file`, in the form or in the query; without it \
                 the file's own name counts. Hashes that are given are compared.",
            )
            .asks(crate::docs::text("filename", "What the file is to be called"))
            .asks(crate::docs::text("md5sum", "The MD5 hash that is expected, in hexadecimal"))
            .asks(crate::docs::text("sha1sum", "The SHA-1 hash that is expected, in hexadecimal"))
            .asks(crate::docs::text(
                "sha256sum",
                "The SHA-256 hash that is expected, in hexadecimal",
            ))
            .takes_form(form.build())
            .creates::<wire::Artifact>()
            .creating()
            .finding()
            .fails(&[e::DELETED, e::LOCKED, e::UPLOAD, e::MD5, e::SHA1, e::SHA256])
            .fails(&[e::FILE_SIZE, e::STORAGE])
            .fails_silently(StatusCode::BAD_REQUEST),
    ]
}
