//! Every service with every layer, as one router.

use crate::hub::Hub;
use crate::layers;
use crate::service::{
    Actions, DeviceApi, DistributionSets, Events, Gateways, ModuleTypes, PairingApi, PushApi,
    Rollouts, SetTags, SetTypes, Software, TargetFilters, TargetTags, TargetTypes, Targets,
    TenantAdminApi, TenantApi, Users, Webhooks,
};
use axum::middleware::{from_fn, from_fn_with_state};
use otahub_proto::otahub::device::v1::device_service_server::DeviceServiceServer;
use otahub_proto::otahub::device::v1::gateway_service_server::GatewayServiceServer;
use otahub_proto::otahub::device::v1::pairing_service_server::PairingServiceServer;
use otahub_proto::otahub::device::v1::push_service_server::PushServiceServer;
use otahub_proto::otahub::v1::action_service_server::ActionServiceServer;
use otahub_proto::otahub::v1::distribution_set_service_server::DistributionSetServiceServer;
use otahub_proto::otahub::v1::distribution_set_tag_service_server::DistributionSetTagServiceServer;
use otahub_proto::otahub::v1::distribution_set_type_service_server::DistributionSetTypeServiceServer;
use otahub_proto::otahub::v1::event_service_server::EventServiceServer;
use otahub_proto::otahub::v1::rollout_service_server::RolloutServiceServer;
use otahub_proto::otahub::v1::software_module_type_service_server::SoftwareModuleTypeServiceServer;
use otahub_proto::otahub::v1::software_service_server::SoftwareServiceServer;
use otahub_proto::otahub::v1::target_filter_service_server::TargetFilterServiceServer;
use otahub_proto::otahub::v1::target_service_server::TargetServiceServer;
use otahub_proto::otahub::v1::target_tag_service_server::TargetTagServiceServer;
use otahub_proto::otahub::v1::target_type_service_server::TargetTypeServiceServer;
use otahub_proto::otahub::v1::tenant_admin_service_server::TenantAdminServiceServer;
use otahub_proto::otahub::v1::tenant_service_server::TenantServiceServer;
use otahub_proto::otahub::v1::user_service_server::UserServiceServer;
use otahub_proto::otahub::v1::webhook_service_server::WebhookServiceServer;
use tonic::service::Routes;

/// The hub's services with deadlines and metrics. What this version does not serve answers
/// UNIMPLEMENTED with the reason NOT_IMPLEMENTED.
pub fn routes(hub: &Hub) -> axum::Router {
    Routes::new(DeviceServiceServer::new(DeviceApi(hub.clone())))
        .add_service(GatewayServiceServer::new(Gateways(hub.clone())))
        .add_service(PairingServiceServer::new(PairingApi(hub.clone())))
        .add_service(PushServiceServer::new(PushApi(hub.clone())))
        .add_service(TargetServiceServer::new(Targets(hub.clone())))
        .add_service(SoftwareServiceServer::new(Software(hub.clone())))
        .add_service(SoftwareModuleTypeServiceServer::new(ModuleTypes(hub.clone())))
        .add_service(DistributionSetServiceServer::new(DistributionSets(hub.clone())))
        .add_service(DistributionSetTypeServiceServer::new(SetTypes(hub.clone())))
        .add_service(DistributionSetTagServiceServer::new(SetTags(hub.clone())))
        .add_service(TargetTypeServiceServer::new(TargetTypes(hub.clone())))
        .add_service(TargetTagServiceServer::new(TargetTags(hub.clone())))
        .add_service(TargetFilterServiceServer::new(TargetFilters(hub.clone())))
        .add_service(ActionServiceServer::new(Actions(hub.clone())))
        .add_service(RolloutServiceServer::new(Rollouts(hub.clone())))
        .add_service(TenantServiceServer::new(TenantApi(hub.clone())))
        .add_service(EventServiceServer::new(Events(hub.clone())))
        .add_service(UserServiceServer::new(Users(hub.clone())))
        .add_service(TenantAdminServiceServer::new(TenantAdminApi(hub.clone())))
        .add_service(WebhookServiceServer::new(Webhooks(hub.clone())))
        .prepare()
        .into_axum_router()
        .fallback(layers::not_served)
        .layer(from_fn_with_state(hub.clone(), layers::audited))
        .layer(from_fn(layers::deadline))
        .layer(from_fn(layers::measure))
}

/// The same services for adapters in processes of their own: what they say of their callers is
/// believed. Nobody else may reach this.
pub fn trusted(hub: &Hub) -> axum::Router {
    routes(hub).layer(from_fn(layers::only_whole))
}

/// The same services for strangers: without the metadata that only adapters may send, with uploads
/// that have to be whole, and with health and reflection.
///
/// # Errors
/// If the compiled descriptors cannot be read, which would be a fault of the build.
pub async fn public(hub: &Hub) -> Result<axum::Router, tonic_reflection::server::Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<DeviceServiceServer<DeviceApi>>().await;
    reporter.set_serving::<GatewayServiceServer<Gateways>>().await;
    reporter.set_serving::<PairingServiceServer<PairingApi>>().await;
    reporter.set_serving::<PushServiceServer<PushApi>>().await;
    reporter.set_serving::<TargetServiceServer<Targets>>().await;
    reporter.set_serving::<SoftwareServiceServer<Software>>().await;
    reporter.set_serving::<SoftwareModuleTypeServiceServer<ModuleTypes>>().await;
    reporter.set_serving::<DistributionSetServiceServer<DistributionSets>>().await;
    reporter.set_serving::<DistributionSetTypeServiceServer<SetTypes>>().await;
    reporter.set_serving::<DistributionSetTagServiceServer<SetTags>>().await;
    reporter.set_serving::<TargetTypeServiceServer<TargetTypes>>().await;
    reporter.set_serving::<TargetTagServiceServer<TargetTags>>().await;
    reporter.set_serving::<TargetFilterServiceServer<TargetFilters>>().await;
    reporter.set_serving::<ActionServiceServer<Actions>>().await;
    reporter.set_serving::<RolloutServiceServer<Rollouts>>().await;
    reporter.set_serving::<TenantServiceServer<TenantApi>>().await;
    reporter.set_serving::<EventServiceServer<Events>>().await;
    reporter.set_serving::<UserServiceServer<Users>>().await;
    reporter.set_serving::<TenantAdminServiceServer<TenantAdminApi>>().await;
    reporter.set_serving::<WebhookServiceServer<Webhooks>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(otahub_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let about = Routes::new(health).add_service(reflection).prepare().into_axum_router();
    // the fallback of both is the same UNIMPLEMENTED; only one may stay when they are merged
    let about = about.reset_fallback();
    Ok(routes(hub)
        .merge(about)
        .layer(from_fn(layers::only_whole))
        .layer(from_fn(layers::strip_internal)))
}
