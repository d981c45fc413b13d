//! What is planned when.

use super::*;

const ONE: RolloutGroupId = RolloutGroupId(1);
const TWO: RolloutGroupId = RolloutGroupId(2);

fn tally(scheduled: u64, running: u64, finished: u64, error: u64) -> Tally {
    Tally { scheduled, running, finished, error, ..Tally::default() }
}

fn running(groups: &[(GroupState, Tally)]) -> View {
    view(&draft(i32::try_from(groups.len()).unwrap()), RolloutState::Running, groups)
}

fn with(draft: &RolloutDraft, conditions: Conditions) -> RolloutDraft {
    RolloutDraft { conditions, ..draft.clone() }
}

#[test]
fn groups_are_filled_one_after_the_other_and_then_it_is_ready() {
    use GroupState::{Creating, Ready};
    let none = Tally::default();
    let mut view = view(&draft(2), RolloutState::Creating, &[(Creating, none), (Creating, none)]);
    view.gathered = false;
    assert_eq!(plan(&view, NOW), [Step::Gather]);
    view.gathered = true;
    assert_eq!(plan(&view, NOW), [Step::Measure { group: ONE, share: 50.0 }]);
    view.groups[0].group.size = Some(7);
    view.groups[0].tally.planned = 3;
    assert_eq!(plan(&view, NOW), [Step::Fill { group: ONE, missing: 4 }]);
    view.groups[0].group.state = Ready;
    assert_eq!(plan(&view, NOW), [Step::Measure { group: TWO, share: 100.0 }]);
    view.groups[1].group.state = Ready;
    assert_eq!(plan(&view, NOW), [Step::Become(RolloutState::Ready)]);
    view.approval = true;
    assert_eq!(plan(&view, NOW), [Step::Become(RolloutState::WaitingForApproval)]);
    view.rollout.approval_exempt = true;
    assert_eq!(plan(&view, NOW), [Step::Become(RolloutState::Ready)]);
}

#[test]
fn it_starts_by_itself_when_its_time_has_come() {
    let none = Tally::default();
    let mut view = view(&draft(1), RolloutState::Ready, &[(GroupState::Ready, none)]);
    assert!(plan(&view, NOW).is_empty());
    view.rollout.start_at = Some(Timestamp::from_millis(NOW.millis() + 1));
    assert!(plan(&view, NOW).is_empty());
    view.rollout.start_at = Some(NOW);
    assert_eq!(plan(&view, NOW), [Step::Become(RolloutState::Starting)]);
}

#[test]
fn all_actions_are_made_before_the_first_group_runs() {
    use GroupState::{Ready, Scheduled};
    let mut view = view(
        &draft(2),
        RolloutState::Starting,
        &[(Scheduled, tally(5, 0, 0, 0)), (Ready, Tally::default())],
    );
    assert_eq!(plan(&view, NOW), [Step::Schedule { group: TWO }]);
    view.groups[1].group.state = Scheduled;
    let expected = [
        Step::Become(RolloutState::Running),
        Step::Begin { group: ONE },
        Step::Start { group: ONE, limit: u64::MAX },
    ];
    assert_eq!(plan(&view, NOW), expected);
}

#[test]
fn the_next_group_starts_at_the_threshold_and_not_before() {
    use GroupState::{Running, Scheduled};
    let half =
        |done| running(&[(Running, tally(0, 10 - done, done, 0)), (Scheduled, tally(5, 0, 0, 0))]);
    assert!(plan(&half(4), NOW).is_empty());
    let expected = [Step::Begin { group: TWO }, Step::Start { group: TWO, limit: u64::MAX }];
    assert_eq!(plan(&half(5), NOW), expected);
}

#[test]
fn more_errors_than_tolerated_pause_it() {
    use GroupState::{Running, Scheduled};
    let bad = |errors| {
        running(&[(Running, tally(0, 10 - errors, 0, errors)), (Scheduled, tally(5, 0, 0, 0))])
    };
    assert!(plan(&bad(5), NOW).is_empty());
    let expected = [Step::Fail { group: ONE }, Step::Become(RolloutState::Paused)];
    assert_eq!(plan(&bad(6), NOW), expected);
}

#[test]
fn a_group_that_is_complete_is_good_whatever_came_of_it() {
    use GroupState::{Running, Scheduled};
    let conditions = Conditions { success_percent: 100, ..Conditions::default() };
    let mut view = view(
        &with(&draft(2), conditions),
        RolloutState::Running,
        &[(Running, tally(0, 0, 3, 2)), (Scheduled, tally(1, 0, 0, 0))],
    );
    let expected = [
        Step::Finish { group: ONE },
        Step::Begin { group: TWO },
        Step::Start { group: TWO, limit: u64::MAX },
    ];
    assert_eq!(plan(&view, NOW), expected);
    view.groups[0].group.conditions.success_action = SuccessAction::Pause;
    let expected = [Step::Finish { group: ONE }, Step::Become(RolloutState::Paused)];
    assert_eq!(plan(&view, NOW), expected);
    view.rollout.state = RolloutState::Paused;
    view.groups[0].group.state = GroupState::Finished;
    assert!(plan(&view, NOW).is_empty());
    assert_eq!(view.next_on_resume(), Some(TWO));
}

