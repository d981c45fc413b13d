//! Searches: what a filter means to the tenant that asks.

use crate::hub::Hub;
use otahub_domain::filter::{self, Filter, Moments, Searchable, TargetField};
use otahub_domain::target::{Target, overdue_before};
use otahub_domain::tenant::Configuration;
use otahub_domain::{Result, TenantId, Timestamp};
use otahub_store::{Listed, TargetOrder, TargetQuery};

/// Whether a field is about polls, which are written some seconds later than they happen.
const fn is_of_polls(field: TargetField) -> bool {
    matches!(field, TargetField::LastPollAt | TargetField::Address)
}

impl Hub {
    /// The targets that a query asks for. Polls that wait to be written are written before
    /// anybody searches or sorts by them.
    pub(crate) async fn list_targets(
        &self,
        tenant: TenantId,
        query: &TargetQuery,
    ) -> Result<Listed<Target>> {
        let searched = query.filter.as_ref().is_some_and(|filter| filter.mentions(&is_of_polls));
        let by_polls = |(order, _): &(TargetOrder, bool)| {
            matches!(order, TargetOrder::LastPollAt | TargetOrder::Address)
        };
        if searched || query.page.order.iter().any(by_polls) {
            self.flush_last_seen().await?;
        }
        self.target_page(tenant, query).await
    }

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
        moments(settings, self.now())
    }
}

/// What the functions of filters give at an instant in a tenant with these settings.
pub(super) fn moments(settings: &Configuration, now: Timestamp) -> Moments {
    let interval = settings.polling_time.interval;
    Moments { now, overdue: overdue_before(interval, settings.polling_overdue, now) }
}
