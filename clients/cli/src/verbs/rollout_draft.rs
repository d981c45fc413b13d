//! `otactl rollouts create …`: a rollout in words of the command line.

use super::assign::{Urgency, time, window};
use crate::error::CliError;
use clap::Args;
use otahub_client::proto::{
    CreateRolloutRequest, DynamicGroupTemplate, GroupConditions, MaintenanceWindow, RetryPolicy,
    Rollout, RolloutGroupSpec, RolloutPace, SuccessAction, SuccessProof,
};
use prost_types::Timestamp;
use std::time::Duration;

/// A rollout to be.
#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// Its name.
    name: String,
    /// The set: its number or NAME:VERSION.
    #[arg(long)]
    pub(crate) set: String,
    /// Which targets, e.g. `group = site1 AND attributes.hw = "v2"` (AIP-160).
    #[arg(long, value_name = "EXPRESSION")]
    filter: String,
    /// Into how many groups of equal size.
    #[arg(long, value_name = "N", conflicts_with = "group")]
    groups: Option<i32>,
    /// A group: its name, its share of those that are left, and perhaps what its targets must
    /// match; may be repeated.
    #[arg(long, value_name = "NAME:PERCENT[:EXPRESSION]", value_parser = group)]
    group: Vec<RolloutGroupSpec>,
    /// Words about it.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// Tells what the groups would be, and makes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    order: Order,
    #[command(flatten)]
    progress: Progress,
    #[command(flatten)]
    outcome: Outcome,
}

/// What devices are told.
#[derive(Debug, Args)]
struct Order {
    /// How urgent it is.
    #[arg(long = "type", value_enum, default_value_t = Urgency::Forced)]
    urgency: Urgency,
    /// From when a timeforced rollout is forced, e.g. `2026-12-24T03:00:00Z`.
    #[arg(long, value_name = "TIME", required_if_eq("urgency", "timeforced"), value_parser = time)]
    at: Option<Timestamp>,
    /// 0 to 1000; the heaviest is offered first.
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..=1000))]
    weight: Option<i32>,
    /// When devices may install, e.g. `0 0 3 ? * *,02:00:00,+01:00`.
    #[arg(long, value_name = "SCHEDULE,DURATION,TIMEZONE", value_parser = window)]
    window: Option<MaintenanceWindow>,
    /// Whether devices' users are asked first.
    #[arg(long, value_name = "BOOL")]
    confirmation: Option<bool>,
}

/// How it goes on.
#[derive(Debug, Args)]
struct Progress {
    /// When it starts by itself, e.g. `2026-12-24T03:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = time)]
    start_at: Option<Timestamp>,
    /// Per cent of a group that must succeed before the next one starts.
    #[arg(long, value_name = "PERCENT")]
    success: Option<i32>,
    /// Pauses after each group that succeeded.
    #[arg(long)]
    pause_between: bool,
    /// Per cent of a group above which failures pause the rollout.
    #[arg(long, value_name = "PERCENT")]
    errors: Option<i32>,
    /// Targets started a minute, at most.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    per_minute: i32,
    /// Targets in progress at once, at most.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    in_progress: i32,
    /// Fills groups at random instead of in order of creation.
    #[arg(long)]
    random: bool,
    /// Targets that appear later join it, in groups of so many.
    #[arg(long, value_name = "SIZE")]
    dynamic: Option<i64>,
}

/// What counts as its success.
#[derive(Debug, Args)]
struct Outcome {
    /// How often an update is tried in all.
    #[arg(long, value_name = "N")]
    attempts: Option<i32>,
    /// How long to wait before the second try; doubled for each further one.
    #[arg(long, value_name = "DURATION", requires = "attempts",
        value_parser = humantime::parse_duration)]
    retry_delay: Option<Duration>,
    /// Tries again only after this status code; may be repeated.
    #[arg(long, value_name = "CODE", requires = "attempts", allow_negative_numbers = true)]
    retry_code: Vec<i32>,
    /// After how long an unanswered update counts as failed.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    answer_timeout: Option<Duration>,
    /// An attribute that must have a value after the update.
    #[arg(long, value_name = "ATTRIBUTE=VALUE", value_parser = pair)]
    proof: Option<(String, String)>,
    /// How long after the device's word that may take.
    #[arg(long, value_name = "DURATION", requires = "proof", default_value = "1h",
        value_parser = humantime::parse_duration)]
    proof_timeout: Duration,
}

