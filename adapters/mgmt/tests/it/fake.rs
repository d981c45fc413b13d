//! The hub's services with canned answers: each method records its request and answers from a
//! table, or with an empty message.

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use otahub_client::proto::{Reason, upload_artifact_request::Step};
use otahub_client::{HubChannel, proto as p};
use prost::Message;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt};

/// A hub that does what it was told.
#[derive(Default)]
pub(crate) struct FakeHub {
    canned: Mutex<HashMap<&'static str, Result<Vec<u8>, Status>>>,
    asked: Mutex<Vec<(String, Vec<u8>)>>,
    credentials: Mutex<Vec<String>>,
    uploaded: Mutex<Vec<Step>>,
    content: Mutex<Bytes>,
}

impl FakeHub {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Answers `method` with `message`.
    pub(crate) fn answers(
        self: Arc<Self>,
        method: &'static str,
        message: impl Message,
    ) -> Arc<Self> {
        self.canned.lock().unwrap().insert(method, Ok(message.encode_to_vec()));
        self
    }

    /// Refuses `method` for a reason, with metadata.
    pub(crate) fn refuses(
        self: Arc<Self>,
        method: &'static str,
        reason: Reason,
        metadata: &[(&str, &str)],
    ) -> Arc<Self> {
        let metadata: HashMap<_, _> =
            metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let name = reason.as_str_name().trim_start_matches("REASON_");
        let details = ErrorDetails::with_error_info(name, "otahub.dev", metadata);
        let status = Status::with_error_details(Code::FailedPrecondition, "no", details);
        self.fails(method, status)
    }

    /// Fails `method` with a bare status.
    pub(crate) fn fails(self: Arc<Self>, method: &'static str, status: Status) -> Arc<Self> {
        self.canned.lock().unwrap().insert(method, Err(status));
        self
    }

    /// What is downloaded.
    pub(crate) fn holds(self: Arc<Self>, content: &'static [u8]) -> Arc<Self> {
        *self.content.lock().unwrap() = Bytes::from_static(content);
        self
    }

    /// The last request of `method`.
    pub(crate) fn asked<T: Message + Default>(&self, method: &str) -> T {
        let asked = self.asked.lock().unwrap();
        let found = asked.iter().rev().find(|(name, _)| name == method);
        T::decode(&found.unwrap_or_else(|| panic!("{method} was not called")).1[..]).unwrap()
    }

    /// The methods that were called, in order.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(name, _)| name.clone()).collect()
    }

    /// The credentials that came, in order.
    pub(crate) fn credentials(&self) -> Vec<String> {
        self.credentials.lock().unwrap().clone()
    }

    /// The messages of the last upload that came to its end.
    pub(crate) fn uploaded(&self) -> Vec<Step> {
        self.uploaded.lock().unwrap().clone()
    }

    /// The way to it.
    pub(crate) fn channel(hub: &Arc<Self>) -> HubChannel {
        let mut routes = Routes::default();
        routes = routes
            .add_service(p::target_service_server::TargetServiceServer::from_arc(hub.clone()));
        routes = routes
            .add_service(p::software_service_server::SoftwareServiceServer::from_arc(hub.clone()));
        routes = routes.add_service(
            p::software_module_type_service_server::SoftwareModuleTypeServiceServer::from_arc(
                hub.clone(),
            ),
        );
        routes = routes.add_service(
            p::distribution_set_service_server::DistributionSetServiceServer::from_arc(hub.clone()),
        );
        routes = routes.add_service(
            p::distribution_set_type_service_server::DistributionSetTypeServiceServer::from_arc(
                hub.clone(),
            ),
        );
        routes = routes
            .add_service(p::action_service_server::ActionServiceServer::from_arc(hub.clone()));
        routes = routes
            .add_service(p::tenant_service_server::TenantServiceServer::from_arc(hub.clone()));
        routes = routes.add_service(
            p::target_type_service_server::TargetTypeServiceServer::from_arc(hub.clone()),
        );
        routes = routes.add_service(
            p::target_tag_service_server::TargetTagServiceServer::from_arc(hub.clone()),
        );
        routes = routes.add_service(
            p::distribution_set_tag_service_server::DistributionSetTagServiceServer::from_arc(
                hub.clone(),
            ),
        );
        routes = routes.add_service(
            p::target_filter_service_server::TargetFilterServiceServer::from_arc(hub.clone()),
        );
        routes = routes
            .add_service(p::rollout_service_server::RolloutServiceServer::from_arc(hub.clone()));
        HubChannel::in_process(routes)
    }

    fn note<T>(&self, method: &str, request: &Request<T>, bytes: Vec<u8>) {
        let credential = request.metadata().get("authorization").map(|v| v.to_str().unwrap());
        self.credentials.lock().unwrap().push(credential.unwrap_or_default().to_owned());
        self.asked.lock().unwrap().push((method.to_owned(), bytes));
    }

    fn canned<T: Message + Default>(&self, method: &str) -> Result<Response<T>, Status> {
        match self.canned.lock().unwrap().get(method).cloned().transpose()? {
            Some(bytes) => Ok(Response::new(T::decode(&bytes[..]).unwrap())),
            None => Ok(Response::new(T::default())),
        }
    }
}

