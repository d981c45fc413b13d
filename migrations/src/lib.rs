//! The database schema of otahub, one file a change.
//!
//! Every change is a [`Script`] of SQL that both databases understand but for a few words. A
//! script that was released is never edited: a further one follows it.

mod m0001_tenants;
mod m0002_software;
mod m0003_distribution_sets;
mod m0004_targets;
mod m0005_actions;
mod m0006_events;
mod m0007_leases;
mod m0008_search;
mod m0009_types_and_tags;
mod m0010_target_filters;
mod m0011_rollouts;
mod m0012_identity;
mod m0013_artifact_details;
mod m0014_consumers;
mod m0015_push;
mod m0016_requests;
mod m0017_webhooks;
mod run;
mod script;

pub use run::{Error, pending, up};
pub use script::Script;

/// All changes, the oldest first.
#[must_use]
pub fn scripts() -> Vec<Script> {
    vec![
        m0001_tenants::SCRIPT,
        m0002_software::SCRIPT,
        m0003_distribution_sets::SCRIPT,
        m0004_targets::SCRIPT,
        m0005_actions::SCRIPT,
        m0006_events::SCRIPT,
        m0007_leases::SCRIPT,
        m0008_search::SCRIPT,
        m0009_types_and_tags::SCRIPT,
        m0010_target_filters::SCRIPT,
        m0011_rollouts::SCRIPT,
        m0012_identity::SCRIPT,
        m0013_artifact_details::SCRIPT,
        m0014_consumers::SCRIPT,
        m0015_push::SCRIPT,
        m0016_requests::SCRIPT,
        m0017_webhooks::SCRIPT,
    ]
}
