//! `otactl rollouts create` and `watch`.

use super::rollout_draft::Draft;
use super::rollout_watch;
use crate::error::{CliError, Exit};
use crate::nouns::{PLANNED, ROLLOUT, SET};
use crate::output::Output;
use crate::resolve;
use crate::schema;
use crate::session::Session;
use clap::Subcommand;
use otahub_client::proto::{CreateRolloutRequest, PlanRolloutRequest};
use otahub_client::{Hub, Identified};

/// What can be done with rollouts besides.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Makes a rollout, or tells with `--dry-run` what it would be.
    Create(Box<Draft>),
    /// Follows a rollout until it is over: the exit code tells how (0, 3 some failed, 4 stopped).
    Watch {
        /// The rollout: its number or name.
        rollout: String,
    },
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match verb {
        Verb::Watch { rollout } => {
            let name = resolve::name(&ROLLOUT, &rollout, session).await?;
            return rollout_watch::carry_out(&name, session, output).await;
        }
        Verb::Create(draft) => {
            let is_dry_run = draft.dry_run;
            let set = resolve::name(&SET, &draft.set, session).await?;
            let request = draft.into_request(set)?;
            match is_dry_run {
                true => plan(request, session, output).await?,
                false => {
                    let create = |hub: Hub, request| async move {
                        hub.rollouts().create_rollout(request).await
                    };
                    let made = session.hub().repeat(request.identified(), create).await?;
                    output.show(&schema::json_of("Rollout", &made))?;
                }
            }
        }
    }
    Ok(Exit::Done)
}

async fn plan(
    request: CreateRolloutRequest,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let request = PlanRolloutRequest { rollout: Some(request) };
    let plan = session.hub().rollouts().plan_rollout(request).await?.into_inner();
    let groups = plan.groups.iter().map(|group| schema::json_of("PlannedGroup", group));
    let groups: Vec<_> = groups.collect();
    let total = i64::try_from(groups.len()).unwrap_or(i64::MAX);
    output.list(PLANNED, "groups", &groups, total)?;
    if plan.ungrouped_target_count > 0 {
        output.remark(&format!("{} targets are in no group", plan.ungrouped_target_count));
    }
    Ok(())
}