macro_rules! fake {
    ($trait:path { $($method:ident($request:ty) -> $response:ty;)* } $($rest:tt)*) => {
        #[tonic::async_trait]
        impl $trait for FakeHub {
            $(async fn $method(
                &self,
                request: Request<$request>,
            ) -> Result<Response<$response>, Status> {
                self.note(stringify!($method), &request, request.get_ref().encode_to_vec());
                self.canned(stringify!($method))
            })*
            $($rest)*
        }
    };
}

fake!(p::target_service_server::TargetService {
    get_target(p::GetTargetRequest) -> p::Target;
    list_targets(p::ListTargetsRequest) -> p::ListTargetsResponse;
    create_target(p::CreateTargetRequest) -> p::Target;
    batch_create_targets(p::BatchCreateTargetsRequest) -> p::BatchCreateTargetsResponse;
    update_target(p::UpdateTargetRequest) -> p::Target;
    delete_target(p::DeleteTargetRequest) -> ();
    get_target_attributes(p::GetTargetAttributesRequest) -> p::TargetAttributes;
    list_target_metadata(p::ListTargetMetadataRequest) -> p::ListTargetMetadataResponse;
    get_target_metadata(p::GetTargetMetadataRequest) -> p::Metadata;
    create_target_metadata(p::CreateTargetMetadataRequest) -> p::CreateTargetMetadataResponse;
    update_target_metadata(p::UpdateTargetMetadataRequest) -> p::Metadata;
    delete_target_metadata(p::DeleteTargetMetadataRequest) -> ();
    get_target_auto_confirmation(p::GetTargetAutoConfirmationRequest) -> p::TargetAutoConfirmation;
    activate_target_auto_confirmation(p::ActivateTargetAutoConfirmationRequest)
        -> p::TargetAutoConfirmation;
    deactivate_target_auto_confirmation(p::DeactivateTargetAutoConfirmationRequest)
        -> p::TargetAutoConfirmation;
    list_target_groups(p::ListTargetGroupsRequest) -> p::ListTargetGroupsResponse;
    assign_target_group(p::AssignTargetGroupRequest) -> p::AssignTargetGroupResponse;
    batch_get_targets(p::BatchGetTargetsRequest) -> p::BatchGetTargetsResponse;
    batch_update_targets(p::BatchUpdateTargetsRequest) -> p::BatchUpdateTargetsResponse;
    batch_delete_targets(p::BatchDeleteTargetsRequest) -> ();
}
    type ImportTargetsStream = BoxStream<'static, Result<p::ImportTargetsResponse, Status>>;
    type ExportTargetsStream = BoxStream<'static, Result<p::ExportTargetsResponse, Status>>;

    async fn import_targets(
        &self,
        _: Request<Streaming<p::ImportTargetsRequest>>,
    ) -> Result<Response<Self::ImportTargetsStream>, Status> {
        Ok(Response::new(stream::empty().boxed()))
    }

    async fn export_targets(
        &self,
        _: Request<p::ExportTargetsRequest>,
    ) -> Result<Response<Self::ExportTargetsStream>, Status> {
        Ok(Response::new(stream::empty().boxed()))
    }
);

