//! `/targets/{controllerId}/metadata`.

use crate::body::Body;
use crate::call::{Call, Segments};
use crate::reply::{self, Answer, JsonAnswer, Reply};
use crate::translate::metadata;
use crate::wire::{MetadataBody, OneOrMany, Page};
use otahub_client::{names, proto};

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