#[test]
fn a_threshold_below_nought_is_never_met() {
    use GroupState::Running;
    let conditions = Conditions { success_percent: -1, error_percent: -1, ..Conditions::default() };
    let with_errors =
        view(&with(&draft(1), conditions), RolloutState::Running, &[(Running, tally(0, 1, 4, 5))]);
    assert!(plan(&with_errors, NOW).is_empty());
    assert_eq!(conditions.successes_needed(10), None);
    assert_eq!(conditions.errors_tolerated(10), 10);
}

#[test]
fn without_a_group_that_runs_the_next_one_does_or_it_is_over() {
    use GroupState::{Error, Finished, Scheduled};
    let done = tally(0, 0, 2, 0);
    let bad = running(&[(Error, tally(0, 0, 0, 2)), (Scheduled, tally(2, 0, 0, 0))]);
    assert_eq!(plan(&bad, NOW)[0], Step::Begin { group: TWO });
    let over = running(&[(Error, tally(0, 0, 0, 2)), (Finished, done)]);
    assert_eq!(plan(&over, NOW), [Step::Become(RolloutState::Finished)]);
    let left = running(&[(Error, tally(1, 0, 0, 2)), (Finished, done)]);
    assert_eq!(plan(&left, NOW), [Step::Drop]);
}

#[test]
fn pace_bounds_what_starts() {
    let mut view = running(&[(GroupState::Running, tally(50, 7, 0, 0))]);
    view.rollout.pace = Pace { per_minute: 100, in_progress: 10, random: false };
    assert_eq!(plan(&view, NOW), [Step::Start { group: ONE, limit: 3 }]);
    view.lately = 98;
    assert_eq!(plan(&view, NOW), [Step::Start { group: ONE, limit: 2 }]);
    view.lately = 100;
    assert!(plan(&view, NOW).is_empty());
}

#[test]
fn a_retry_that_waits_keeps_its_group_open() {
    let mut view = running(&[(GroupState::Running, tally(1, 0, 9, 0))]);
    view.groups[0].due = 0;
    assert!(plan(&view, NOW).is_empty());
    view.groups[0].due = 1;
    assert_eq!(plan(&view, NOW), [Step::Start { group: ONE, limit: u64::MAX }]);
}

#[test]
fn what_is_not_proven_is_neither_done_nor_over() {
    let mut view = running(&[(GroupState::Running, Tally { proving: 1, ..tally(0, 0, 1, 0) })]);
    assert!(plan(&view, NOW).is_empty());
    view.groups[0].expired = true;
    assert_eq!(plan(&view, NOW), [Step::Expire { group: ONE }]);
    view.groups[0].tally.proving = 0;
    assert_eq!(plan(&view, NOW)[0], Step::Finish { group: ONE });
}

#[test]
fn a_dynamic_rollout_grows_and_does_not_end() {
    use GroupState::{Finished, Running};
    let template = Some(GroupTemplate { name_suffix: String::new(), target_count: 4 });
    let dynamic = RolloutDraft { dynamic: true, template, ..draft(1) };
    let two = |tally| {
        view(&dynamic, RolloutState::Running, &[(Finished, Tally::default()), (Running, tally)])
    };
    let mut open = two(tally(0, 0, 1, 0));
    assert!(plan(&open, NOW).is_empty());
    open.involve = true;
    assert_eq!(plan(&open, NOW), [Step::Involve { group: TWO, limit: 3 }]);
    let mut full = two(tally(0, 0, 4, 0));
    assert_eq!(plan(&full, NOW), [Step::Extend { group: TWO, size: 4 }]);
    full.groups_max = 2;
    let expected = [Step::Finish { group: TWO }, Step::Become(RolloutState::Stopped)];
    assert_eq!(plan(&full, NOW), expected);
}

#[test]
fn stopping_removes_asks_and_ends() {
    use GroupState::{Running, Scheduled};
    let mut view = view(
        &draft(2),
        RolloutState::Stopping,
        &[(Running, tally(0, 2, 0, 0)), (Scheduled, tally(2, 0, 0, 0))],
    );
    let close = [Step::Finish { group: ONE }, Step::Finish { group: TWO }];
    let and = |last| close.into_iter().chain([last]).collect::<Plan>();
    assert_eq!(plan(&view, NOW), and(Step::Drop));
    view.groups[1].tally.scheduled = 0;
    assert_eq!(plan(&view, NOW), and(Step::Cancel { force: false }));
    view.groups[0].tally = Tally { canceling: 2, ..Tally::default() };
    assert_eq!(plan(&view, NOW), and(Step::Become(RolloutState::Stopped)));
    view.rollout.state = RolloutState::Deleting;
    assert_eq!(plan(&view, NOW), and(Step::Cancel { force: true }));
    view.groups[0].tally = Tally { canceled: 2, ..Tally::default() };
    assert_eq!(plan(&view, NOW), and(Step::Become(RolloutState::Deleted)));
    view.groups[0].tally = Tally::default();
    assert_eq!(plan(&view, NOW), [Step::Erase]);
}

#[test]
fn only_downloads_are_done_when_downloaded() {
    let downloads = RolloutDraft { action_type: ActionType::DownloadOnly, ..draft(1) };
    let at = |downloaded, finished| {
        let tally = Tally { downloaded, finished, ..Tally::default() };
        view(&downloads, RolloutState::Running, &[(GroupState::Running, tally)])
    };
    assert_eq!(plan(&at(2, 0), NOW)[0], Step::Finish { group: ONE });
    let tally = Tally { downloaded: 2, ..Tally::default() };
    let other = view(&draft(1), RolloutState::Running, &[(GroupState::Running, tally)]);
    assert!(plan(&other, NOW).is_empty());
}
