//! Conversations with devices that listen, and what holds for all of them.

use super::*;
use crate::action::tests::{NOW, action};
use crate::action::{Action, ActionType, State, apply, offer};
use crate::target::Attributes;
use crate::tenant::Quotas;
use crate::{TargetId, TenantId, Timestamp};
use proptest::prelude::*;
use std::time::Duration;

/// A device, its action and all that was noted.
struct Talk {
    action: Action,
    delivery: Delivery,
    link: Link,
    now: Timestamp,
    history: Vec<String>,
}

impl Talk {
    fn new(protocol: LinkProtocol, state: State) -> Self {
        let action = action(state);
        Self {
            delivery: Delivery::new(action.tenant, action.target, action.id),
            action,
            link: Link {
                target: TargetId(3),
                tenant: TenantId(1),
                protocol,
                online: true,
                since: NOW,
                confirms: true,
                download_only: true,
            },
            now: NOW,
            history: Vec::new(),
        }
    }

    fn json() -> Self {
        Self::new(LinkProtocol::MqttJson, State::Running)
    }

    fn happen(&mut self, events: Vec<crate::action::Event>) {
        for event in events {
            let to = apply(&self.action, &event, self.now, &Quotas::default()).unwrap();
            self.action = to.action;
            let lines = to
                .entries
                .iter()
                .map(|entry| format!("{} {}", entry.status.as_str(), entry.messages.join(" / ")));
            self.history.extend(lines.map(|line| line.trim().to_owned()));
        }
    }

    /// What is sent for this cause.
    fn ask(&mut self, cause: Cause) -> Option<Send> {
        let offered = offer(std::slice::from_ref(&self.action), self.now)?;
        let offered = (&self.action, offered.kind);
        let when = (self.now, REBOOT_WAIT);
        let plan = order(&self.delivery, &self.link, offered, cause, when);
        self.delivery = plan.delivery;
        self.happen(plan.events);
        plan.send
    }

    fn later(&mut self, seconds: u64) -> &mut Self {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self
    }

    fn cancel(&mut self) -> &mut Self {
        self.happen(vec![crate::action::Event::CancelRequested { by: "admin".into() }]);
        self
    }

    /// It is judged by what it runs.
    fn judge(&mut self, runs: &str, wanted: &[String]) {
        let state = self.action.state;
        let events = judge(&self.delivery, state, Some(&image(runs)), wanted, self.now);
        self.happen(events);
    }

    /// The device says something; how it was taken.
    fn say(&mut self, phase: Phase, percent: u8, code: &str, message: &str) -> Reception {
        self.say_at(phase, percent, (code, message), None)
    }

    fn say_at(
        &mut self,
        phase: Phase,
        percent: u8,
        (code, message): (&str, &str),
        at: Option<i64>,
    ) -> Reception {
        let fault = match code {
            "" => Fault::None,
            "Canceled" => Fault::Canceled,
            "UpdateAlreadyInProgress" => Fault::Busy,
            "SystemRollback" => Fault::RolledBack,
            "InternalError" | "InvalidRequest" => Fault::Refused,
            _ => Fault::Other,
        };
        let said = Progress {
            phase,
            fault,
            percent,
            word: format!("{phase:?}"),
            code: code.to_owned(),
            message: message.to_owned(),
            at: at.map(Timestamp::from_millis),
            digest: format!("{phase:?} {percent} {code} {message} {at:?}"),
        };
        let verdict = hear(&self.delivery, &self.action, &said, self.now);
        self.delivery = verdict.delivery;
        self.happen(verdict.events);
        verdict.reception
    }

    /// Says phases without anything else.
    fn say_all(&mut self, phases: &[Phase]) -> &mut Self {
        for phase in phases {
            self.say(*phase, 0, "", "");
        }
        self
    }

    fn shows(&self, state: State, history: &[&str]) {
        assert_eq!(self.history, history);
        assert_eq!(self.action.state, state);
    }
}

