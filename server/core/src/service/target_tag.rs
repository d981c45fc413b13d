//! otahub.v1.TargetTagService.

use super::once::{called_batch, called_once};
use super::target::called;
use super::{Answer, answer, check_batch, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::{name, page, tag as translate};
use crate::usecase::Tagging;
use otahub_domain::tag::TargetTag;
use otahub_domain::{Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use otahub_store::TagQuery;
use proto::target_tag_service_server::TargetTagService;
use tonic::Request;

/// Tags of targets.
pub(crate) struct TargetTags(pub(crate) Hub);

impl TargetTags {
    async fn create(
        &self,
        operator: &Operator,
        requests: Vec<proto::CreateTargetTagRequest>,
    ) -> Decided<Vec<TargetTag>> {
        check_batch(requests.len())?;
        let drafts = requests
            .into_iter()
            .map(|r| required("target_tag", r.target_tag).map(translate::draft))
            .collect::<Decided<_>>()?;
        let (tenant, by) = (operator.tenant, &operator.username);
        self.0.create_target_tags(tenant, by, drafts).await
    }
}

#[tonic::async_trait]
impl TargetTagService for TargetTags {
    async fn get_target_tag(
        &self,
        request: Request<proto::GetTargetTagRequest>,
    ) -> Answer<proto::TargetTag> {
        let (operator, message) = called!(self, request, ReadTarget);
        let found = async {
            let tenant = operator.tenant;
            let id = name::target_tag(&message.name)?;
            self.0.find_target_tag(tenant, id).await
        };
        answer(found.await.map(translate::target_tag))
    }

    async fn list_target_tags(
        &self,
        request: Request<proto::ListTargetTagsRequest>,
    ) -> Answer<proto::ListTargetTagsResponse> {
        let (operator, message) = called!(self, request, ReadTarget);
        let listed = async {
            let tenant = operator.tenant;
            let asked = page::asked!(message, message.filter, message.target);
            let owner = match name::optional(&message.target, name::controller_id)? {
                Some(id) => Some(self.0.find_target(tenant, &id).await?.id),
                None => None,
            };
            let query = TagQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                owner,
                page: asked.page(translate::order)?,
            };
            let listed = self.0.store.read().target_tags(tenant, &query).await?;
            let skip = query.page.skip;
            Ok(proto::ListTargetTagsResponse {
                next_page_token: asked.next(skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                target_tags: listed.items.into_iter().map(translate::target_tag).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_target_tag(
        &self,
        request: Request<proto::CreateTargetTagRequest>,
    ) -> Answer<proto::TargetTag> {
        let (operator, message) = called_once!(self, request, CreateTarget);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await.map(translate::target_tag))
    }

    async fn batch_create_target_tags(
        &self,
        request: Request<proto::BatchCreateTargetTagsRequest>,
    ) -> Answer<proto::BatchCreateTargetTagsResponse> {
        let (operator, message) = called_batch!(self, request, CreateTarget);
        let created = async { self.create(&operator, message.requests).await };
        answer(created.await.map(|made| proto::BatchCreateTargetTagsResponse {
            target_tags: made.into_iter().map(translate::target_tag).collect(),
        }))
    }

    async fn update_target_tag(
        &self,
        request: Request<proto::UpdateTargetTagRequest>,
    ) -> Answer<proto::TargetTag> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let updated = async {
            let tag = required("target_tag", message.target_tag)?;
            let id = name::target_tag(&tag.name)?;
            let patch = translate::patch(tag, &mask(message.update_mask)?)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.change_target_tag(tenant, id, by, patch).await
        };
        answer(updated.await.map(translate::target_tag))
    }

    async fn delete_target_tag(
        &self,
        request: Request<proto::DeleteTargetTagRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteTarget);
        let deleted = async {
            let tenant = operator.tenant;
            let id = name::target_tag(&message.name)?;
            self.0.remove_target_tag(tenant, id).await
        };
        answer(deleted.await)
    }

    async fn assign_target_tag(
        &self,
        request: Request<proto::AssignTargetTagRequest>,
    ) -> Answer<proto::AssignTargetTagResponse> {
        let (operator, message) = called!(self, request, UpdateTarget);
        let assigned = async {
            let tenant = operator.tenant;
            let id = name::target_tag(&message.name)?;
            let tagging = Tagging {
                assign: message.assign_controller_ids,
                unassign: message.unassign_controller_ids,
                skip_unknown: message.skip_unknown,
            };
            self.0.assign_target_tag(tenant, id, tagging).await
        };
        answer(assigned.await.map(|unknown_controller_ids| proto::AssignTargetTagResponse {
            unknown_controller_ids,
        }))
    }
}
