//! `/softwaremodules/{id}/metadata`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::error::Fault;
use crate::reply::{self, Answer, Reply};
use crate::translate::metadata;
use crate::wire::{MetadataBody, OneOrMany, Page};
use otahub_client::{names, proto};

/// The module and the key, from the path.
type Entry = Segments<(i64, String)>;

pub(super) async fn list(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let found = fetch(&call, id).await?;
    answer.ok(&Page::complete(found.into_iter().map(metadata::module_item).collect()))
}

async fn fetch(call: &Call, id: i64) -> Result<Vec<proto::Metadata>, Fault> {
    let parent = names::software_module(id);
    let request = proto::ListSoftwareModuleMetadataRequest { parent, ..Default::default() };
    Ok(call.software().list_software_module_metadata(request).await?.into_inner().metadata)
}

pub(super) async fn create(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<OneOrMany<MetadataBody>>,
) -> Reply {
    set(&call, id, Vec::from(body).into_iter().map(metadata::entry).collect()).await?;
    Ok(reply::created_empty())
}

pub(super) async fn get(call: Call, Segments((id, key)): Entry, answer: Answer) -> Reply {
    match fetch(&call, id).await?.into_iter().find(|entry| entry.key == key) {
        Some(entry) => answer.ok(&metadata::module_item(entry)),
        None => Err(Fault::not_found("SoftwareModule metadata", &format!("{id}:{key}"))),
    }
}

pub(super) async fn update(
    call: Call,
    Segments((id, key)): Entry,
    Body(body): Body<MetadataBody>,
) -> Reply {
    set(&call, id, vec![metadata::keyed(key, body)]).await?;
    Ok(reply::no_content())
}

async fn set(call: &Call, id: i64, metadata: Vec<proto::Metadata>) -> Result<(), Fault> {
    let parent = names::software_module(id);
    let request = proto::UpdateSoftwareModuleMetadataRequest { parent, metadata };
    call.software().update_software_module_metadata(request).await?;
    Ok(())
}

pub(super) async fn delete(call: Call, Segments((id, key)): Entry) -> Reply {
    let parent = names::software_module(id);
    let request = proto::DeleteSoftwareModuleMetadataRequest { parent, key };
    call.software().delete_software_module_metadata(request).await?;
    Ok(reply::no_content())
}