fake!(p::software_service_server::SoftwareService {
    get_software_module(p::GetSoftwareModuleRequest) -> p::SoftwareModule;
    list_software_modules(p::ListSoftwareModulesRequest) -> p::ListSoftwareModulesResponse;
    create_software_module(p::CreateSoftwareModuleRequest) -> p::SoftwareModule;
    batch_create_software_modules(p::BatchCreateSoftwareModulesRequest)
        -> p::BatchCreateSoftwareModulesResponse;
    update_software_module(p::UpdateSoftwareModuleRequest) -> p::SoftwareModule;
    delete_software_module(p::DeleteSoftwareModuleRequest) -> ();
    list_software_module_metadata(p::ListSoftwareModuleMetadataRequest)
        -> p::ListSoftwareModuleMetadataResponse;
    update_software_module_metadata(p::UpdateSoftwareModuleMetadataRequest)
        -> p::UpdateSoftwareModuleMetadataResponse;
    delete_software_module_metadata(p::DeleteSoftwareModuleMetadataRequest) -> ();
    get_artifact(p::GetArtifactRequest) -> p::Artifact;
    list_artifacts(p::ListArtifactsRequest) -> p::ListArtifactsResponse;
    delete_artifact(p::DeleteArtifactRequest) -> ();
    update_artifact(p::UpdateArtifactRequest) -> p::Artifact;
}
    type DownloadArtifactStream =
        BoxStream<'static, Result<p::DownloadArtifactResponse, Status>>;

    async fn download_artifact(
        &self,
        request: Request<p::DownloadArtifactRequest>,
    ) -> Result<Response<Self::DownloadArtifactStream>, Status> {
        self.note("download_artifact", &request, request.get_ref().encode_to_vec());
        self.canned::<p::DownloadArtifactResponse>("download_artifact")?;
        let request = request.into_inner();
        let (offset, length) = (request.offset_bytes as usize, request.length_bytes as usize);
        let wanted = self.content.lock().unwrap().slice(offset..offset + length);
        let chunks: Vec<_> = wanted.chunks(3).map(Bytes::copy_from_slice).collect();
        let chunks = chunks.into_iter().map(|data| Ok(p::DownloadArtifactResponse { data }));
        Ok(Response::new(stream::iter(chunks).boxed()))
    }

    async fn upload_artifact(
        &self,
        request: Request<Streaming<p::UploadArtifactRequest>>,
    ) -> Result<Response<p::Artifact>, Status> {
        self.note("upload_artifact", &request, Vec::new());
        let answer = self.canned::<p::Artifact>("upload_artifact")?;
        let mut messages = request.into_inner();
        let mut steps = Vec::new();
        while let Some(message) = messages.message().await? {
            steps.extend(message.step);
        }
        *self.uploaded.lock().unwrap() = steps;
        Ok(answer)
    }
);

fake!(p::software_module_type_service_server::SoftwareModuleTypeService {
    get_software_module_type(p::GetSoftwareModuleTypeRequest) -> p::SoftwareModuleType;
    list_software_module_types(p::ListSoftwareModuleTypesRequest)
        -> p::ListSoftwareModuleTypesResponse;
    create_software_module_type(p::CreateSoftwareModuleTypeRequest) -> p::SoftwareModuleType;
    batch_create_software_module_types(p::BatchCreateSoftwareModuleTypesRequest)
        -> p::BatchCreateSoftwareModuleTypesResponse;
    update_software_module_type(p::UpdateSoftwareModuleTypeRequest) -> p::SoftwareModuleType;
    delete_software_module_type(p::DeleteSoftwareModuleTypeRequest) -> ();
});

