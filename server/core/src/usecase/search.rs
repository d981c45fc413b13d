//! Searches: what a filter means to the tenant that asks.

use crate::hub::Hub;
use otahub_domain::Result;
use otahub_domain::filter::{self, Filter, Moments, Searchable};
use otahub_domain::target::overdue_before;

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
        let (now, settings) = (self.now(), &tenant.configuration);
        let interval = settings.polling_time.interval;
        let moments =
            Moments { now, overdue: overdue_before(interval, settings.polling_overdue, now) };
        filter::parse(text)?.resolve(moments).map(Some)
    }
}
