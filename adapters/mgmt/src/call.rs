//! On whose behalf a request calls the hub, and what its path names.

use crate::error::Fault;
use crate::link::Base;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use otahub_client::proto::action_service_client::ActionServiceClient;
use otahub_client::proto::distribution_set_service_client::DistributionSetServiceClient;
use otahub_client::proto::distribution_set_tag_service_client::DistributionSetTagServiceClient;
use otahub_client::proto::distribution_set_type_service_client::DistributionSetTypeServiceClient;
use otahub_client::proto::rollout_service_client::RolloutServiceClient;
use otahub_client::proto::software_module_type_service_client::SoftwareModuleTypeServiceClient;
use otahub_client::proto::software_service_client::SoftwareServiceClient;
use otahub_client::proto::target_filter_service_client::TargetFilterServiceClient;
use otahub_client::proto::target_service_client::TargetServiceClient;
use otahub_client::proto::target_tag_service_client::TargetTagServiceClient;
use otahub_client::proto::target_type_service_client::TargetTypeServiceClient;
use otahub_client::proto::tenant_service_client::TenantServiceClient;
use otahub_client::{Called, Caller, HubClient};
use otahub_rest::{HttpSettings, Origin, caller};
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::sync::Arc;

/// What every request needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) hub: HubClient,
    pub(crate) settings: Arc<HttpSettings>,
}

/// A request's way to the hub: with its credential, and with what links begin with.
#[derive(Debug)]
pub(crate) struct Call {
    hub: HubClient,
    caller: Caller,
    pub(crate) base: Base,
}

impl FromRequestParts<App> for Call {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self {
            hub: app.hub.clone(),
            caller: caller::operator(parts, &app.settings),
            base: Base::new(Origin::of(parts, &app.settings).base()),
        })
    }
}

impl Call {
    pub(crate) fn targets(&self) -> TargetServiceClient<Called> {
        self.hub.targets(&self.caller)
    }

    pub(crate) fn target_types(&self) -> TargetTypeServiceClient<Called> {
        self.hub.target_types(&self.caller)
    }

    pub(crate) fn target_tags(&self) -> TargetTagServiceClient<Called> {
        self.hub.target_tags(&self.caller)
    }

    pub(crate) fn set_tags(&self) -> DistributionSetTagServiceClient<Called> {
        self.hub.distribution_set_tags(&self.caller)
    }

    pub(crate) fn target_filters(&self) -> TargetFilterServiceClient<Called> {
        self.hub.target_filters(&self.caller)
    }

    pub(crate) fn rollouts(&self) -> RolloutServiceClient<Called> {
        self.hub.rollouts(&self.caller)
    }

    pub(crate) fn actions(&self) -> ActionServiceClient<Called> {
        self.hub.actions(&self.caller)
    }

    pub(crate) fn software(&self) -> SoftwareServiceClient<Called> {
        self.hub.software(&self.caller)
    }

    pub(crate) fn software_types(&self) -> SoftwareModuleTypeServiceClient<Called> {
        self.hub.software_types(&self.caller)
    }

    pub(crate) fn sets(&self) -> DistributionSetServiceClient<Called> {
        self.hub.distribution_sets(&self.caller)
    }

    pub(crate) fn set_types(&self) -> DistributionSetTypeServiceClient<Called> {
        self.hub.distribution_set_types(&self.caller)
    }

    pub(crate) fn tenant(&self) -> TenantServiceClient<Called> {
        self.hub.tenant(&self.caller)
    }
}

/// The variable segments of a path. One that is not of its type cannot be read.
#[derive(Debug)]
pub(crate) struct Segments<T>(pub(crate) T);

impl<T, S> FromRequestParts<S> for Segments<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(rejection) => Err(Fault::unreadable(rejection.body_text())),
        }
    }
}
