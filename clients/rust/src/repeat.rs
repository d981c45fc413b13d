//! Calls that are made again, and streams that are taken up again, after the connection broke.

use crate::{Hub, HubError, proto};
use rand::Rng;
use std::future::Future;
use std::time::Duration;
use tonic::{Response, Status};

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// How often a call is made again.
const REPEATS_MAX: u32 = 4;
/// How often in a row a stream is taken up again, which takes about a minute.
const RESUMES_MAX: u32 = 12;

/// Waits longer each time, until something has come again.
#[derive(Debug)]
pub(crate) struct Backoff {
    failures: u32,
    failures_max: u32,
}

impl Backoff {
    fn of_calls() -> Self {
        Self { failures: 0, failures_max: REPEATS_MAX }
    }

    pub(crate) fn of_streams() -> Self {
        Self { failures: 0, failures_max: RESUMES_MAX }
    }

    /// Notes that something has come.
    pub(crate) fn progress(&mut self) {
        self.failures = 0;
    }

    /// Waits after `error`; gives it back if waiting is of no use.
    pub(crate) async fn wait(&mut self, error: HubError) -> Result<(), HubError> {
        if !error.is_broken() || self.failures == self.failures_max {
            return Err(error);
        }
        let longest = (FIRST_WAIT * 2_u32.pow(self.failures)).min(LONGEST_WAIT);
        self.failures += 1;
        let wait = rand::rng().random_range(longest / 2..longest);
        tokio::time::sleep(wait.max(error.details.retry_after.unwrap_or_default())).await;
        Ok(())
    }
}

impl Hub {
    /// Makes a call, and makes it again with back-off while the hub is out of reach. The call has
    /// to be one that may be made twice: one that only reads, or one with a request id
    /// ([`Identified`]).
    ///
    /// # Errors
    /// What the hub refused with, or how the connection broke last.
    pub async fn repeat<Q, A, F>(
        &self,
        request: Q,
        call: impl Fn(Self, Q) -> F,
    ) -> Result<A, HubError>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut backoff = Backoff::of_calls();
        loop {
            match call(self.clone(), request.clone()).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => backoff.wait(status.into()).await?,
            }
        }
    }
}

/// A new id for a request that may be made twice.
#[must_use]
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A request that tells by an id that it is a repetition.
pub trait Identified: Sized {
    /// The request with an id: its own, or a new one.
    #[must_use]
    fn identified(self) -> Self;
}

macro_rules! identified {
    ($($request:ident)*) => {$(
        impl Identified for proto::$request {
            fn identified(mut self) -> Self {
                if self.request_id.is_empty() {
                    self.request_id = request_id();
                }
                self
            }
        }
    )*};
}

identified! {
    ActivateTargetAutoConfirmationRequest
    ApproveRolloutRequest
    AssignDistributionSetsRequest
    BatchCreateDistributionSetTagsRequest
    BatchCreateDistributionSetTypesRequest
    BatchCreateDistributionSetsRequest
    BatchCreateSoftwareModuleTypesRequest
    BatchCreateSoftwareModulesRequest
    BatchCreateTargetTagsRequest
    BatchCreateTargetTypesRequest
    BatchCreateTargetsRequest
    BatchDeleteTargetsRequest
    BatchUpdateTargetsRequest
    CancelActionRequest
    ConfirmActionRequest
    CreateDistributionSetRequest
    CreateDistributionSetTagRequest
    CreateDistributionSetTypeRequest
    CreateRolloutRequest
    CreateSoftwareModuleRequest
    CreateSoftwareModuleTypeRequest
    CreateTargetFilterRequest
    CreateTargetMetadataRequest
    CreateTargetRequest
    CreateTargetTagRequest
    CreateTargetTypeRequest
    CreateTenantRequest
    CreateUserRequest
    DeleteTargetRequest
    DenyActionRequest
    DenyRolloutRequest
    ForceActionRequest
    ForceQuitActionRequest
    PauseRolloutRequest
    ResumeRolloutRequest
    RetryRolloutRequest
    StartRolloutRequest
    StopRolloutRequest
    TriggerNextGroupRequest
    UpdateTargetRequest
}
