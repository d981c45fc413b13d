//! What may be made, how targets are divided, and what operators can wish for.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::Error;

#[test]
fn equal_groups_are_named_by_number_and_share_everything() {
    let made = make(&draft(3)).unwrap();
    let names: Vec<&str> = made.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["group-1", "group-2", "group-3"]);
    let all = [Matching { filters: Vec::new(), count: 10 }];
    assert_eq!(divide(&made.groups, &all), Division { sizes: vec![3, 3, 4], ungrouped: 0 });
    assert_eq!(made.rollout.weight, 1000);
}

fn group(name: &str, percent: f32, filter: Option<&str>) -> GroupDraft {
    GroupDraft {
        name: name.into(),
        percent: Some(percent),
        filter: filter.map(str::to_owned),
        source: None,
        ..GroupDraft::default()
    }
}

#[test]
fn percentages_are_of_all_that_meet_the_same_filter() {
    let own = |groups| RolloutDraft { groups, ..draft(0) };
    let thirds = make(&own(vec![group("canary", 34.0, None), group("rest", 100.0, None)]));
    let nine = [Matching { filters: Vec::new(), count: 9 }];
    assert_eq!(divide(&thirds.unwrap().groups, &nine).sizes, [3, 6]);
    let halves = make(&own(vec![
        group("a", 50.0, Some("tags = a")),
        group("b", 50.0, Some("tags = a")),
        group("c", 100.0, None),
    ]));
    let mixed = [
        Matching { filters: vec!["tags = a".into()], count: 4 },
        Matching { filters: Vec::new(), count: 3 },
    ];
    let division = divide(&halves.unwrap().groups, &mixed);
    assert_eq!(division, Division { sizes: vec![2, 2, 3], ungrouped: 0 });
}

#[test]
fn groups_have_to_take_everything_and_there_has_to_be_something() {
    let quotas = Quotas { targets_per_rollout_group: 5, ..Quotas::default() };
    let made = make(&draft(2)).unwrap();
    let check = |sizes: Vec<u64>, ungrouped| {
        made.check_division(&Division { sizes, ungrouped }, &quotas).is_ok()
    };
    assert!(check(vec![5, 5], 0));
    assert!(!check(vec![5, 5], 1) && !check(vec![0, 0], 0) && !check(vec![6, 5], 0));
    let template = Some(GroupTemplate { name_suffix: "-x".into(), target_count: 3 });
    let later = make(&RolloutDraft { dynamic: true, template, ..draft(0) }).unwrap();
    assert_eq!(later.groups[0].name, "group-1-x");
    let nothing = Division { sizes: vec![0], ungrouped: 0 };
    assert!(later.check_division(&nothing, &quotas).is_ok());
}

#[test]
fn what_is_missing_or_wrong_is_refused() {
    let wrong = [
        RolloutDraft { name: " ".into(), ..draft(1) },
        RolloutDraft { filter: String::new(), ..draft(1) },
        RolloutDraft { weight: Some(1001), ..draft(1) },
        RolloutDraft { group_count: -1, ..draft(1) },
        draft(0),
        RolloutDraft { groups: vec![group("a", 100.0, None)], ..draft(1) },
        RolloutDraft { groups: vec![group("a", 100.0, None)], dynamic: true, ..draft(0) },
        RolloutDraft { groups: vec![group("a", 0.0, None)], ..draft(0) },
        RolloutDraft { groups: vec![group("a", f32::NAN, None)], ..draft(0) },
        RolloutDraft { groups: vec![group("a", 50.0, None), group("a", 50.0, None)], ..draft(0) },
        RolloutDraft {
            template: Some(GroupTemplate { name_suffix: String::new(), target_count: 1 }),
            ..draft(1)
        },
    ];
    for one in wrong {
        assert!(matches!(make(&one), Err(Error::Invalid { .. })), "{one:?}");
    }
    assert!(matches!(make(&draft(501)), Err(Error::QuotaExceeded { .. })));
}

