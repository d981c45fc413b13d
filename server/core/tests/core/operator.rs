//! What operators do, in few words.

use crate::world::GATEWAY;
use otahub_client::proto::upload_artifact_request::Step;
use otahub_client::{Caller, HubClient, HubError, names, proto};
use std::fmt::Debug;

/// Somebody with a password that is as its name.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) hub: HubClient,
    pub(crate) caller: Caller,
}

/// An answer, or the refusal as an adapter sees it.
pub(crate) type Answer<T> = Result<T, HubError>;

/// Takes the answer out of its envelope.
pub(crate) fn told<T>(result: Result<tonic::Response<T>, tonic::Status>) -> Answer<T> {
    result.map(tonic::Response::into_inner).map_err(HubError::from)
}

/// A refusal in one line: code, reason, text and details in order.
pub(crate) fn refusal<T: Debug>(answer: &Answer<T>) -> String {
    let error = answer.as_ref().expect_err("is refused");
    let mut details: Vec<_> = error.metadata.iter().collect();
    details.sort();
    format!("{:?} {} «{}» {details:?}", error.code, error.reason.as_str_name(), error.message)
}

/// The reason of a refusal.
pub(crate) fn reason<T: Debug>(answer: Answer<T>) -> proto::Reason {
    answer.expect_err("is refused").reason
}

/// A user to be made.
pub(crate) fn user(name: &str, password: &str, authorities: &[&str]) -> proto::User {
    proto::User {
        name: names::user(name),
        password: password.into(),
        authorities: authorities.iter().map(ToString::to_string).collect(),
        ..Default::default()
    }
}

/// A bearer's credential.
pub(crate) fn bearer(secret: &str) -> Caller {
    Caller::anonymous().with_authorization(&format!("Bearer {secret}"))
}

/// The steps of an upload.
pub(crate) fn steps(
    module: i64,
    filename: &str,
    expected: Option<proto::Hashes>,
    pieces: impl IntoIterator<Item = Vec<u8>>,
) -> Vec<proto::UploadArtifactRequest> {
    let start = proto::UploadArtifactStart {
        parent: names::software_module(module),
        filename: filename.into(),
        expected_hashes: expected,
        ..Default::default()
    };
    let data = pieces.into_iter().map(|piece| Step::Data(piece.into()));
    std::iter::once(Step::Start(start))
        .chain(data)
        .map(|step| proto::UploadArtifactRequest { step: Some(step) })
        .collect()
}

impl Operator {
    /// Somebody whose password is the name.
    pub(crate) fn new(hub: HubClient, name: &str) -> Self {
        Self { hub, caller: Caller::basic(name, name) }
    }

    /// The same hub, with another credential.
    pub(crate) fn as_caller(&self, caller: Caller) -> Self {
        Self { hub: self.hub.clone(), caller }
    }

    /// Who the hub takes it for.
    pub(crate) async fn whoami(&self) -> Answer<proto::Caller> {
        told(self.hub.tenant(&self.caller).get_caller(proto::GetCallerRequest {}).await)
    }

    /// Makes a user.
    pub(crate) async fn create_user(
        &self,
        name: &str,
        password: &str,
        authorities: &[&str],
    ) -> Answer<proto::User> {
        let user = user(name, password, authorities);
        let request = proto::CreateUserRequest { user: Some(user), ..Default::default() };
        told(self.hub.users(&self.caller).create_user(request).await)
    }

    /// Changes the fields of a user that the mask names.
    pub(crate) async fn update_user(
        &self,
        user: proto::User,
        mask: &[&str],
    ) -> Answer<proto::User> {
        let paths = mask.iter().map(ToString::to_string).collect();
        let update_mask = Some(prost_types::FieldMask { paths });
        let request = proto::UpdateUserRequest { user: Some(user), update_mask };
        told(self.hub.users(&self.caller).update_user(request).await)
    }

    /// Deletes a user.
    pub(crate) async fn delete_user(&self, name: &str) -> Answer<()> {
        let request = proto::DeleteUserRequest { name: names::user(name) };
        told(self.hub.users(&self.caller).delete_user(request).await)
    }

    /// Makes an API token; gives its name and its secret.
    pub(crate) async fn create_token(
        &self,
        authorities: &[&str],
        expire_time: Option<prost_types::Timestamp>,
    ) -> Answer<(String, String)> {
        let token = proto::ApiToken {
            description: "a test".into(),
            authorities: authorities.iter().map(ToString::to_string).collect(),
            expire_time,
            ..Default::default()
        };
        let request = proto::CreateApiTokenRequest { api_token: Some(token) };
        let made = told(self.hub.users(&self.caller).create_api_token(request).await)?;
        Ok((made.api_token.unwrap().name, made.secret))
    }

    /// Revokes an API token.
    pub(crate) async fn revoke(&self, name: &str) -> Answer<()> {
        let request = proto::RevokeApiTokenRequest { name: name.into() };
        told(self.hub.users(&self.caller).revoke_api_token(request).await)
    }

