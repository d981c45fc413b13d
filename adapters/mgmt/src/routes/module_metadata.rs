//! `/softwaremodules/{id}/metadata`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::error::Fault;
use crate::reply::{self, Answer, Reply};
use crate::translate::metadata;
use crate::wire::{MetadataBody, MetadataItem, OneOrMany, Page};
use http::StatusCode;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;

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

pub(super) fn docs() -> Vec<Operation> {
    let entries = json!([{"key": "site", "value": "hall 3", "targetVisible": true}]);
    let entry = json!({"value": "hall 4", "targetVisible": true});
    vec![
        told::get(ALL, "getMetadataOfModule", "Lists the metadata of a module")
            .gives_page::<MetadataItem>()
            .finding(),
        told::post(ALL, "createMetadataOfModule", "Adds metadata to a module")
            .takes_list::<MetadataBody>(&["key", "value"], entries)
            .answers(StatusCode::CREATED)
            .changing(),
        told::get(ONE, "getMetadataValueOfModule", "Shows an entry of the metadata of a module")
            .gives::<MetadataItem>()
            .finding(),
        told::put(
            ONE,
            "updateMetadataOfModule",
            "Adds or changes an entry of the metadata of a module",
        )
        .takes::<MetadataBody>(&["value", "targetVisible"], entry)
        .gives_nothing()
        .changing(),
        told::delete(ONE, "deleteMetadataOfModule", "Removes an entry of the metadata of a module")
            .gives_nothing()
            .finding(),
    ]
}

/// The path of all entries.
const ALL: &str = "/softwaremodules/{softwareModuleId}/metadata";
/// The path of one entry.
const ONE: &str = "/softwaremodules/{softwareModuleId}/metadata/{metadataKey}";