#[test]
fn an_update_goes_its_way_and_what_goes_wrong_on_it_is_a_warning() {
    let mut talk = Talk::json();
    assert_eq!(talk.ask(Cause::Work), Some(Send::Update));
    talk.say(Phase::Acknowledged, 0, "", "");
    talk.say(Phase::Downloading, 0, "", "");
    assert_eq!(talk.say(Phase::Downloading, 12, "", ""), Reception::Kept);
    talk.say(Phase::Downloading, 49, "", "");
    talk.say(Phase::Error, 0, "NetworkError", "line lost");
    talk.say(Phase::Downloading, 0, "", "");
    talk.say(Phase::Downloading, 100, "", "");
    talk.say(Phase::Deploying, 20, "", "writing <b>");
    assert_eq!(talk.say(Phase::Deploying, 20, "", "writing <b>"), Reception::Repeated);
    talk.say_all(&[Phase::Deployed, Phase::Rebooting]);
    assert_eq!(talk.say(Phase::Rebooting, 0, "", ""), Reception::Repeated);
    talk.say(Phase::Success, 0, "", "");
    talk.shows(
        State::Finished,
        &[
            "RETRIEVED Update Server: Target retrieved update action and should start now the \
             download.",
            "DOWNLOAD Downloading",
            "DOWNLOAD Downloading 49 %",
            "WARNING Error / NetworkError: line lost",
            "DOWNLOAD Downloading",
            "DOWNLOADED Downloading 100 %",
            "RUNNING Deploying 20 % / writing (b>",
            "RUNNING Deployed",
            "RUNNING Rebooting",
            "FINISHED Update Server: Target reported CLOSED with OK!",
        ],
    );
    for phase in Phase::ALL {
        assert_ne!(talk.say(phase, 1, "late", ""), Reception::Noted, "{phase:?}");
    }
}

#[test]
fn every_end_is_the_documented_one() {
    for (code, message, canceling, state) in [
        ("", "", false, State::Error),
        ("InvalidBaseImage", "", false, State::Error),
        ("SystemRollback", "slot a", false, State::Error),
        ("NoCoffee", "", false, State::Error),
        ("Canceled", "", false, State::Canceled),
        ("Canceled", "", true, State::Canceled),
        ("InternalError", "Unable to cancel OTA request", true, State::Running),
        ("InvalidRequest", "Unable to cancel OTA update request", true, State::Running),
        ("InternalError", "Unable to cancel OTA request", false, State::Error),
        ("InternalError", "disk", true, State::Error),
        ("UpdateAlreadyInProgress", "", false, State::Running),
    ] {
        let mut talk = Talk::json();
        talk.ask(Cause::Work);
        talk.say_all(&[Phase::Acknowledged, Phase::Downloading]);
        if canceling {
            assert_eq!(talk.cancel().ask(Cause::Work), Some(Send::Cancel));
        }
        talk.say(Phase::Failure, 0, code, message);
        assert_eq!(talk.action.state, state, "{code} {message} {canceling}");
        let said = talk.history.iter().any(|line| line.contains(code) && line.contains(message));
        assert!(said, "{:?}", talk.history);
    }
}

#[test]
fn a_cancellation_that_comes_too_late_is_refused_by_the_success() {
    let mut talk = Talk::json();
    talk.ask(Cause::Work);
    talk.say_all(&[Phase::Acknowledged, Phase::Downloading, Phase::Deploying]);
    assert_eq!(talk.cancel().ask(Cause::Work), Some(Send::Cancel));
    talk.history.clear();
    talk.say_all(&[Phase::Deployed, Phase::Success]);
    talk.shows(
        State::Finished,
        &[
            "RUNNING Deployed",
            "CANCEL_REJECTED The device had installed it before it could be stopped.",
            "FINISHED Update Server: Target reported CLOSED with OK!",
        ],
    );
}

#[test]
fn what_was_refused_can_be_wished_again() {
    let mut talk = Talk::json();
    talk.ask(Cause::Work);
    talk.say_all(&[Phase::Acknowledged, Phase::Downloading]);
    for _ in 0..6 {
        assert_eq!(talk.cancel().ask(Cause::Work), Some(Send::Cancel));
        let words = format!("Unable to cancel {}", talk.history.len());
        talk.say(Phase::Failure, 0, "InternalError", &words);
        assert_eq!(talk.action.state, State::Running);
    }
}

