//! Searches: what a filter means to the tenant that asks.

use crate::hub::Hub;
use crate::tenants::Tenant;
use otahub_domain::filter::{self, Filter, Moments, Searchable};
use otahub_domain::target::overdue_before;
use otahub_domain::{Result, Timestamp};

impl Hub {
    /// The filter of a request over the fields of an entity; none if it is empty. `tenant` is the
    /// name of the tenant, whose settings say who is overdue.
    ///
    /// # Errors
    /// [`otahub_domain::Error::Invalid`] for `filter` and [`otahub_domain::Error::FilterField`].
    pub(crate) async fn filter<F: Searchable>(
        &self,
        tenant: &str,
        text: &str,
    ) -> Result<Option<Filter<F>>> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let tenant = self.own_tenant(tenant).await?;
        filter::parse(text)?.resolve(moments(&tenant, self.now())).map(Some)
    }
}

/// The instants that the functions of a tenant's filters give now.
pub(super) fn moments(tenant: &Tenant, now: Timestamp) -> Moments {
    let settings = &tenant.configuration;
    let interval = settings.polling_time.interval;
    Moments { now, overdue: overdue_before(interval, settings.polling_overdue, now) }
}
