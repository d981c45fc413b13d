//! `/distributionsets/{id}/metadata`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::error::Fault;
use crate::exception as e;
use crate::reply::{self, Answer, JsonAnswer, Reply};
use crate::translate::metadata;
use crate::wire::{MetadataBody, MetadataItem, OneOrMany, Page};
use http::StatusCode;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;

/// The set and the key, from the path.
type Entry = Segments<(i64, String)>;

pub(super) async fn list(call: Call, Segments(id): Segments<i64>, answer: Answer) -> Reply {
    let found = fetch(&call, id).await?;
    answer.ok(&Page::complete(found.into_iter().map(metadata::item).collect()))
}

async fn fetch(call: &Call, id: i64) -> Result<Vec<proto::Metadata>, Fault> {
    let parent = names::distribution_set(id);
    let request = proto::ListDistributionSetMetadataRequest { parent, ..Default::default() };
    Ok(call.sets().list_distribution_set_metadata(request).await?.into_inner().metadata)
}

pub(super) async fn create(
    call: Call,
    Segments(id): Segments<i64>,
    Body(body): Body<OneOrMany<MetadataBody>>,
) -> Reply {
    set(&call, id, Vec::from(body).into_iter().map(metadata::entry).collect()).await?;
    Ok(reply::created_empty())
}

pub(super) async fn get(
    call: Call,
    Segments((id, key)): Entry,
    JsonAnswer(answer): JsonAnswer,
) -> Reply {
    match fetch(&call, id).await?.into_iter().find(|entry| entry.key == key) {
        Some(entry) => answer.ok(&metadata::item(entry)),
        None => Err(Fault::not_found("DistributionSet metadata", &format!("{id}:{key}"))),
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
    let parent = names::distribution_set(id);
    let request = proto::UpdateDistributionSetMetadataRequest { parent, metadata };
    call.sets().update_distribution_set_metadata(request).await?;
    Ok(())
}

pub(super) async fn delete(call: Call, Segments((id, key)): Entry) -> Reply {
    let parent = names::distribution_set(id);
    let request = proto::DeleteDistributionSetMetadataRequest { parent, key };
    call.sets().delete_distribution_set_metadata(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let entries = json!([{"key": "site", "value": "hall 3"}]);
    let entry = json!({"value": "hall 4"});
    vec![
        told::get(ALL, "getMetadataOfSet", "Lists the metadata of a set")
            .gives_page::<MetadataItem>()
            .finding(),
        told::post(ALL, "createMetadataOfSet", "Adds metadata to a set")
            .takes_list::<MetadataBody>(&["key", "value"], entries)
            .answers(StatusCode::CREATED)
            .changing()
            .fails(&[e::DELETED, e::INVALIDATED]),
        told::get(ONE, "getMetadataValueOfSet", "Shows an entry of the metadata of a set")
            .gives_json::<MetadataItem>()
            .finding(),
        told::put(ONE, "updateMetadataOfSet", "Adds or changes an entry of the metadata of a set")
            .takes::<MetadataBody>(&["value"], entry)
            .gives_nothing()
            .changing()
            .fails(&[e::DELETED, e::INVALIDATED]),
        told::delete(ONE, "deleteMetadataOfSet", "Removes an entry of the metadata of a set")
            .gives_nothing()
            .finding()
            .fails(&[e::DELETED, e::INVALIDATED]),
    ]
}

/// The path of all entries.
const ALL: &str = "/distributionsets/{distributionSetId}/metadata";
/// The path of one entry.
const ONE: &str = "/distributionsets/{distributionSetId}/metadata/{metadataKey}";
