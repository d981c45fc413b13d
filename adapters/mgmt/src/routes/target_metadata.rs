//! `/targets/{controllerId}/metadata`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::docs::Common;
use crate::exception as e;
use crate::reply::{self, Answer, JsonAnswer, Reply};
use crate::translate::metadata;
use crate::wire::{MetadataBody, MetadataItem, OneOrMany, Page};
use http::StatusCode;
use otahub_client::{names, proto};
use otahub_rest::docs::{self as told, Operation};
use serde_json::json;

pub(super) async fn list(call: Call, Segments(id): Segments<String>, answer: Answer) -> Reply {
    let request =
        proto::ListTargetMetadataRequest { parent: names::target(&id), ..Default::default() };
    let listed = call.targets().list_target_metadata(request).await?.into_inner();
    answer.ok(&Page::complete(listed.metadata.into_iter().map(metadata::item).collect()))
}

pub(super) async fn create(
    call: Call,
    Segments(id): Segments<String>,
    Body(body): Body<OneOrMany<MetadataBody>>,
) -> Reply {
    let request = proto::CreateTargetMetadataRequest {
        parent: names::target(&id),
        metadata: Vec::from(body).into_iter().map(metadata::entry).collect(),
        ..Default::default()
    };
    call.targets().create_target_metadata(request).await?;
    Ok(reply::created_empty())
}

pub(super) async fn get(
    call: Call,
    Segments((id, key)): Segments<(String, String)>,
    JsonAnswer(answer): JsonAnswer,
) -> Reply {
    let request = proto::GetTargetMetadataRequest { parent: names::target(&id), key };
    let found = call.targets().get_target_metadata(request).await?.into_inner();
    answer.ok(&metadata::item(found))
}

pub(super) async fn update(
    call: Call,
    Segments((id, key)): Segments<(String, String)>,
    Body(body): Body<MetadataBody>,
) -> Reply {
    let request = proto::UpdateTargetMetadataRequest {
        parent: names::target(&id),
        metadata: Some(metadata::keyed(key, body)),
    };
    call.targets().update_target_metadata(request).await?;
    Ok(reply::no_content())
}

pub(super) async fn delete(call: Call, Segments((id, key)): Segments<(String, String)>) -> Reply {
    let request = proto::DeleteTargetMetadataRequest { parent: names::target(&id), key };
    call.targets().delete_target_metadata(request).await?;
    Ok(reply::no_content())
}

pub(super) fn docs() -> Vec<Operation> {
    let entries = json!([{"key": "site", "value": "hall 3"}]);
    let entry = json!({"value": "hall 4"});
    vec![
        told::get(ALL, "getMetadata", "Lists the metadata of a target")
            .gives_page::<MetadataItem>()
            .finding(),
        told::post(ALL, "createMetadata", "Adds metadata to a target")
            .takes_list::<MetadataBody>(&["key", "value"], entries)
            .answers(StatusCode::CREATED)
            .changing()
            .fails(&[e::EXISTS]),
        told::get(ONE, "getMetadataValue", "Shows an entry of the metadata of a target")
            .gives_json::<MetadataItem>()
            .finding(),
        told::put(ONE, "updateMetadata", "Adds or changes an entry of the metadata of a target")
            .takes::<MetadataBody>(&["value"], entry)
            .gives_nothing()
            .changing(),
        told::delete(ONE, "deleteMetadata", "Removes an entry of the metadata of a target")
            .gives_nothing()
            .finding(),
    ]
}

/// The path of all entries.
const ALL: &str = "/targets/{targetId}/metadata";
/// The path of one entry.
const ONE: &str = "/targets/{targetId}/metadata/{metadataKey}";
