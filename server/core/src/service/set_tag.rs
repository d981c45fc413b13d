//! otahub.v1.DistributionSetTagService.

use super::once::{called_batch, called_once};
use super::target::called;
use super::{Answer, answer, check_batch, mask, required};
use crate::auth::Operator;
use crate::hub::Hub;
use crate::translate::{name, page, tag as translate};
use crate::usecase::Tagging;
use otahub_domain::tag::SetTag;
use otahub_domain::{Error, Result as Decided};
use otahub_proto::otahub::v1 as proto;
use otahub_store::TagQuery;
use proto::distribution_set_tag_service_server::DistributionSetTagService;
use tonic::Request;

/// Tags of distribution sets.
pub(crate) struct SetTags(pub(crate) Hub);

impl SetTags {
    async fn create(
        &self,
        operator: &Operator,
        requests: Vec<proto::CreateDistributionSetTagRequest>,
    ) -> Decided<Vec<SetTag>> {
        check_batch(requests.len())?;
        let drafts = requests
            .into_iter()
            .map(|r| required("distribution_set_tag", r.distribution_set_tag).map(translate::draft))
            .collect::<Decided<_>>()?;
        let (tenant, by) = (operator.tenant, &operator.username);
        self.0.create_set_tags(tenant, by, drafts).await
    }
}

#[tonic::async_trait]
impl DistributionSetTagService for SetTags {
    async fn get_distribution_set_tag(
        &self,
        request: Request<proto::GetDistributionSetTagRequest>,
    ) -> Answer<proto::DistributionSetTag> {
        let (operator, message) = called!(self, request, ReadDistributionSet);
        let found = async {
            let tenant = operator.tenant;
            let id = name::set_tag(&message.name)?;
            self.0.find_set_tag(tenant, id).await
        };
        answer(found.await.map(translate::set_tag))
    }

    async fn list_distribution_set_tags(
        &self,
        request: Request<proto::ListDistributionSetTagsRequest>,
    ) -> Answer<proto::ListDistributionSetTagsResponse> {
        let (operator, message) = called!(self, request, ReadDistributionSet);
        let listed = async {
            let tenant = operator.tenant;
            let asked = page::asked!(message, message.filter);
            let query = TagQuery {
                filter: self.0.filter(&operator.tenant_name, &message.filter).await?,
                owner: None,
                page: asked.page(translate::order)?,
            };
            let listed = self.0.store.read().set_tags(tenant, &query).await?;
            let skip = query.page.skip;
            Ok(proto::ListDistributionSetTagsResponse {
                next_page_token: asked.next(skip, listed.items.len(), listed.total),
                total_size: i64::try_from(listed.total).unwrap_or(i64::MAX),
                distribution_set_tags: listed.items.into_iter().map(translate::set_tag).collect(),
            })
        };
        answer(listed.await)
    }

    async fn create_distribution_set_tag(
        &self,
        request: Request<proto::CreateDistributionSetTagRequest>,
    ) -> Answer<proto::DistributionSetTag> {
        let (operator, message) = called_once!(self, request, CreateDistributionSet);
        let created = async {
            let created = self.create(&operator, vec![message]).await?;
            created.into_iter().next().ok_or(Error::Internal)
        };
        answer(created.await.map(translate::set_tag))
    }

    async fn batch_create_distribution_set_tags(
        &self,
        request: Request<proto::BatchCreateDistributionSetTagsRequest>,
    ) -> Answer<proto::BatchCreateDistributionSetTagsResponse> {
        let (operator, message) = called_batch!(self, request, CreateDistributionSet);
        let created = async { self.create(&operator, message.requests).await };
        answer(created.await.map(|made| proto::BatchCreateDistributionSetTagsResponse {
            distribution_set_tags: made.into_iter().map(translate::set_tag).collect(),
        }))
    }

    async fn update_distribution_set_tag(
        &self,
        request: Request<proto::UpdateDistributionSetTagRequest>,
    ) -> Answer<proto::DistributionSetTag> {
        let (operator, message) = called!(self, request, UpdateDistributionSet);
        let updated = async {
            let tag = required("distribution_set_tag", message.distribution_set_tag)?;
            let id = name::set_tag(&tag.name)?;
            let patch = translate::patch(tag, &mask(message.update_mask)?)?;
            let (tenant, by) = (operator.tenant, &operator.username);
            self.0.change_set_tag(tenant, id, by, patch).await
        };
        answer(updated.await.map(translate::set_tag))
    }

    async fn delete_distribution_set_tag(
        &self,
        request: Request<proto::DeleteDistributionSetTagRequest>,
    ) -> Answer<()> {
        let (operator, message) = called!(self, request, DeleteDistributionSet);
        let deleted = async {
            let tenant = operator.tenant;
            let id = name::set_tag(&message.name)?;
            self.0.remove_set_tag(tenant, id).await
        };
        answer(deleted.await)
    }

    async fn assign_distribution_set_tag(
        &self,
        request: Request<proto::AssignDistributionSetTagRequest>,
    ) -> Answer<proto::AssignDistributionSetTagResponse> {
        let (operator, message) = called!(self, request, UpdateDistributionSet);
        let assigned = async {
            let tenant = operator.tenant;
            let id = name::set_tag(&message.name)?;
            let tagging = Tagging {
                assign: name::each(&message.assign_sets, name::set)?,
                unassign: name::each(&message.unassign_sets, name::set)?,
                skip_unknown: false,
            };
            self.0.assign_set_tag(tenant, id, tagging).await
        };
        answer(assigned.await.map(|()| proto::AssignDistributionSetTagResponse {}))
    }
}
