//! The tonic services: read the request, recognise the caller, run a use case, answer.

mod action;
mod artifact;
mod device;
mod distribution_set;
mod event;
mod gateway;
mod gateway_devices;
mod once;
mod pairing;
mod push;
mod rollout;
mod rollout_watch;
mod set_tag;
mod software;
mod target;
mod target_bulk;
mod target_filter;
mod target_tag;
mod target_type;
mod tenant;
mod tenant_admin;
mod types;
mod user;
mod webhook;

pub(crate) use action::Actions;
pub(crate) use device::DeviceApi;
pub(crate) use distribution_set::DistributionSets;
pub(crate) use event::Events;
pub(crate) use gateway::Gateways;
pub(crate) use pairing::PairingApi;
pub(crate) use push::PushApi;
pub(crate) use rollout::Rollouts;
pub(crate) use set_tag::SetTags;
pub(crate) use software::Software;
pub(crate) use target::Targets;
pub(crate) use target_filter::TargetFilters;
pub(crate) use target_tag::TargetTags;
pub(crate) use target_type::TargetTypes;
pub(crate) use tenant::TenantApi;
pub(crate) use tenant_admin::TenantAdminApi;
pub(crate) use types::{ModuleTypes, SetTypes};
pub(crate) use user::Users;
pub(crate) use webhook::Webhooks;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use otahub_domain::{Error, Result as Decided};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

/// What an rpc answers.
type Answer<T> = Result<Response<T>, Status>;

/// What an rpc with a stream answers.
type Watched<T> = BoxStream<'static, Result<T, Status>>;

/// The stream of an rpc for one of a use case.
fn watched<T, U>(
    news: ReceiverStream<Decided<T>>,
    translate: impl FnMut(T) -> U + Send + 'static,
) -> Watched<U>
where
    T: Send + 'static,
    U: Send + 'static,
{
    news.map_ok(translate).map_err(|error| crate::status::from_error(&error)).boxed()
}

/// The answer for what was decided.
fn answer<T>(decided: Decided<T>) -> Answer<T> {
    decided.map(Response::new).map_err(|error| crate::status::from_error(&error))
}

/// A field that has to be there.
fn required<T>(field: &'static str, value: Option<T>) -> Decided<T> {
    value.ok_or_else(|| Error::invalid(field, "is required"))
}

/// The paths of a field mask, which has to be there.
fn mask(mask: Option<prost_types::FieldMask>) -> Decided<Vec<String>> {
    required("update_mask", mask).map(|mask| mask.paths)
}

/// How many requests a batch may have.
const BATCH_MAX: usize = 1000;

/// Refuses a batch that is too large.
fn check_batch(count: usize) -> Decided<()> {
    if count > BATCH_MAX {
        return Err(Error::invalid("requests", format!("at most {BATCH_MAX}")));
    }
    Ok(())
}