#[test]
fn what_the_device_never_got_is_canceled_at_once() {
    let mut talk = Talk::json();
    assert_eq!(talk.cancel().ask(Cause::Work), None);
    assert_eq!(talk.action.state, State::Canceled);
    let mut talk = Talk::json();
    talk.ask(Cause::Work);
    assert_eq!(talk.cancel().ask(Cause::Work), Some(Send::Cancel));
    talk.say(Phase::Failure, 0, "InternalError", "Unable to cancel OTA request, none runs");
    assert_eq!(talk.action.state, State::Canceled, "it does not know the request");
}

#[test]
fn a_request_goes_again_to_a_device_that_is_back_but_not_once_it_installs() {
    for (said, again) in [
        (&[][..], true),
        (&[Phase::Acknowledged], true),
        (&[Phase::Acknowledged, Phase::Downloading], true),
        (&[Phase::Acknowledged, Phase::Downloading, Phase::Downloaded], false),
        (&[Phase::Acknowledged, Phase::Deploying], false),
        (&[Phase::Deploying, Phase::Deployed], false),
        (&[Phase::Deploying, Phase::Rebooting], false),
        (&[Phase::Deploying, Phase::Error], true),
    ] {
        let mut talk = Talk::json();
        talk.ask(Cause::Work);
        talk.say_all(said);
        assert_eq!(talk.ask(Cause::Work), None, "{said:?}");
        assert_eq!(talk.ask(Cause::SessionKnows), None, "{said:?}");
        assert_eq!(talk.ask(Cause::Session).is_some(), again, "{said:?}");
    }
}

#[test]
fn a_device_that_is_silent_is_asked_four_times_and_then_when_it_is_back() {
    let mut talk = Talk::json();
    assert_eq!(talk.ask(Cause::Work), Some(Send::Update));
    let until = talk.delivery.expires_at;
    for _ in 0..3 {
        assert_eq!(talk.later(299).ask(Cause::Timer), None);
        assert_eq!(talk.later(1).ask(Cause::Timer), Some(Send::Update));
        assert_eq!(talk.delivery.expires_at, until, "its link stays the same");
    }
    assert_eq!(talk.later(300).ask(Cause::Timer), None);
    assert!(talk.history[0].starts_with("WARNING Update Server: RequestTimeout"));
    assert_eq!(talk.later(300).ask(Cause::Timer), None);
    assert_eq!(talk.ask(Cause::Session), Some(Send::Update));
    assert_eq!(talk.action.state, State::Running);
}

#[test]
fn a_device_that_is_away_is_not_asked() {
    let mut talk = Talk::json();
    talk.ask(Cause::Work);
    talk.link.online = false;
    assert_eq!(talk.later(300).ask(Cause::Timer), None);
    assert_eq!(talk.later(24 * 3600).ask(Cause::Session), Some(Send::Update));
    assert!(talk.delivery.expires_at.unwrap() > talk.now, "what is sent holds");
}

#[test]
fn a_busy_device_gets_its_request_later() {
    let mut talk = Talk::json();
    talk.ask(Cause::Work);
    for _ in 1..12 {
        talk.say(Phase::Failure, 0, "UpdateAlreadyInProgress", &format!("{:?}", talk.now));
        assert!(talk.action.state.is_active());
        assert_eq!(talk.later(300).ask(Cause::Timer), Some(Send::Update));
    }
    talk.say(Phase::Failure, 0, "UpdateAlreadyInProgress", "");
    assert_eq!(talk.action.state, State::Error);
}

#[test]
fn words_that_were_overtaken_change_nothing() {
    let mut talk = Talk::json();
    talk.ask(Cause::Work);
    talk.say_at(Phase::Deploying, 10, ("", ""), Some(5_000));
    let before = talk.history.clone();
    for (phase, percent, at) in [
        (Phase::Acknowledged, 0, Some(1_000)),
        (Phase::Downloading, 0, Some(2_000)),
        (Phase::Downloading, 50, None),
        (Phase::Acknowledged, 0, None),
    ] {
        assert_eq!(talk.say_at(phase, percent, ("", ""), at), Reception::Overtaken);
    }
    assert_eq!(talk.history, before);
    assert_eq!(talk.say_at(Phase::Downloading, 0, ("", ""), Some(6_000)), Reception::Noted);
    assert_eq!(talk.delivery.stage, Stage::Downloading, "it begins anew");
}

