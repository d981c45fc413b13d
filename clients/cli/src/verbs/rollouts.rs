//! `otactl rollouts …`.

use super::rollout_draft::Draft;
use super::rollout_watch;
use crate::args::ListOptions;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    ApproveRolloutRequest, DeleteRolloutRequest, DenyRolloutRequest, GetRolloutRequest,
    ListRolloutGroupsRequest, ListRolloutsRequest, PauseRolloutRequest, PlanRolloutRequest,
    ResumeRolloutRequest, RetryRolloutRequest, Rollout, RolloutGroup, StartRolloutRequest,
    StopRolloutRequest, TriggerNextGroupRequest,
};

/// What can be done with rollouts.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists rollouts.
    List(ListOptions),
    /// Shows one rollout.
    Show(One),
    /// Lists the groups of a rollout, in order.
    Groups(One),
    /// Makes a rollout, or tells with `--dry-run` what it would be.
    Create(Box<Draft>),
    /// Starts a rollout that is ready.
    Start(One),
    /// Starts no further group until the rollout is resumed.
    Pause(One),
    /// Goes on with a rollout that was paused.
    Resume(One),
    /// Ends a rollout; what has not started is dropped, what runs is cancelled.
    Stop(One),
    /// Starts the next group, whatever the thresholds say.
    TriggerNext(One),
    /// Makes a new rollout of all targets that failed in a finished one.
    Retry(One),
    /// Lets a rollout begin that waits for approval.
    Approve(Decision),
    /// Does not let a rollout begin that waits for approval.
    Deny(Decision),
    /// Deletes a rollout.
    Delete(One),
    /// Follows a rollout until it is over: the exit code tells how (0, 3 some failed, 4 stopped).
    Watch(One),
}

/// A rollout.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The rollout's number.
    rollout: i64,
}

/// What is decided about a rollout.
#[derive(Debug, Args)]
pub(crate) struct Decision {
    /// The rollout's number.
    rollout: i64,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    remark: String,
}

impl One {
    pub(crate) fn name(&self) -> String {
        names::numbered("rollouts", self.rollout)
    }
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match verb {
        Verb::List(list) => {
            let (rollouts, total) = collect(session, list).await?;
            output.list("rollouts", &rollouts, total)?;
        }
        Verb::Groups(one) => {
            let (groups, total) = groups(session, &one).await?;
            output.list("rolloutGroups", &groups, total)?;
        }
        Verb::Create(draft) if draft.dry_run => plan(*draft, session, output).await?,
        Verb::Delete(one) => {
            let name = one.name();
            session.rollouts().delete_rollout(DeleteRolloutRequest { name: name.clone() }).await?;
            super::deleted(output, &[name])?;
        }
        Verb::Watch(one) => return rollout_watch::carry_out(&one, session, output).await,
        other => output.show(&change(other, session).await?)?,
    }
    Ok(Exit::Done)
}

async fn plan(draft: Draft, session: &Session, output: &mut Output) -> Result<(), CliError> {
    let request = PlanRolloutRequest { rollout: Some(draft.into_request()?) };
    let plan = session.rollouts().plan_rollout(request).await?.into_inner();
    let total = i64::try_from(plan.groups.len()).unwrap_or(i64::MAX);
    output.list("groups", &plan.groups, total)?;
    if plan.ungrouped_target_count > 0 {
        output.remark(&format!("{} targets are in no group", plan.ungrouped_target_count));
    }
    Ok(())
}

/// The verbs that answer with the rollout as it is now.
async fn change(verb: Verb, session: &Session) -> Result<Rollout, CliError> {
    let mut rollouts = session.rollouts();
    let answer = match verb {
        Verb::Create(draft) => rollouts.create_rollout(draft.into_request()?).await,
        Verb::Start(one) => {
            rollouts
                .start_rollout(StartRolloutRequest { name: one.name(), ..Default::default() })
                .await
        }
        Verb::Pause(one) => {
            rollouts
                .pause_rollout(PauseRolloutRequest { name: one.name(), ..Default::default() })
                .await
        }
        Verb::Resume(one) => {
            rollouts
                .resume_rollout(ResumeRolloutRequest { name: one.name(), ..Default::default() })
                .await
        }
        Verb::Stop(one) => {
            rollouts
                .stop_rollout(StopRolloutRequest { name: one.name(), ..Default::default() })
                .await
        }
        Verb::TriggerNext(one) => {
            rollouts
                .trigger_next_group(TriggerNextGroupRequest {
                    name: one.name(),
                    ..Default::default()
                })
                .await
        }
        Verb::Retry(one) => {
            rollouts
                .retry_rollout(RetryRolloutRequest { name: one.name(), ..Default::default() })
                .await
        }
        Verb::Approve(Decision { rollout, remark }) => {
            let name = names::numbered("rollouts", rollout);
            rollouts
                .approve_rollout(ApproveRolloutRequest { name, remark, ..Default::default() })
                .await
        }
        Verb::Deny(Decision { rollout, remark }) => {
            let name = names::numbered("rollouts", rollout);
            rollouts.deny_rollout(DenyRolloutRequest { name, remark, ..Default::default() }).await
        }
        Verb::Show(one) | Verb::Groups(one) | Verb::Delete(one) | Verb::Watch(one) => {
            rollouts.get_rollout(GetRolloutRequest { name: one.name() }).await
        }
        Verb::List(_) => return Err(CliError::Usage("which rollout?".to_owned())),
    };
    Ok(answer?.into_inner())
}

async fn collect(session: &Session, list: ListOptions) -> Result<(Vec<Rollout>, i64), CliError> {
    gather(list.limit, |page_size, page_token| {
        let request = ListRolloutsRequest {
            page_size,
            page_token,
            filter: list.filter.clone(),
            order_by: list.order_by.clone(),
            ..Default::default()
        };
        async move {
            let answer = session.rollouts().list_rollouts(request).await?.into_inner();
            let (items, next) = (answer.rollouts, answer.next_page_token);
            Ok(Page { items, next, total: answer.total_size })
        }
    })
    .await
}

async fn groups(session: &Session, one: &One) -> Result<(Vec<RolloutGroup>, i64), CliError> {
    gather(0, |page_size, page_token| {
        let parent = one.name();
        let request =
            ListRolloutGroupsRequest { parent, page_size, page_token, ..Default::default() };
        async move {
            let answer = session.rollouts().list_rollout_groups(request).await?.into_inner();
            let (items, next) = (answer.rollout_groups, answer.next_page_token);
            Ok(Page { items, next, total: answer.total_size })
        }
    })
    .await
}