#[test]
fn a_group_takes_conditions_over_but_no_success_action() {
    let conditions =
        Conditions { success_percent: 80, success_action: SuccessAction::Pause, error_percent: 10 };
    let own = vec![group("a", 100.0, None)];
    let made = make(&RolloutDraft { conditions, groups: own, ..draft(0) }).unwrap();
    let taken = made.groups[0].conditions;
    assert_eq!(taken, Conditions { success_action: SuccessAction::NextGroup, ..conditions });
    let equal = make(&RolloutDraft { conditions, ..draft(1) }).unwrap();
    assert_eq!(equal.groups[0].conditions, conditions);
}

#[test]
fn each_wish_is_granted_in_its_states_only() {
    use RolloutState as S;
    let remark = || None;
    let stoppable: Vec<S> = S::ALL.into_iter().filter(|state| state.is_stoppable()).collect();
    let deletable: Vec<S> = S::ALL.into_iter().filter(|state| *state != S::Deleted).collect();
    let wishes = [
        (Command::Start, vec![S::Ready]),
        (Command::Pause, vec![S::Running]),
        (Command::Resume, vec![S::Paused]),
        (Command::Stop, stoppable),
        (Command::Delete, deletable),
        (Command::Approve { remark: remark() }, vec![S::WaitingForApproval]),
        (Command::Deny { remark: remark() }, vec![S::WaitingForApproval]),
        (Command::TriggerNextGroup, vec![S::Running]),
    ];
    for (wish, fits) in wishes {
        for state in S::ALL {
            let rollout = Rollout { state, ..make(&draft(1)).unwrap().rollout };
            let granted = command(&rollout, &wish, "op", NOW).is_ok();
            assert_eq!(granted, fits.contains(&state), "{wish:?} in {state:?}");
        }
    }
}

#[test]
fn only_what_is_finished_is_tried_again() {
    let rollout = make(&draft(1)).unwrap().rollout;
    assert!(retry_draft(&rollout).is_err());
    let again = retry_draft(&Rollout { state: RolloutState::Finished, ..rollout }).unwrap();
    assert_eq!((&*again.name, &*again.filter), ("campaign_retry", "failed_rollout = 9"));
}

proptest! {
    #[test]
    fn a_division_loses_nobody_and_takes_nobody_twice(
        percents in prop::collection::vec(1.0_f32..=100.0, 1..6),
        filters in prop::collection::vec(0..3_usize, 1..6),
        counts in prop::collection::vec(0..1_000_u64, 4),
    ) {
        let names = ["x = 1", "y = 2"];
        let groups = percents.iter().zip(&filters).enumerate().map(|(at, (percent, filter))| {
            group(&format!("g{at}"), *percent, names.get(*filter).copied())
        });
        let made = make(&RolloutDraft { groups: groups.collect(), ..draft(0) }).unwrap();
        let meets = [vec![], vec![names[0]], vec![names[1]], vec![names[0], names[1]]];
        let matching: Vec<Matching> = meets.iter().zip(&counts).map(|(meets, count)| Matching {
            filters: meets.iter().map(ToString::to_string).collect(),
            count: *count,
        }).collect();
        let division = divide(&made.groups, &matching);
        let grouped: u64 = division.sizes.iter().sum();
        prop_assert_eq!(grouped + division.ungrouped, counts.iter().sum::<u64>());
    }

    #[test]
    fn equal_groups_take_all_and_differ_by_one(count in 1_i32..=500, targets in 0_u64..2_000_000) {
        let made = make(&draft(count)).unwrap();
        let all = [Matching { filters: Vec::new(), count: targets }];
        let division = divide(&made.groups, &all);
        prop_assert_eq!(division.ungrouped, 0);
        let (least, most) = (division.sizes.iter().min(), division.sizes.iter().max());
        prop_assert!(most.unwrap() - least.unwrap() <= 2, "{:?}", division.sizes);
        let names: HashSet<&str> = made.groups.iter().map(|group| &*group.name).collect();
        prop_assert_eq!(names.len(), made.groups.len());
    }
}