    /// The audit trail, the newest first.
    pub(crate) async fn trail(&self, filter: &str) -> Answer<Vec<proto::AuditEntry>> {
        let request =
            proto::ListAuditEntriesRequest { filter: filter.into(), ..Default::default() };
        let listed = told(self.hub.users(&self.caller).list_audit_entries(request).await)?;
        Ok(listed.audit_entries)
    }

    /// Lets devices in that have the gateway's key.
    pub(crate) async fn open_gateway(&self) {
        self.setting("authentication.gatewaytoken.key", GATEWAY).await;
        self.switch("authentication.gatewaytoken.enabled", true).await;
    }

    /// Switches a setting.
    pub(crate) async fn switch(&self, key: &str, on: bool) {
        let value = proto::setting_value::Kind::BoolValue(on);
        self.set_value(key, value).await;
    }

    /// Sets a setting.
    pub(crate) async fn setting(&self, key: &str, text: &str) {
        let value = proto::setting_value::Kind::StringValue(text.into());
        self.set_value(key, value).await;
    }

    /// Sets a setting that is a number.
    pub(crate) async fn number(&self, key: &str, number: i64) {
        let value = proto::setting_value::Kind::IntValue(number);
        self.set_value(key, value).await;
    }

    async fn set_value(&self, key: &str, value: proto::setting_value::Kind) {
        let setting = proto::Setting {
            name: names::setting(key),
            value: Some(proto::SettingValue { kind: Some(value) }),
            ..Default::default()
        };
        let settings = vec![setting];
        let request = proto::UpdateSettingsRequest { settings };
        told(self.hub.tenant(&self.caller).update_settings(request).await).unwrap();
    }

    /// Makes a target.
    pub(crate) async fn create_target(&self, target: proto::Target) -> Answer<proto::Target> {
        let request = proto::CreateTargetRequest { target: Some(target), ..Default::default() };
        told(self.hub.targets(&self.caller).create_target(request).await)
    }

    /// Makes a target of this id and gives its token.
    pub(crate) async fn target(&self, id: &str) -> String {
        let target = proto::Target { controller_id: id.into(), ..Default::default() };
        self.create_target(target).await.unwrap().security_token
    }

    /// The target of this id.
    pub(crate) async fn see(&self, id: &str) -> Answer<proto::Target> {
        let name = names::target(id);
        let request = proto::GetTargetRequest { name };
        told(self.hub.targets(&self.caller).get_target(request).await)
    }

    /// Makes a module of a type, without artifacts.
    pub(crate) async fn module(&self, type_key: &str, name: &str) -> i64 {
        self.try_module(type_key, name, false).await.unwrap()
    }

    /// Makes a module of a type, encrypted or not.
    pub(crate) async fn try_module(
        &self,
        type_key: &str,
        name: &str,
        encrypted: bool,
    ) -> Answer<i64> {
        let module = proto::SoftwareModule {
            type_key: type_key.into(),
            display_name: name.into(),
            version: "1".into(),
            encrypted,
            ..Default::default()
        };
        let request = proto::CreateSoftwareModuleRequest {
            software_module: Some(module),
            ..Default::default()
        };
        let made = self.hub.software(&self.caller);
        told(made.clone().create_software_module(request).await).map(|module| module.id)
    }

    /// Uploads bytes in one piece.
    pub(crate) async fn upload(
        &self,
        module: i64,
        filename: &str,
        bytes: &[u8],
    ) -> Answer<proto::Artifact> {
        self.upload_steps(steps(module, filename, None, [bytes.to_vec()])).await
    }

    /// Uploads in these steps.
    pub(crate) async fn upload_steps(
        &self,
        steps: Vec<proto::UploadArtifactRequest>,
    ) -> Answer<proto::Artifact> {
        let stream = futures::stream::iter(steps);
        told(self.hub.software(&self.caller).upload_artifact(stream).await)
    }

    /// Makes a set of these modules.
    pub(crate) async fn set_of(&self, set: proto::DistributionSet) -> Answer<i64> {
        let request = proto::CreateDistributionSetRequest {
            distribution_set: Some(set),
            ..Default::default()
        };
        let made = self.hub.distribution_sets(&self.caller);
        told(made.clone().create_distribution_set(request).await).map(|set| set.id)
    }

    /// Makes a set with one module with one artifact `firmware.bin`.
    pub(crate) async fn set(&self, name: &str) -> i64 {
        self.set_and_module(name).await.0
    }

    /// As [`Operator::set`]; gives the module, too.
    pub(crate) async fn set_and_module(&self, name: &str) -> (i64, i64) {
        let module = self.module("os", name).await;
        let bytes = format!("the bytes of {name}");
        self.upload(module, "firmware.bin", bytes.as_bytes()).await.unwrap();
        let set = draft(name, &[module]);
        (self.set_of(set).await.unwrap(), module)
    }
}

/// A set to be made.
pub(crate) fn draft(name: &str, modules: &[i64]) -> proto::DistributionSet {
    let module = |id: &i64| proto::SoftwareModule {
        name: names::software_module(*id),
        ..Default::default()
    };
    proto::DistributionSet {
        display_name: name.into(),
        version: "1".into(),
        software_modules: modules.iter().map(module).collect(),
        ..Default::default()
    }
}
