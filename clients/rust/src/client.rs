//! One client for every service of the hub.

use crate::caller::{Caller, CallerInterceptor};
use crate::channel::HubChannel;
use crate::device::device_service_client::DeviceServiceClient;
use crate::device::gateway_service_client::GatewayServiceClient;
use crate::device::pairing_service_client::PairingServiceClient;
use crate::device::push_service_client::PushServiceClient;
use crate::hub::Hub;
use crate::proto::action_service_client::ActionServiceClient;
use crate::proto::distribution_set_service_client::DistributionSetServiceClient;
use crate::proto::distribution_set_tag_service_client::DistributionSetTagServiceClient;
use crate::proto::distribution_set_type_service_client::DistributionSetTypeServiceClient;
use crate::proto::event_service_client::EventServiceClient;
use crate::proto::rollout_service_client::RolloutServiceClient;
use crate::proto::software_module_type_service_client::SoftwareModuleTypeServiceClient;
use crate::proto::software_service_client::SoftwareServiceClient;
use crate::proto::target_filter_service_client::TargetFilterServiceClient;
use crate::proto::target_service_client::TargetServiceClient;
use crate::proto::target_tag_service_client::TargetTagServiceClient;
use crate::proto::target_type_service_client::TargetTypeServiceClient;
use crate::proto::tenant_admin_service_client::TenantAdminServiceClient;
use crate::proto::tenant_service_client::TenantServiceClient;
use crate::proto::user_service_client::UserServiceClient;
use crate::proto::webhook_service_client::WebhookServiceClient;
use tonic::service::interceptor::InterceptedService;

/// A channel on which every call carries its caller.
pub type Called = InterceptedService<HubChannel, CallerInterceptor>;

/// The largest answer that is read, in bytes. Artifacts come in chunks far below it.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;

/// The hub's services. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HubClient {
    channel: HubChannel,
}

macro_rules! services {
    ($($(#[$doc:meta])* $method:ident, $client:ident;)*) => {
        impl HubClient {$(
            $(#[$doc])*
            #[must_use]
            pub fn $method(&self, caller: &Caller) -> $client<Called> {
                let interceptor = CallerInterceptor(caller.clone());
                $client::with_interceptor(self.channel.clone(), interceptor)
                    .max_decoding_message_size(ANSWER_BYTES_MAX)
            }
        )*}

        impl Hub {$(
            $(#[$doc])*
            #[must_use]
            pub fn $method(&self) -> $client<Called> {
                self.client().$method(self.caller())
            }
        )*}
    };
}

impl HubClient {
    /// A client that calls through `channel`.
    #[must_use]
    pub fn new(channel: HubChannel) -> Self {
        Self { channel }
    }

    /// What carries calls of any rpc, for programs that know the contract by its descriptors only.
    #[must_use]
    pub fn service(&self, caller: &Caller) -> Called {
        InterceptedService::new(self.channel.clone(), CallerInterceptor(caller.clone()))
    }
}

services! {
    /// What a device may do.
    device, DeviceServiceClient;
    /// One stream for many devices.
    gateway, GatewayServiceClient;
    /// How devices come by their certificates.
    pairing, PairingServiceClient;
    /// What adapters with a broker behind them need.
    push, PushServiceClient;
    /// Targets.
    targets, TargetServiceClient;
    /// Target types.
    target_types, TargetTypeServiceClient;
    /// Tags of targets.
    target_tags, TargetTagServiceClient;
    /// Software modules and artifacts.
    software, SoftwareServiceClient;
    /// Software module types.
    software_types, SoftwareModuleTypeServiceClient;
    /// Distribution sets.
    distribution_sets, DistributionSetServiceClient;
    /// Rollouts.
    rollouts, RolloutServiceClient;
    /// Distribution set types.
    distribution_set_types, DistributionSetTypeServiceClient;
    /// Tags of distribution sets.
    distribution_set_tags, DistributionSetTagServiceClient;
    /// Stored target filters and what they assign by themselves.
    target_filters, TargetFilterServiceClient;
    /// Actions.
    actions, ActionServiceClient;
    /// Settings of the caller's tenant, and the caller itself.
    tenant, TenantServiceClient;
    /// Users, API tokens and who changed what.
    users, UserServiceClient;
    /// The hub's tenants.
    tenants, TenantAdminServiceClient;
    /// Streams of what happens.
    events, EventServiceClient;
    /// Events that are sent to others by HTTP.
    webhooks, WebhookServiceClient;
}
