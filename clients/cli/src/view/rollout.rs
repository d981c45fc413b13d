//! How rollouts and their groups look.

use super::{Fields, View, moment, word};
use otahub_client::proto::{
    GroupConditions, PlannedGroup, RetryPolicy, Rollout, RolloutGroup, RolloutGroupSpec,
    RolloutPace, SuccessProof, TargetCounts,
};
use serde_json::Value;

impl View for Rollout {
    const COLUMNS: &'static [&'static str] =
        &["ID", "NAME", "SET", "STATE", "GROUPS", "TARGETS", "PROGRESS", "CREATED"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.display_name.clone(),
            format!("{} {}", self.set_display_name, self.set_version),
            word(self.state().as_str_name(), "ROLLOUT_STATE_"),
            self.group_count.to_string(),
            self.target_count.to_string(),
            progress(self.target_counts.as_ref()),
            moment(self.audit.as_ref().and_then(|a| a.create_time.as_ref())),
        ]
    }

    fn json(&self) -> Value {
        let subject = Fields::new()
            .text("name", &self.name)
            .number("id", self.id)
            .text("displayName", &self.display_name)
            .text("description", &self.description)
            .text("distributionSet", &self.distribution_set)
            .text("setDisplayName", &self.set_display_name)
            .text("setVersion", &self.set_version)
            .text("targetFilter", &self.target_filter)
            .text("targetFilterSource", &self.target_filter_source);
        let order = subject
            .text("type", self.r#type().as_str_name())
            .time("forceTime", self.force_time.as_ref())
            .time("startTime", self.start_time.as_ref())
            .option("weight", self.weight)
            .flag("dynamic", self.dynamic)
            .option("confirmationRequired", self.confirmation_required)
            .option("conditions", self.conditions.as_ref().map(conditions))
            .window("maintenanceWindow", self.maintenance_window.as_ref())
            .option("pace", self.pace.as_ref().map(pace))
            .option("retryPolicy", self.retry_policy.as_ref().map(retry))
            .duration("answerTimeout", self.answer_timeout.as_ref())
            .option("successProof", self.success_proof.as_ref().map(proof));
        order
            .text("state", self.state().as_str_name())
            .flag("deleted", self.deleted)
            .number("targetCount", self.target_count)
            .number("groupCount", self.group_count)
            .option("targetCounts", self.target_counts.as_ref().map(counts))
            .text("approvalDecider", &self.approval_decider)
            .text("approvalRemark", &self.approval_remark)
            .audit(self.audit.as_ref())
            .text("etag", &self.etag)
            .finish()
    }
}

impl View for RolloutGroup {
    const COLUMNS: &'static [&'static str] = &["ID", "NAME", "STATE", "TARGETS", "PROGRESS"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.spec.as_ref().map(|spec| spec.display_name.clone()).unwrap_or_default(),
            word(self.state().as_str_name(), "ROLLOUT_GROUP_STATE_"),
            self.target_count.to_string(),
            progress(self.target_counts.as_ref()),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("name", &self.name)
            .number("id", self.id)
            .option("spec", self.spec.as_ref().map(spec))
            .text("state", self.state().as_str_name())
            .flag("dynamic", self.dynamic)
            .number("targetCount", self.target_count)
            .option("targetCounts", self.target_counts.as_ref().map(counts))
            .audit(self.audit.as_ref())
            .finish()
    }
}

impl View for PlannedGroup {
    const COLUMNS: &'static [&'static str] =
        &["NAME", "TARGETS", "SUCCESSES NEEDED", "ERRORS TOLERATED"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.display_name.clone(),
            self.target_count.to_string(),
            self.successes_needed.to_string(),
            self.errors_tolerated.to_string(),
        ]
    }

    fn json(&self) -> Value {
        Fields::new()
            .text("displayName", &self.display_name)
            .number("targetCount", self.target_count)
            .number("successesNeeded", self.successes_needed)
            .number("errorsTolerated", self.errors_tolerated)
            .finish()
    }
}

/// How far targets are, in words: those of which there are none are left out.
pub(crate) fn progress(counts: Option<&TargetCounts>) -> String {
    let Some(counts) = counts else {
        return String::new();
    };
    let all = [
        (counts.not_started, "not started"),
        (counts.scheduled, "scheduled"),
        (counts.running, "running"),
        (counts.finished, "finished"),
        (counts.error, "failed"),
        (counts.canceled, "cancelled"),
    ];
    let some = all.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn counts(counts: &TargetCounts) -> Value {
    Fields::new()
        .number("notStarted", counts.not_started)
        .number("scheduled", counts.scheduled)
        .number("running", counts.running)
        .number("finished", counts.finished)
        .number("error", counts.error)
        .number("canceled", counts.canceled)
        .finish()
}

fn conditions(conditions: &GroupConditions) -> Value {
    Fields::new()
        .option("successThresholdPercent", conditions.success_threshold_percent)
        .text("successAction", conditions.success_action().as_str_name())
        .option("errorThresholdPercent", conditions.error_threshold_percent)
        .finish()
}

fn pace(pace: &RolloutPace) -> Value {
    Fields::new()
        .number("targetsPerMinute", pace.targets_per_minute)
        .number("targetsInProgress", pace.targets_in_progress)
        .flag("randomOrder", pace.random_order)
        .finish()
}

fn retry(policy: &RetryPolicy) -> Value {
    Fields::new()
        .number("attempts", policy.attempts)
        .duration("delay", policy.delay.as_ref())
        .value("codes", policy.codes.clone().into())
        .finish()
}

fn proof(proof: &SuccessProof) -> Value {
    Fields::new()
        .text("attribute", &proof.attribute)
        .text("value", &proof.value)
        .duration("timeout", proof.timeout.as_ref())
        .finish()
}

fn spec(spec: &RolloutGroupSpec) -> Value {
    Fields::new()
        .text("displayName", &spec.display_name)
        .text("description", &spec.description)
        .text("targetFilter", &spec.target_filter)
        .text("targetFilterSource", &spec.target_filter_source)
        .option("targetPercent", spec.target_percent)
        .option("conditions", spec.conditions.as_ref().map(conditions))
        .option("confirmationRequired", spec.confirmation_required)
        .finish()
}
