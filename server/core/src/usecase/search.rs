//! Searches: what a filter means to the tenant that asks.

use crate::hub::Hub;
use otahub_domain::Result;
use otahub_domain::filter::{self, Filter, Moments, Searchable};
use otahub_domain::target::overdue_before;
use otahub_domain::tenant::Configuration;

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
        filter::parse(text)?.resolve(self.moments(&tenant.configuration)).map(Some)
    }

    /// What the functions of filters give now in a tenant with these settings.
    pub(crate) fn moments(&self, settings: &Configuration) -> Moments {
        let (now, interval) = (self.now(), settings.polling_time.interval);
        Moments { now, overdue: overdue_before(interval, settings.polling_overdue, now) }
    }
}
