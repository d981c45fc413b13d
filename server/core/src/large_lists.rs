//! Lists of large fleets: what is costly about a list is kept for some seconds.
//!
//! To count what matches, and to pass over thousands of rows, costs a database the more the larger
//! the fleet is. For tenants with many targets the total is kept, and so is the order of the
//! whole list once somebody asks for a page deep inside: whoever walks through all pages costs one
//! look at the whole, not one for each page. First pages are always read anew; what a page shows
//! of each target is, too.

use crate::hub::Hub;
use otahub_domain::target::Target;
use otahub_domain::{Error, Result, TargetId, TenantId};
use otahub_store::{Listed, Page, TargetQuery};
use std::sync::Arc;
use std::time::Duration;

/// For how long totals and orders are kept.
const KEPT: Duration = Duration::from_secs(10);
/// How many totals are kept.
const TOTALS: u64 = 1000;
/// How many targets the kept orders have together: 8 bytes each.
const ORDERED: u64 = 4_000_000;
/// Longer lists are not kept whole.
const ORDER_MAX: u64 = 2_000_000;
/// From this page on the order of the whole is kept.
const DEEP: u64 = 20;

/// What is kept of lists.
pub(crate) struct LargeLists {
    sizes: moka::future::Cache<TenantId, u64>,
    totals: moka::future::Cache<String, u64>,
    orders: moka::future::Cache<String, Arc<[TargetId]>>,
}

impl Default for LargeLists {
    fn default() -> Self {
        let weight =
            |_: &String, order: &Arc<[TargetId]>| u32::try_from(order.len()).unwrap_or(u32::MAX);
        Self {
            sizes: moka::future::Cache::builder().max_capacity(TOTALS).time_to_live(KEPT).build(),
            totals: moka::future::Cache::builder().max_capacity(TOTALS).time_to_live(KEPT).build(),
            orders: moka::future::Cache::builder()
                .max_capacity(ORDERED)
                .weigher(weight)
                .time_to_live(KEPT)
                .build(),
        }
    }
}

/// What tells lists apart: everything but which part of it is wanted.
fn key(tenant: TenantId, query: &TargetQuery) -> String {
    let order = query.page.order.clone();
    let whole = TargetQuery { page: Page { order, ..Page::default() }, ..query.clone() };
    format!("{} {whole:?}", tenant.0)
}

/// A failure that several callers share.
fn shared(error: Arc<Error>) -> Error {
    Arc::unwrap_or_clone(error)
}

impl Hub {
    /// A part of a list of targets, and how many there are.
    pub(crate) async fn target_page(
        &self,
        tenant: TenantId,
        query: &TargetQuery,
    ) -> Result<Listed<Target>> {
        if self.fleet_size(tenant).await? < self.options.large_fleet {
            return Ok(self.store.read().list_targets(tenant, query).await?);
        }
        let key = key(tenant, query);
        let total = self.large_total(&key, tenant, query).await?;
        let Page { skip, limit, .. } = query.page;
        let is_deep = skip >= limit.saturating_mul(DEEP);
        let items = if is_deep && total <= ORDER_MAX {
            let order = self.large_order(key, tenant, query).await?;
            let start = usize::try_from(skip).unwrap_or(usize::MAX).min(order.len());
            let count = usize::try_from(limit).unwrap_or(usize::MAX).min(order.len() - start);
            self.store.read().targets_in_order(tenant, &order[start..start + count]).await?
        } else {
            self.store.read().targets_of_page(tenant, query).await?
        };
        Ok(Listed { items, total })
    }

    async fn fleet_size(&self, tenant: TenantId) -> Result<u64> {
        let all = TargetQuery::default();
        let size = self.large_lists.sizes.try_get_with(tenant, async {
            self.store.read().count_targets(tenant, &all).await.map_err(Error::from)
        });
        size.await.map_err(shared)
    }

    async fn large_total(&self, key: &str, tenant: TenantId, query: &TargetQuery) -> Result<u64> {
        let total = self.large_lists.totals.try_get_with_by_ref(key, async {
            self.store.read().count_targets(tenant, query).await.map_err(Error::from)
        });
        total.await.map_err(shared)
    }

    async fn large_order(
        &self,
        key: String,
        tenant: TenantId,
        query: &TargetQuery,
    ) -> Result<Arc<[TargetId]>> {
        let order = self.large_lists.orders.try_get_with(key, async {
            let order = self.store.read().target_order(tenant, query).await?;
            Ok::<_, Error>(Arc::from(order))
        });
        order.await.map_err(shared)
    }
}
