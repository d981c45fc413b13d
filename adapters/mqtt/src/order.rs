//! What the hub wants sent, as a request.

use crate::json::{File, Operation, Request};
use crate::request_id;
use otahub_client::device::{Chunk, DeviceRef, Handling, OrderKind, TakeOrderResponse};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

/// What a segment of a path may not hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request, and the UUID that it goes by.
pub(crate) struct Outgoing {
    pub id: Uuid,
    pub request: Request,
    /// For how many seconds it is worth delivering.
    pub expires_in_secs: u32,
}

/// The request for what the hub wants sent; nothing if it wants nothing.
pub(crate) fn outgoing(
    order: &TakeOrderResponse,
    device: &DeviceRef,
    public_url: &str,
) -> Option<Outgoing> {
    let operation = match order.kind() {
        OrderKind::Unspecified => return None,
        OrderKind::Confirm => Operation::Confirm,
        OrderKind::Update => Operation::Update,
        OrderKind::Cancel => Operation::Cancel,
    };
    let id = request_id::of(&device.tenant, order.action)?;
    let deployment = order.deployment.as_ref();
    let chunks = deployment.map(|deployment| deployment.chunks.as_slice()).unwrap_or_default();
    let links = Links { public_url, device, grant: &order.grant };
    let artifacts: Vec<File> = chunks.iter().flat_map(|chunk| links.files(chunk)).collect();
    let first = artifacts.first();
    let until = order.expire_time.unwrap_or_default();
    let request = Request {
        operation,
        uuid: id.to_string(),
        url: first.map(|file| file.url.clone()),
        size: first.map(|file| file.size),
        sha256: first.map(|file| file.sha256.clone()),
        name: order.set_name.clone(),
        version: order.set_version.clone(),
        force: deployment.is_some_and(|d| d.download() == Handling::Forced),
        download_only: deployment.is_some_and(|d| d.update() == Handling::Skip),
        not_after: until.to_string(),
        artifacts,
    };
    let expires_in_secs = u32::try_from(order.valid_secs).unwrap_or(1).max(1);
    Some(Outgoing { id, request, expires_in_secs })
}

struct Links<'a> {
    public_url: &'a str,
    device: &'a DeviceRef,
    grant: &'a str,
}

impl Links<'_> {
    fn files(&self, chunk: &Chunk) -> Vec<File> {
        let of = |artifact: &otahub_client::device::Artifact| File {
            part: chunk.type_key.clone(),
            name: chunk.name.clone(),
            version: chunk.version.clone(),
            filename: artifact.filename.clone(),
            url: self.to(artifact.module, &artifact.filename),
            size: artifact.size_bytes,
            sha256: artifact.hashes.as_ref().map(|h| h.sha256.clone()).unwrap_or_default(),
        };
        chunk.artifacts.iter().map(of).collect()
    }

    /// A link to a file that needs no header.
    fn to(&self, module: i64, filename: &str) -> String {
        let segment = |text: &str| utf8_percent_encode(text, SEGMENT).to_string();
        let DeviceRef { tenant, controller_id } = self.device;
        format!(
            "{}/{}/controller/v1/{}/softwaremodules/{module}/artifacts/{}?grant={}",
            self.public_url,
            segment(tenant),
            segment(controller_id),
            segment(filename),
            self.grant
        )
    }
}