fake!(p::distribution_set_service_server::DistributionSetService {
    get_distribution_set(p::GetDistributionSetRequest) -> p::DistributionSet;
    list_distribution_sets(p::ListDistributionSetsRequest) -> p::ListDistributionSetsResponse;
    create_distribution_set(p::CreateDistributionSetRequest) -> p::DistributionSet;
    batch_create_distribution_sets(p::BatchCreateDistributionSetsRequest)
        -> p::BatchCreateDistributionSetsResponse;
    update_distribution_set(p::UpdateDistributionSetRequest) -> p::DistributionSet;
    delete_distribution_set(p::DeleteDistributionSetRequest) -> ();
    change_distribution_set_modules(p::ChangeDistributionSetModulesRequest) -> p::DistributionSet;
    list_distribution_set_metadata(p::ListDistributionSetMetadataRequest)
        -> p::ListDistributionSetMetadataResponse;
    update_distribution_set_metadata(p::UpdateDistributionSetMetadataRequest)
        -> p::UpdateDistributionSetMetadataResponse;
    delete_distribution_set_metadata(p::DeleteDistributionSetMetadataRequest) -> ();
    invalidate_distribution_set(p::InvalidateDistributionSetRequest) -> p::DistributionSet;
    get_distribution_set_statistics(p::GetDistributionSetStatisticsRequest)
        -> p::DistributionSetStatistics;
});

fake!(p::distribution_set_type_service_server::DistributionSetTypeService {
    get_distribution_set_type(p::GetDistributionSetTypeRequest) -> p::DistributionSetType;
    list_distribution_set_types(p::ListDistributionSetTypesRequest)
        -> p::ListDistributionSetTypesResponse;
    create_distribution_set_type(p::CreateDistributionSetTypeRequest) -> p::DistributionSetType;
    batch_create_distribution_set_types(p::BatchCreateDistributionSetTypesRequest)
        -> p::BatchCreateDistributionSetTypesResponse;
    change_distribution_set_type_module_types(p::ChangeDistributionSetTypeModuleTypesRequest)
        -> p::DistributionSetType;
    update_distribution_set_type(p::UpdateDistributionSetTypeRequest) -> p::DistributionSetType;
    delete_distribution_set_type(p::DeleteDistributionSetTypeRequest) -> ();
});

fake!(p::target_type_service_server::TargetTypeService {
    get_target_type(p::GetTargetTypeRequest) -> p::TargetType;
    list_target_types(p::ListTargetTypesRequest) -> p::ListTargetTypesResponse;
    create_target_type(p::CreateTargetTypeRequest) -> p::TargetType;
    batch_create_target_types(p::BatchCreateTargetTypesRequest)
        -> p::BatchCreateTargetTypesResponse;
    update_target_type(p::UpdateTargetTypeRequest) -> p::TargetType;
    change_target_type_set_types(p::ChangeTargetTypeSetTypesRequest) -> p::TargetType;
    delete_target_type(p::DeleteTargetTypeRequest) -> ();
});

fake!(p::target_tag_service_server::TargetTagService {
    get_target_tag(p::GetTargetTagRequest) -> p::TargetTag;
    list_target_tags(p::ListTargetTagsRequest) -> p::ListTargetTagsResponse;
    create_target_tag(p::CreateTargetTagRequest) -> p::TargetTag;
    batch_create_target_tags(p::BatchCreateTargetTagsRequest) -> p::BatchCreateTargetTagsResponse;
    update_target_tag(p::UpdateTargetTagRequest) -> p::TargetTag;
    delete_target_tag(p::DeleteTargetTagRequest) -> ();
    assign_target_tag(p::AssignTargetTagRequest) -> p::AssignTargetTagResponse;
});

fake!(p::distribution_set_tag_service_server::DistributionSetTagService {
    get_distribution_set_tag(p::GetDistributionSetTagRequest) -> p::DistributionSetTag;
    list_distribution_set_tags(p::ListDistributionSetTagsRequest)
        -> p::ListDistributionSetTagsResponse;
    create_distribution_set_tag(p::CreateDistributionSetTagRequest) -> p::DistributionSetTag;
    batch_create_distribution_set_tags(p::BatchCreateDistributionSetTagsRequest)
        -> p::BatchCreateDistributionSetTagsResponse;
    update_distribution_set_tag(p::UpdateDistributionSetTagRequest) -> p::DistributionSetTag;
    delete_distribution_set_tag(p::DeleteDistributionSetTagRequest) -> ();
    assign_distribution_set_tag(p::AssignDistributionSetTagRequest)
        -> p::AssignDistributionSetTagResponse;
});

