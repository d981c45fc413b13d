//! All resources and what can be done with them, as tables over the contract.
//!
//! A new resource is a [`Kind`] and a [`Noun`] here, or a verb of one; the test below says which
//! rpcs are still missing. What needs code of its own is in [`crate::verbs`] instead.

mod actions;
mod identity;
mod rollouts;
mod sets;
mod software;
mod targets;
mod webhooks;

pub(crate) use actions::{ACTION, ENTRIES};
pub(crate) use identity::SETTINGS;
pub(crate) use rollouts::{PLANNED, ROLLOUT};
pub(crate) use sets::{SET, SET_TAG, SET_TYPE};
pub(crate) use software::{MODULE, MODULE_TYPE};
pub(crate) use targets::{FILTER, TARGET, TARGET_TAG, TARGET_TYPE};

use crate::table::Noun;
use crate::view::{Cell, Column};

/// When it was made.
const CREATED: Column = Column("CREATED", Cell::Time("audit.createTime"));

/// All nouns, in the order of the help.
pub(crate) const NOUNS: &[&Noun] = &[
    &targets::TARGETS,
    &targets::TARGET_TYPES,
    &targets::TARGET_TAGS,
    &targets::FILTERS,
    &software::MODULES,
    &software::MODULE_TYPES,
    &software::ARTIFACT,
    &sets::SETS,
    &sets::SET_TYPES,
    &sets::SET_TAGS,
    &actions::ACTIONS,
    &rollouts::ROLLOUTS,
    &identity::SETTING,
    &identity::USERS,
    &identity::TOKENS,
    &identity::TENANTS,
    &webhooks::WEBHOOKS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use crate::table::{Answer, Form};
    use std::collections::BTreeSet;

    /// What code of its own calls, and what is for adapters or for programs.
    const ELSEWHERE: &[&str] = &[
        "AcknowledgeDeviceWork",
        "AssignDistributionSets",
        "CreateRollout",
        "DeleteArtifact",
        "DownloadArtifact",
        "ExportTargets",
        "GetArtifact",
        "GetCaller",
        "ImportTargets",
        "ListAuditEntries",
        "PlanRollout",
        "ResetSetting",
        "UpdateArtifact",
        "UpdateSettings",
        "UploadArtifact",
        "WatchActions",
        "WatchDeviceWork",
        "WatchEvents",
        "WatchRollout",
    ];

    #[test]
    fn every_rpc_has_its_verb() {
        let verbs = NOUNS.iter().flat_map(|noun| noun.verbs);
        let mut called: BTreeSet<_> = verbs.map(|verb| verb.rpc).collect();
        called.extend(ELSEWHERE);
        let missing: Vec<_> = schema::rpcs()
            .map(|rpc| rpc.name().to_owned())
            .filter(|rpc| !called.contains(rpc.as_str()) && !rpc.starts_with("Batch"))
            .collect();
        assert!(missing.is_empty(), "otactl cannot call {missing:?}");
    }

    #[test]
    fn every_path_is_a_field() {
        for noun in NOUNS {
            for verb in noun.verbs {
                let input = schema::rpc(verb.rpc).expect(verb.rpc).input();
                let args = verb.args.iter().map(|arg| arg.path);
                for path in args.chain(verb.preset.iter().map(|(path, _)| *path)) {
                    assert!(schema::field(&input, path).is_some(), "{}: {path}", verb.rpc);
                }
            }
        }
    }

    #[test]
    fn lists_answer_with_lists() {
        for verb in NOUNS.iter().flat_map(|noun| noun.verbs) {
            let output = schema::rpc(verb.rpc).expect(verb.rpc).output();
            let is_list = matches!(verb.answer, Answer::List(_) | Answer::All(_));
            let has_list = output.fields().any(|field| field.is_list());
            let is_page = output.get_field_by_name("next_page_token").is_some();
            assert_eq!(is_list, has_list && is_page, "{}", verb.rpc);
            let is_done = matches!(verb.answer, Answer::Done(_));
            assert!(is_done || output.fields().len() > 0, "{}", verb.rpc);
        }
    }

    #[test]
    fn words_are_of_enumerations() {
        for verb in NOUNS.iter().flat_map(|noun| noun.verbs) {
            let input = schema::rpc(verb.rpc).expect(verb.rpc).input();
            for arg in verb.args {
                let kind = schema::field(&input, arg.path).expect(arg.path).kind();
                let is_word = matches!(arg.form, Form::Word);
                assert_eq!(is_word, kind.as_enum().is_some(), "{} {}", verb.rpc, arg.path);
                assert!(
                    !arg.place.is_alone() || !matches!(arg.form, Form::Flag),
                    "{} {}",
                    verb.rpc,
                    arg.path
                );
            }
        }
    }
}
