//! Rollouts.

use super::CREATED;
use super::actions::set;
use super::targets::TARGET;
use crate::table::{Answer, Arg, Form, Id, Kind, Noun, Verb, first, option};
use crate::view::{Cell, Column, at, progress};

pub(crate) const ROLLOUT: Kind = Kind {
    message: "Rollout",
    word: "rollout",
    collection: "rollouts",
    id: Id::Number,
    list: "ListRollouts",
    natural: &["displayName"],
    columns: &[
        Column("ID", Cell::Text("id")),
        Column("NAME", Cell::Text("displayName")),
        Column("SET", Cell::With(set)),
        Column("STATE", Cell::Word("state", "ROLLOUT_STATE_")),
        Column("GROUPS", Cell::Text("groupCount")),
        Column("TARGETS", Cell::Text("targetCount")),
        Column("PROGRESS", Cell::With(|item| progress(at(item, "targetCounts")))),
        CREATED,
    ],
};

const GROUPS: &[Column] = &[
    Column("ID", Cell::Text("id")),
    Column("NAME", Cell::Text("spec.displayName")),
    Column("STATE", Cell::Word("state", "ROLLOUT_GROUP_STATE_")),
    Column("TARGETS", Cell::Text("targetCount")),
    Column("PROGRESS", Cell::With(|item| progress(at(item, "targetCounts")))),
];

/// How the groups of a rollout that is not made yet look.
pub(crate) const PLANNED: &[Column] = &[
    Column("NAME", Cell::Text("displayName")),
    Column("TARGETS", Cell::Text("targetCount")),
    Column("SUCCESSES NEEDED", Cell::Text("successesNeeded")),
    Column("ERRORS TOLERATED", Cell::Text("errorsTolerated")),
];

const ONE: &[Arg] = &[first("rollout", "name", Form::Ref(&ROLLOUT), "The rollout")];
const DECISION: &[Arg] = &[
    first("rollout", "name", Form::Ref(&ROLLOUT), "The rollout"),
    option("remark", "remark", Form::Text, "Why"),
];

const GROUP: &str = "The group by its whole name: rollouts/ID/groups/ID";

/// The other verbs are in [`crate::verbs::rollouts`].
pub(super) const ROLLOUTS: Noun = Noun {
    name: "rollouts",
    about: "Updates of many targets, group by group",
    verbs: &[
        Verb::new("list", "Lists rollouts", "ListRollouts", &[])
            .answers(Answer::List(ROLLOUT.columns)),
        Verb::new("show", "Shows one rollout", "GetRollout", ONE),
        Verb::new(
            "groups",
            "Lists the groups of a rollout, in order",
            "ListRolloutGroups",
            &[first("rollout", "parent", Form::Ref(&ROLLOUT), "The rollout")],
        )
        .answers(Answer::All(GROUPS)),
        Verb::new(
            "group",
            "Shows one group",
            "GetRolloutGroup",
            &[first("group", "name", Form::Text, GROUP)],
        ),
        Verb::new(
            "group-targets",
            "Lists the targets of a group",
            "ListRolloutGroupTargets",
            &[first("group", "parent", Form::Text, GROUP)],
        )
        .answers(Answer::List(TARGET.columns)),
        Verb::new(
            "update",
            "Changes a rollout",
            "UpdateRollout",
            &[
                first("rollout", "rollout.name", Form::Ref(&ROLLOUT), "The rollout"),
                option("name", "rollout.display_name", Form::Text, "Its name"),
                option("description", "rollout.description", Form::Text, "Words about it"),
            ],
        ),
        Verb::new(
            "pace",
            "Says anew how fast a rollout may go; without any word, as fast as it can",
            "UpdateRollout",
            &[
                first("rollout", "rollout.name", Form::Ref(&ROLLOUT), "The rollout"),
                option(
                    "per-minute",
                    "rollout.pace.targets_per_minute",
                    Form::Int,
                    "Targets started a minute, at most",
                ),
                option(
                    "in-progress",
                    "rollout.pace.targets_in_progress",
                    Form::Int,
                    "Targets in progress at once, at most",
                ),
            ],
        )
        .with(&[("update_mask", "pace")]),
        Verb::new("start", "Starts a rollout that is ready", "StartRollout", ONE),
        Verb::new(
            "pause",
            "Starts no further group until the rollout is resumed",
            "PauseRollout",
            ONE,
        ),
        Verb::new("resume", "Goes on with a rollout that was paused", "ResumeRollout", ONE),
        Verb::new(
            "stop",
            "Ends a rollout; what has not started is dropped, what runs is cancelled",
            "StopRollout",
            ONE,
        ),
        Verb::new(
            "trigger-next",
            "Starts the next group, whatever the thresholds say",
            "TriggerNextGroup",
            ONE,
        ),
        Verb::new(
            "retry",
            "Makes a new rollout of all targets that failed in a finished one",
            "RetryRollout",
            ONE,
        ),
        Verb::new(
            "approve",
            "Lets a rollout begin that waits for approval",
            "ApproveRollout",
            DECISION,
        ),
        Verb::new(
            "deny",
            "Does not let a rollout begin that waits for approval",
            "DenyRollout",
            DECISION,
        ),
        Verb::new("delete", "Deletes a rollout", "DeleteRollout", ONE)
            .answers(Answer::Done("deleted")),
    ],
};