#[test]
fn consent_is_asked_for_and_given() {
    let mut talk = Talk::new(LinkProtocol::MqttJson, State::WaitingForConfirmation);
    assert_eq!(talk.ask(Cause::Work), Some(Send::Confirm));
    assert_eq!(talk.ask(Cause::Work), None);
    assert_eq!(talk.ask(Cause::Session), Some(Send::Confirm));
    assert_eq!(talk.say(Phase::Downloading, 0, "", ""), Reception::Early);
    talk.say(Phase::Denied, 0, "", "not now");
    assert_eq!(talk.action.state, State::WaitingForConfirmation);
    talk.say(Phase::Confirmed, 0, "", "");
    assert_eq!(talk.action.state, State::Running);
    assert_eq!(talk.ask(Cause::Work), Some(Send::Update));
    talk.link.confirms = false;
    let mut silent = Talk::new(LinkProtocol::MqttJson, State::WaitingForConfirmation);
    silent.link.confirms = false;
    assert_eq!(silent.ask(Cause::Work), None);
}

#[test]
fn what_is_to_be_downloaded_only_is_done_when_it_is_there() {
    let mut talk = Talk::json();
    talk.action.action_type = ActionType::DownloadOnly;
    assert_eq!(talk.ask(Cause::Work), Some(Send::Update));
    talk.say_all(&[Phase::Acknowledged, Phase::Downloading, Phase::Downloaded]);
    assert_eq!(talk.action.state, State::Downloaded);
    assert_eq!(talk.say(Phase::Deploying, 0, "", ""), Reception::Late);
    talk.say(Phase::Success, 0, "", "");
    assert_eq!(talk.action.state, State::Finished);
    let mut talk = Talk::new(LinkProtocol::Astarte, State::Running);
    (talk.action.action_type, talk.link.download_only) = (ActionType::DownloadOnly, false);
    assert_eq!(talk.ask(Cause::Work), None, "it would install it");
}

fn image(version: &str) -> Image {
    let attributes = Attributes::from([("baseImage.version".to_owned(), version.to_owned())]);
    Image::of(&attributes).unwrap()
}

#[test]
fn a_device_that_lost_its_last_word_is_judged_by_what_it_runs() {
    for (runs, state) in [("2", State::Finished), ("1", State::Error), ("3", State::Running)] {
        let mut talk = Talk::new(LinkProtocol::Astarte, State::Running);
        talk.ask(Cause::Work);
        talk.delivery.image_before = Some(image("1").whole);
        talk.say_all(&[Phase::Acknowledged, Phase::Deployed, Phase::Rebooting]);
        assert_eq!(talk.ask(Cause::Session), None);
        assert_eq!(talk.delivery.next_at, Some(talk.now.plus(REBOOT_WAIT)));
        let wanted = ["2".to_owned(), String::new()];
        assert!(talk.delivery.awaits_judgement(talk.action.state));
        talk.judge(runs, &wanted);
        assert_eq!(talk.action.state, state, "{runs}");
        let last = talk.history.last().unwrap();
        assert_eq!(last.contains("inferred"), state != State::Running, "{last}");
    }
    let idle = Talk::new(LinkProtocol::Astarte, State::Running);
    assert!(!idle.delivery.awaits_judgement(State::Running));
}