fake!(p::target_filter_service_server::TargetFilterService {
    get_target_filter(p::GetTargetFilterRequest) -> p::TargetFilter;
    list_target_filters(p::ListTargetFiltersRequest) -> p::ListTargetFiltersResponse;
    create_target_filter(p::CreateTargetFilterRequest) -> p::TargetFilter;
    update_target_filter(p::UpdateTargetFilterRequest) -> p::TargetFilter;
    delete_target_filter(p::DeleteTargetFilterRequest) -> ();
});

fake!(p::rollout_service_server::RolloutService {
    get_rollout(p::GetRolloutRequest) -> p::Rollout;
    list_rollouts(p::ListRolloutsRequest) -> p::ListRolloutsResponse;
    create_rollout(p::CreateRolloutRequest) -> p::Rollout;
    plan_rollout(p::PlanRolloutRequest) -> p::PlanRolloutResponse;
    update_rollout(p::UpdateRolloutRequest) -> p::Rollout;
    delete_rollout(p::DeleteRolloutRequest) -> ();
    approve_rollout(p::ApproveRolloutRequest) -> p::Rollout;
    deny_rollout(p::DenyRolloutRequest) -> p::Rollout;
    start_rollout(p::StartRolloutRequest) -> p::Rollout;
    pause_rollout(p::PauseRolloutRequest) -> p::Rollout;
    resume_rollout(p::ResumeRolloutRequest) -> p::Rollout;
    stop_rollout(p::StopRolloutRequest) -> p::Rollout;
    trigger_next_group(p::TriggerNextGroupRequest) -> p::Rollout;
    retry_rollout(p::RetryRolloutRequest) -> p::Rollout;
    get_rollout_group(p::GetRolloutGroupRequest) -> p::RolloutGroup;
    list_rollout_groups(p::ListRolloutGroupsRequest) -> p::ListRolloutGroupsResponse;
    list_rollout_group_targets(p::ListRolloutGroupTargetsRequest)
        -> p::ListRolloutGroupTargetsResponse;
}
type WatchRolloutStream = BoxStream<'static, Result<p::WatchRolloutResponse, Status>>;

async fn watch_rollout(
    &self,
    _: Request<p::WatchRolloutRequest>,
) -> Result<Response<Self::WatchRolloutStream>, Status> {
    Err(Status::unimplemented("nobody watches here"))
}
);

fake!(p::action_service_server::ActionService {
    assign_distribution_sets(p::AssignDistributionSetsRequest) -> p::AssignDistributionSetsResponse;
    get_action(p::GetActionRequest) -> p::Action;
    list_actions(p::ListActionsRequest) -> p::ListActionsResponse;
    list_action_entries(p::ListActionEntriesRequest) -> p::ListActionEntriesResponse;
    force_action(p::ForceActionRequest) -> p::Action;
    cancel_action(p::CancelActionRequest) -> p::Action;
    force_quit_action(p::ForceQuitActionRequest) -> p::Action;
    confirm_action(p::ConfirmActionRequest) -> p::Action;
    deny_action(p::DenyActionRequest) -> p::Action;
    delete_actions(p::DeleteActionsRequest) -> p::DeleteActionsResponse;
});

fake!(p::tenant_service_server::TenantService {
    get_caller(p::GetCallerRequest) -> p::Caller;
    get_setting(p::GetSettingRequest) -> p::Setting;
    list_settings(p::ListSettingsRequest) -> p::ListSettingsResponse;
    update_settings(p::UpdateSettingsRequest) -> p::UpdateSettingsResponse;
    reset_setting(p::ResetSettingRequest) -> ();
});
