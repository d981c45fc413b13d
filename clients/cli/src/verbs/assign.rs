//! `otactl assign …`.

use crate::error::CliError;
use crate::nouns::SET;
use crate::output::Output;
use crate::resolve;
use crate::schema;
use crate::session::Session;
use crate::view::{Cell, Column};
use chrono::DateTime;
use clap::{Args, ValueEnum};
use otahub_client::proto::{
    ActionType, AssignDistributionSetsRequest, Assignment, MaintenanceWindow,
};
use otahub_client::{Hub, Identified, timestamp};
use prost_types::Timestamp;

/// An order to targets to install a set.
#[derive(Debug, Args)]
pub(crate) struct Order {
    /// The targets, by controller id.
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,
    /// The set: its number or NAME:VERSION.
    #[arg(long)]
    set: String,
    /// How urgent it is.
    #[arg(long = "type", value_enum, default_value_t = Urgency::Forced)]
    urgency: Urgency,
    /// From when a timeforced order is forced, e.g. `2026-12-24T03:00:00Z`.
    #[arg(long, value_name = "TIME", required_if_eq("urgency", "timeforced"), value_parser = time)]
    at: Option<Timestamp>,
    /// 0 to 1000; the heaviest is offered first.
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..=1000))]
    weight: Option<i32>,
    /// The set is installed already, by other means: only notes it.
    #[arg(long)]
    offline: bool,
    /// When devices may install, e.g. `0 0 3 ? * *,02:00:00,+01:00`.
    #[arg(long, value_name = "SCHEDULE,DURATION,TIMEZONE", value_parser = window)]
    window: Option<MaintenanceWindow>,
    /// Does not ask the device's user.
    #[arg(long)]
    no_confirmation: bool,
    /// Passes over targets that are not there.
    #[arg(long)]
    skip_unknown: bool,
}

/// How urgent an order is and how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Urgency {
    /// The device is to install at once.
    Forced,
    /// The device may postpone.
    Soft,
    /// Download, do not install.
    Downloadonly,
    /// Soft until a time, forced from then on.
    Timeforced,
}

impl Urgency {
    pub(super) fn kind(self) -> ActionType {
        match self {
            Self::Forced => ActionType::Forced,
            Self::Soft => ActionType::Soft,
            Self::Downloadonly => ActionType::DownloadOnly,
            Self::Timeforced => ActionType::TimeForced,
        }
    }
}

const COLUMNS: &[Column] =
    &[Column("ACTION", Cell::Text("action")), Column("TARGET", Cell::Text("controllerId"))];

pub(crate) async fn carry_out(
    order: Order,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let set = resolve::name(&SET, &order.set, session).await?;
    let request = request(order, &set)?.identified();
    let assign =
        |hub: Hub, request| async move { hub.actions().assign_distribution_sets(request).await };
    let answer = session.hub().repeat(request, assign).await?;
    let made = answer.assigned_actions.iter();
    let made: Vec<_> = made.map(|made| schema::json_of("AssignedAction", made)).collect();
    let total = i64::try_from(made.len()).unwrap_or(i64::MAX);
    output.list(COLUMNS, "assignedActions", &made, total)?;
    if answer.already_assigned_count > 0 {
        let text = format!(
            "{} of {} targets had the set assigned already",
            answer.already_assigned_count, answer.total_count
        );
        output.remark(&text);
    }
    Ok(())
}

fn request(order: Order, set: &str) -> Result<AssignDistributionSetsRequest, CliError> {
    if order.at.is_some() && order.urgency != Urgency::Timeforced {
        return Err(CliError::Usage("--at goes with --type timeforced only".to_owned()));
    }
    let kind = order.urgency.kind();
    let assignment = |controller_id| Assignment {
        controller_id,
        distribution_set: set.to_owned(),
        r#type: kind.into(),
        force_time: order.at,
        weight: order.weight,
        confirmation_required: order.no_confirmation.then_some(false),
        maintenance_window: order.window.clone(),
        external_ref: String::new(),
    };
    Ok(AssignDistributionSetsRequest {
        assignments: order.targets.into_iter().map(assignment).collect(),
        offline: order.offline,
        skip_unknown_targets: order.skip_unknown,
        request_id: String::new(),
    })
}

pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|why| format!("it is not a time like 2026-12-24T03:00:00Z: {why}"))?;
    Ok(timestamp(time.timestamp_millis()))
}

/// The schedule may have commas of its own, the other two have none.
pub(super) fn window(text: &str) -> Result<MaintenanceWindow, String> {
    let mut parts = text.rsplitn(3, ',').map(|part| part.trim().to_owned());
    match (parts.next(), parts.next(), parts.next()) {
        (Some(timezone), Some(duration), Some(schedule)) => {
            Ok(MaintenanceWindow { schedule, duration, timezone })
        }
        _ => Err("it takes three parts: SCHEDULE,DURATION,TIMEZONE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        order: Order,
    }

    fn parse(args: &[&str]) -> Result<AssignDistributionSetsRequest, String> {
        let args = [&["assign", "--set", "3"], args].concat();
        let line = Line::try_parse_from(args).map_err(|e| e.to_string())?;
        request(line.order, "distributionSets/3").map_err(|e| e.to_string())
    }

    #[test]
    fn every_target_gets_the_same_order() {
        let request = parse(&["a", "b", "--type", "soft", "--weight", "7"]).unwrap();
        let ids: Vec<_> = request.assignments.iter().map(|a| a.controller_id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        let last = &request.assignments[1];
        assert_eq!((last.r#type(), last.weight), (ActionType::Soft, Some(7)));
        assert_eq!(last.distribution_set, "distributionSets/3");
        assert_eq!(last.confirmation_required, None);
    }

    #[test]
    fn a_time_goes_with_timeforced_and_with_nothing_else() {
        let time = "2026-12-24T04:00:00+01:00";
        let request = parse(&["a", "--type", "timeforced", "--at", time]).unwrap();
        assert_eq!(request.assignments[0].force_time, Some(timestamp(1_798_081_200_000)));
        assert!(parse(&["a", "--type", "timeforced"]).is_err());
        assert!(parse(&["a", "--at", time]).is_err());
        assert!(parse(&["a", "--type", "timeforced", "--at", "tomorrow"]).is_err());
    }

    #[test]
    fn a_schedule_may_have_commas() {
        let request = parse(&["a", "--window", "0 0 3 ? * MON,TUE,02:00:00,+01:00"]).unwrap();
        let window = request.assignments[0].maintenance_window.clone().unwrap();
        assert_eq!(window.schedule, "0 0 3 ? * MON,TUE");
        assert_eq!((window.duration.as_str(), window.timezone.as_str()), ("02:00:00", "+01:00"));
        assert!(parse(&["a", "--window", "03:00-04:00"]).is_err());
    }
}