impl Draft {
    pub(crate) fn into_request(self, set: String) -> Result<CreateRolloutRequest, CliError> {
        let Self { order, progress, outcome, .. } = self;
        if order.at.is_some() && order.urgency != Urgency::Timeforced {
            return Err(CliError::Usage("--at goes with --type timeforced only".to_owned()));
        }
        let rollout = Rollout {
            display_name: self.name,
            description: self.description,
            distribution_set: set,
            target_filter: self.filter,
            r#type: order.urgency.kind().into(),
            force_time: order.at,
            start_time: progress.start_at,
            weight: order.weight,
            dynamic: progress.dynamic.is_some(),
            dynamic_group_template: progress.dynamic.map(template),
            confirmation_required: order.confirmation,
            conditions: Some(progress.conditions()),
            maintenance_window: order.window,
            pace: Some(RolloutPace {
                targets_per_minute: progress.per_minute,
                targets_in_progress: progress.in_progress,
                random_order: progress.random,
            }),
            retry_policy: outcome.attempts.map(|attempts| RetryPolicy {
                attempts,
                delay: outcome.retry_delay.and_then(|delay| delay.try_into().ok()),
                codes: outcome.retry_code,
            }),
            answer_timeout: outcome.answer_timeout.and_then(|timeout| timeout.try_into().ok()),
            success_proof: outcome.proof.map(|(attribute, value)| SuccessProof {
                attribute,
                value,
                timeout: outcome.proof_timeout.try_into().ok(),
            }),
            ..Default::default()
        };
        let group_count = match self.group.is_empty() {
            true => self.groups.unwrap_or(1),
            false => 0,
        };
        Ok(CreateRolloutRequest {
            rollout: Some(rollout),
            groups: self.group,
            group_count,
            request_id: String::new(),
        })
    }
}

impl Progress {
    fn conditions(&self) -> GroupConditions {
        let after =
            if self.pause_between { SuccessAction::Pause } else { SuccessAction::NextGroup };
        GroupConditions {
            success_threshold_percent: self.success,
            success_action: after.into(),
            error_threshold_percent: self.errors,
        }
    }
}

fn template(target_count: i64) -> DynamicGroupTemplate {
    DynamicGroupTemplate { name_suffix: String::new(), target_count }
}

/// The expression may have colons of its own, the other two have none.
fn group(text: &str) -> Result<RolloutGroupSpec, String> {
    let mut parts = text.splitn(3, ':');
    let (name, share) = (parts.next().unwrap_or_default(), parts.next());
    let share = share.ok_or("it takes a name and a share: NAME:PERCENT")?;
    let percent = share.trim_end_matches('%').parse::<f32>();
    Ok(RolloutGroupSpec {
        display_name: name.to_owned(),
        target_percent: Some(percent.map_err(|why| format!("«{share}» is no share: {why}"))?),
        target_filter: parts.next().unwrap_or_default().to_owned(),
        ..Default::default()
    })
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it takes two parts: ATTRIBUTE=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use otahub_client::proto::ActionType;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        draft: Draft,
    }

    fn parse(args: &[&str]) -> Result<CreateRolloutRequest, String> {
        let args = [&["create", "campaign", "--set", "3", "--filter", "name = a*"], args].concat();
        let line = Line::try_parse_from(args).map_err(|e| e.to_string())?;
        line.draft.into_request("distributionSets/3".to_owned()).map_err(|e| e.to_string())
    }

    #[test]
    fn without_more_it_is_one_group() {
        let request = parse(&[]).unwrap();
        assert_eq!((request.group_count, request.groups.len()), (1, 0));
        let rollout = request.rollout.unwrap();
        assert_eq!(rollout.distribution_set, "distributionSets/3");
        assert_eq!(rollout.r#type(), ActionType::Forced);
        assert_eq!((rollout.retry_policy, rollout.success_proof), (None, None));
    }

    #[test]
    fn groups_are_a_number_or_named() {
        assert_eq!(parse(&["--groups", "5"]).unwrap().group_count, 5);
        let named = parse(&["--group", "canary:2.5", "--group", "rest:100%:name = \"a:b\""]);
        let named = named.unwrap();
        assert_eq!((named.group_count, named.groups.len()), (0, 2));
        assert_eq!(named.groups[0].target_percent, Some(2.5));
        assert_eq!(named.groups[1].target_filter, "name = \"a:b\"");
        assert!(parse(&["--groups", "2", "--group", "a:1"]).is_err());
        assert!(parse(&["--group", "canary"]).is_err());
        assert!(parse(&["--group", "canary:many"]).is_err());
    }

    #[test]
    fn what_hawkbit_has_not_is_told_too() {
        let request = parse(&[
            "--per-minute",
            "10",
            "--in-progress",
            "5",
            "--random",
            "--attempts",
            "3",
            "--retry-delay",
            "1m",
            "--retry-code",
            "-7",
            "--answer-timeout",
            "2h",
            "--proof",
            "version=2",
            "--window",
            "0 0 3 ? * *,02:00:00,Z",
        ]);
        let rollout = request.unwrap().rollout.unwrap();
        let pace = rollout.pace.unwrap();
        assert_eq!((pace.targets_per_minute, pace.targets_in_progress), (10, 5));
        assert!(pace.random_order);
        let retry = rollout.retry_policy.unwrap();
        assert_eq!((retry.attempts, retry.delay.unwrap().seconds, retry.codes), (3, 60, vec![-7]));
        assert_eq!(rollout.answer_timeout.unwrap().seconds, 7200);
        let proof = rollout.success_proof.unwrap();
        assert_eq!((proof.attribute.as_str(), proof.value.as_str()), ("version", "2"));
        assert_eq!(proof.timeout.unwrap().seconds, 3600);
        assert_eq!(rollout.maintenance_window.unwrap().duration, "02:00:00");
        assert!(parse(&["--retry-delay", "1m"]).is_err());
    }
}
