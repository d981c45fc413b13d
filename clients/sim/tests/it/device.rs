//! What a device does after a poll.

use crate::fake::{Fake, recorder};
use otahub_sim::{
    Behaviour, Credential, Deed, Device, DeviceOptions, Outcome, SimError, SimEvent, Step,
};
use std::time::Duration;

#[tokio::test]
async fn attributes_are_sent_when_they_are_asked_for() {
    let fake = Fake::start().await;
    let mut device = fake.device();
    device.step().await.unwrap();
    assert_eq!(fake.count("configData"), 0);
    fake.set(|s| s.wants_attributes = true);
    assert_eq!(device.step().await.unwrap().deed, Deed::Idle);
    assert_eq!(fake.count("PUT /DEFAULT/controller/v1/d%201/configData"), 1);
    let heard = fake.heard.lock().unwrap();
    assert_eq!(heard.bodies[0]["data"]["board"], "b1");
}

#[tokio::test]
async fn an_update_is_reported_step_by_step() {
    let fake = Fake::start().await;
    fake.set(|s| s.link = Some("deploymentBase"));
    let (events, observer) = recorder();
    let mut device = fake.device().observed_by(observer);
    assert_eq!(device.step().await.unwrap().deed, Deed::Finished);
    let expected = ["download/none", "downloaded/none", "proceeding/none", "closed/success"];
    assert_eq!(fake.feedback(), expected);
    assert_eq!(fake.count("GET /DEFAULT/controller/v1/d%201/deploymentBase/7?c=5"), 1);
    let events = events.lock().unwrap();
    let SimEvent::DeploymentFetched { action, modules } = &events[1] else { panic!() };
    assert_eq!((action.as_str(), modules[0].size()), ("7", 300_000));
    let last = events.iter().rev().find_map(|event| match event {
        SimEvent::DownloadProgress { done, total, .. } => Some((*done, *total)),
        _ => None,
    });
    assert_eq!(last, Some((300_000, 300_000)));
    assert_eq!(events.last(), Some(&SimEvent::Finished { action: "7".to_owned() }));
}

#[tokio::test]
async fn a_credential_goes_with_every_request() {
    let fake = Fake::start().await;
    fake.set(|s| s.link = Some("deploymentBase"));
    let credential = Credential::Gateway("secret".to_owned());
    let mut device = Device::new(DeviceOptions { credential, ..fake.options() }).unwrap();
    device.step().await.unwrap();
    let heard = fake.heard.lock().unwrap();
    assert_eq!(heard.authorizations.len(), 7);
    assert!(heard.authorizations.iter().all(|a| a.as_deref() == Some("GatewayToken secret")));
}

#[tokio::test]
async fn a_device_fails_where_it_is_told_to() {
    for (step, before) in [(Step::Download, 1), (Step::Verify, 1), (Step::Install, 3)] {
        let fake = Fake::start().await;
        fake.set(|s| s.link = Some("deploymentBase"));
        let mut device = fake.device();
        device.behaviour_mut().outcome = Outcome::FailAt(step);
        assert_eq!(device.step().await.unwrap().deed, Deed::Failed);
        let feedback = fake.feedback();
        assert_eq!(feedback.len(), before + 1, "{step}");
        assert_eq!(feedback[before], "closed/failure");
        assert_eq!(fake.count("/artifacts/"), usize::from(step != Step::Download));
    }
}

#[tokio::test]
async fn a_device_that_vanishes_says_nothing_more() {
    let fake = Fake::start().await;
    fake.set(|s| s.link = Some("deploymentBase"));
    let mut device = fake.device();
    device.behaviour_mut().outcome = Outcome::Vanish;
    assert_eq!(device.step().await.unwrap().deed, Deed::Vanished);
    assert_eq!(device.run_until(|_| false).await.unwrap().deed, Deed::Vanished);
    assert_eq!(fake.count(""), 2);
    assert!(fake.feedback().is_empty());
}

#[tokio::test]
async fn a_cancellation_is_answered_as_the_device_behaves() {
    for (rejects_cancel, deed, answer) in
        [(false, Deed::Canceled, "closed/success"), (true, Deed::CancelRejected, "rejected/none")]
    {
        let fake = Fake::start().await;
        fake.set(|s| s.link = Some("cancelAction"));
        let mut device = fake.device();
        device.behaviour_mut().rejects_cancel = rejects_cancel;
        assert_eq!(device.step().await.unwrap().deed, deed);
        assert_eq!(fake.feedback(), [answer]);
        assert_eq!(fake.count("POST /DEFAULT/controller/v1/d%201/cancelAction/7/feedback"), 1);
    }
}