#[test]
fn a_device_that_forgot_its_request_is_asked_anew_unless_it_has_installed_it() {
    let mut talk = Talk::new(LinkProtocol::Astarte, State::Running);
    assert_eq!(talk.ask(Cause::Session), Some(Send::Update), "it was never told");
    talk.delivery.image_before = Some(image("1").whole);
    talk.say_all(&[Phase::Acknowledged]);
    assert_eq!(talk.ask(Cause::Session), None, "it has not said what it runs");
    assert_eq!(talk.later(1).ask(Cause::Work), None);
    let wanted = ["2".to_owned()];
    assert!(!has_installed(&talk.delivery, Some(&image("1")), &wanted));
    assert!(!has_installed(&talk.delivery, Some(&image("3")), &wanted));
    assert!(!has_installed(&talk.delivery, None, &wanted));
    assert!(has_installed(&talk.delivery, Some(&image("2")), &wanted));
    assert_eq!(talk.later(3).ask(Cause::Timer), Some(Send::Update));
    talk.say_all(&[Phase::Acknowledged]);
    assert_eq!(talk.delivery.stage, Stage::Acknowledged, "with the same words as before");
}

#[test]
fn a_device_that_was_to_stop_is_judged_when_it_is_back_and_not_before() {
    let mut talk = Talk::new(LinkProtocol::Astarte, State::Running);
    talk.ask(Cause::Work);
    talk.delivery.image_before = Some(image("1").whole);
    talk.say_all(&[Phase::Acknowledged, Phase::Deploying]);
    talk.cancel();
    assert_eq!(talk.ask(Cause::Work), Some(Send::Cancel));
    talk.later(61).ask(Cause::Timer);
    assert!(!talk.delivery.awaits_judgement(talk.action.state), "it was there all the time");
    talk.say_all(&[Phase::Deployed, Phase::Rebooting]);
    talk.ask(Cause::Session);
    assert!(talk.delivery.awaits_judgement(talk.action.state));
    talk.judge("2", &["2".to_owned()]);
    assert_eq!(talk.action.state, State::Finished);
    assert!(talk.history.iter().any(|line| line.starts_with("CANCEL_REJECTED")));
}

#[test]
fn who_forgot_a_request_that_is_to_be_cancelled_has_nothing_to_cancel() {
    let mut talk = Talk::new(LinkProtocol::Astarte, State::Running);
    talk.ask(Cause::Work);
    talk.say_all(&[Phase::Acknowledged, Phase::Downloading]);
    talk.cancel();
    assert_eq!(talk.ask(Cause::Session), Some(Send::Cancel));
    talk.say(Phase::Failure, 0, "InternalError", "Unable to cancel OTA request, it is empty");
    assert_eq!(talk.action.state, State::Canceled);
}

fn anything() -> impl Strategy<Value = (Phase, u8, &'static str, Option<i64>)> {
    let codes =
        ["", "", "", "Canceled", "UpdateAlreadyInProgress", "SystemRollback", "IOError", "?"];
    let phases = prop::sample::select(Phase::ALL.to_vec());
    (phases, 0..=120u8, prop::sample::select(codes.to_vec()), prop::option::of(0..50i64))
}

proptest! {
    #[test]
    fn whatever_is_said_the_rules_hold(
        words in prop::collection::vec((anything(), 0..6u8), 1..40)
    ) {
        let mut talk = Talk::json();
        let (mut ends, mut installs_after_install) = (0, 0);
        for ((phase, percent, code, at), what) in words {
            let (before, stage) = (talk.action.state, talk.delivery.stage);
            match what {
                0 if before.is_active() && before != State::Canceling => {
                    talk.cancel();
                }
                1 | 2 => {
                    let cause = if what == 1 { Cause::Session } else { Cause::Timer };
                    let sent = talk.later(301).ask(cause);
                    let installs = stage >= Stage::Deployed && !talk.delivery.stumbled;
                    installs_after_install += u32::from(installs && sent == Some(Send::Update));
                }
                _ => {
                    talk.say_at(phase, percent, (code, ""), at);
                    let again = talk.say_at(phase, percent, (code, ""), at);
                    prop_assert_ne!(again, Reception::Noted, "repeats change nothing");
                }
            }
            ends += u32::from(before.is_active() && !talk.action.state.is_active());
            if !before.is_active() {
                prop_assert_eq!(before, talk.action.state);
            }
        }
        prop_assert!(ends <= 1);
        prop_assert_eq!(installs_after_install, 0);
    }
}
