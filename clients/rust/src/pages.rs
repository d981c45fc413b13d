//! Lists that come page by page.

use crate::{Hub, HubError, proto};
use futures::{Stream, TryStreamExt, stream};
use std::future::Future;
use tonic::{Response, Status};

/// A request for a page of a list.
pub trait ListRequest: Clone {
    /// Asks for the page that begins where `token` says.
    fn turn_to(&mut self, token: String);
}

/// A page of a list.
pub trait Page {
    /// What the list is of.
    type Item;
    /// Where the next page begins; empty at the end.
    fn next_page_token(&self) -> &str;
    /// What is on the page.
    fn into_items(self) -> Vec<Self::Item>;
}

macro_rules! lists {
    ($($request:ident -> $page:ident { $items:ident: $item:ty })*) => {$(
        impl ListRequest for proto::$request {
            fn turn_to(&mut self, token: String) {
                self.page_token = token;
            }
        }

        impl Page for proto::$page {
            type Item = $item;
            fn next_page_token(&self) -> &str {
                &self.next_page_token
            }
            fn into_items(self) -> Vec<Self::Item> {
                self.$items
            }
        }
    )*};
}

lists! {
    ListActionEntriesRequest -> ListActionEntriesResponse { entries: proto::ActionEntry }
    ListActionsRequest -> ListActionsResponse { actions: proto::Action }
    ListApiTokensRequest -> ListApiTokensResponse { api_tokens: proto::ApiToken }
    ListArtifactsRequest -> ListArtifactsResponse { artifacts: proto::Artifact }
    ListAuditEntriesRequest -> ListAuditEntriesResponse { audit_entries: proto::AuditEntry }
    ListDistributionSetTagsRequest -> ListDistributionSetTagsResponse {
        distribution_set_tags: proto::DistributionSetTag
    }
    ListDistributionSetTypesRequest -> ListDistributionSetTypesResponse {
        distribution_set_types: proto::DistributionSetType
    }
    ListDistributionSetsRequest -> ListDistributionSetsResponse {
        distribution_sets: proto::DistributionSet
    }
    ListRolloutsRequest -> ListRolloutsResponse { rollouts: proto::Rollout }
    ListSettingsRequest -> ListSettingsResponse { settings: proto::Setting }
    ListSoftwareModuleTypesRequest -> ListSoftwareModuleTypesResponse {
        software_module_types: proto::SoftwareModuleType
    }
    ListSoftwareModulesRequest -> ListSoftwareModulesResponse {
        software_modules: proto::SoftwareModule
    }
    ListTargetFiltersRequest -> ListTargetFiltersResponse { target_filters: proto::TargetFilter }
    ListTargetTagsRequest -> ListTargetTagsResponse { target_tags: proto::TargetTag }
    ListTargetTypesRequest -> ListTargetTypesResponse { target_types: proto::TargetType }
    ListTargetsRequest -> ListTargetsResponse { targets: proto::Target }
    ListTenantsRequest -> ListTenantsResponse { tenants: proto::Tenant }
    ListUsersRequest -> ListUsersResponse { users: proto::User }
}

impl Hub {
    /// The pages of a list, from where `request` begins.
    pub fn pages<Q, A, F>(
        &self,
        request: Q,
        list: impl Fn(Self, Q) -> F,
    ) -> impl Stream<Item = Result<A, HubError>>
    where
        Q: ListRequest,
        A: Page,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        stream::try_unfold((Some(request), list), move |(request, list)| async move {
            let Some(mut request) = request else { return Ok(None) };
            let page = self.repeat(request.clone(), &list).await?;
            let token = page.next_page_token().to_owned();
            let is_last = token.is_empty();
            request.turn_to(token);
            Ok(Some((page, ((!is_last).then_some(request), list))))
        })
    }

    /// The items of a list, page by page.
    pub fn each<Q, A, F>(
        &self,
        request: Q,
        list: impl Fn(Self, Q) -> F,
    ) -> impl Stream<Item = Result<A::Item, HubError>>
    where
        Q: ListRequest,
        A: Page,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let pages = self.pages(request, list);
        pages.map_ok(|page| stream::iter(page.into_items().into_iter().map(Ok))).try_flatten()
    }
}