#[tokio::test]
async fn a_question_is_answered_yes_or_once_no() {
    let fake = Fake::start().await;
    fake.set(|s| s.link = Some("confirmationBase"));
    let mut device = fake.device();
    device.behaviour_mut().confirm = false;
    assert_eq!(device.step().await.unwrap().deed, Deed::Denied);
    assert_eq!(device.step().await.unwrap().deed, Deed::Denied);
    device.behaviour_mut().confirm = true;
    assert_eq!(device.step().await.unwrap().deed, Deed::Confirmed);
    assert_eq!(fake.feedback(), ["denied", "confirmed"]);
}

#[tokio::test]
async fn what_may_not_be_installed_yet_is_downloaded_once() {
    let fake = Fake::start().await;
    fake.set(|s| {
        s.link = Some("deploymentBase");
        s.download = "skip";
        s.update = "skip";
    });
    let mut device = fake.device();
    assert_eq!(device.step().await.unwrap().deed, Deed::Waiting);
    fake.set(|s| s.download = "forced");
    assert_eq!(device.step().await.unwrap().deed, Deed::Downloaded);
    assert_eq!(device.step().await.unwrap().deed, Deed::Waiting);
    fake.set(|s| s.update = "forced");
    assert_eq!(device.step().await.unwrap().deed, Deed::Finished);
    assert_eq!(fake.count("/artifacts/"), 1);
}

#[tokio::test]
async fn an_unchanged_poll_is_recognised() {
    let fake = Fake::start().await;
    let behaviour = Behaviour { conditional_polls: true, ..Behaviour::default() };
    let (events, observer) = recorder();
    let options = DeviceOptions { behaviour, poll_interval: None, ..fake.options() };
    let mut device = Device::new(options).unwrap().observed_by(observer);
    for _ in 0..3 {
        assert_eq!(device.step().await.unwrap().rest, Duration::from_secs(300));
    }
    let sleep = Duration::from_secs(300);
    let polled = |unchanged| SimEvent::Polled { sleep, unchanged };
    assert_eq!(*events.lock().unwrap(), [polled(false), polled(true), polled(true)]);
}

#[tokio::test]
async fn a_busy_hub_is_asked_again() {
    let fake = Fake::start().await;
    fake.set(|s| s.refusals = [429, 503, 409].into());
    assert_eq!(fake.device().step().await.unwrap().deed, Deed::Idle);
    assert_eq!(fake.count(""), 4);
}

#[tokio::test]
async fn trouble_is_outlived_and_a_refused_credential_is_not() {
    let fake = Fake::start().await;
    fake.set(|s| s.refusals = [500, 502].into());
    let (events, observer) = recorder();
    let mut device = fake.device().observed_by(observer);
    device.run_until(|stepped| stepped.deed == Deed::Idle).await.unwrap();
    let troubled = |event: &&SimEvent| matches!(event, SimEvent::Troubled { .. });
    assert_eq!(events.lock().unwrap().iter().filter(troubled).count(), 2);
    fake.set(|s| s.refusals = [401].into());
    let error = device.run_until(|_| true).await.unwrap_err();
    assert!(matches!(error, SimError::Refused { status: 401, .. }), "{error}");
}

#[tokio::test]
async fn what_the_hub_took_back_is_let_go_and_then_failed() {
    let fake = Fake::start().await;
    fake.set(|s| {
        s.link = Some("deploymentBase");
        s.file_gone = true;
    });
    let mut device = fake.device();
    assert_eq!(device.step().await.unwrap().deed, Deed::Overtaken);
    assert_eq!(device.step().await.unwrap().deed, Deed::Failed);
    assert_eq!(fake.feedback(), ["download/none", "download/none", "closed/failure"]);
}

#[tokio::test]
async fn a_sleep_that_real_devices_cannot_read_is_an_error() {
    let fake = Fake::start().await;
    fake.set(|s| s.sleep = "PT5M");
    let error = fake.device().step().await.unwrap_err();
    assert!(error.to_string().contains("HH:MM:SS"), "{error}");
}
