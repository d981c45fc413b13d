//! Holds the recorded conversations with a hub of its own for each, on both databases, and with the
//! adapters in processes of their own.
//!
//! The JSON files beside this one are data: what clients sent to a real hawkBit and what it
//! answered, normalised. How a step is read stands in `conversation.rs`.

mod conversation;
mod deviations;
mod difference;
mod names;
mod normalise;
mod queue;
mod request;

use conversation::Conversation;
use deviations::Deviations;
use otahub_tests::{Adapter, Broker, Database, Hub, HubPlan, within};
use serde_json::Value;
use std::path::{Path, PathBuf};

macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        $(mod $case {
            #[tokio::test(flavor = "multi_thread")]
            async fn agrees_on_sqlite() {
                super::hold(stringify!($case), otahub_tests::Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn agrees_on_postgres() {
                super::hold(stringify!($case), otahub_tests::Database::Postgres).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn agrees_with_adapters_apart() {
                super::hold_apart(stringify!($case)).await;
            }
        })*

        const CASES: &[&str] = &[$(stringify!($case)),*];
    };
}

cases! {
    ddi_action_kinds,
    ddi_cancel,
    ddi_config_data,
    ddi_confirmation,
    ddi_download,
    ddi_errors,
    ddi_feedback,
    ddi_lifecycle,
    ddi_manual_cancel,
    ddi_superseded,
    dmf_bad_input,
    dmf_cancel,
    dmf_consent,
    dmf_failure,
    dmf_lifecycle,
    dmf_removed,
    mgmt_actions,
    mgmt_distribution_sets,
    mgmt_invalidate,
    mgmt_query,
    mgmt_software_modules,
    mgmt_system,
    mgmt_target_filters,
    mgmt_targets,
    rollout_emergency,
    rollout_errors,
    rollout_success,
    rollout_trigger_next,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn load(case: &str) -> Value {
    let path = folder().join(format!("{case}.json"));
    let text = std::fs::read_to_string(&path).expect("the case is there");
    serde_json::from_str(&text).expect("the case is JSON")
}

async fn hold(case: &str, database: Database) {
    if database.is_available() {
        hold_with(case, Hub::on(database), &format!("{database:?}")).await;
    }
}

/// With DDI and the Management API in one process, DMF in another, and the core in a third.
async fn hold_apart(case: &str) {
    hold_with(case, Hub::on(Database::Sqlite).apart(), "adapters apart").await;
}

async fn hold_with(case: &str, plan: HubPlan, place: &str) {
    let case = case.replace('_', "-");
    let recorded = load(&case);
    let broker = match recorded["amqp"] == true {
        true => match Broker::any().await {
            None => return,
            broker => broker,
        },
        false => None,
    };
    let wrong = within(300, async {
        let (hub, _dmf) = start(plan, broker.as_ref()).await;
        let mut conversation = Conversation::new(&recorded, hub.http(), &hub.url());
        if let Some(broker) = &broker {
            conversation.over(broker).await;
        }
        conversation.hold(&recorded).await
    })
    .await;
    let problems = Deviations::read(&folder()).judge(&case, &recorded, &wrong);
    assert!(problems.is_empty(), "{case} on {place}:\n{}", problems.join("\n"));
}

/// The hub, connected with the broker if there is one: itself or by an adapter.
async fn start(plan: HubPlan, broker: Option<&Broker>) -> (Hub, Option<Adapter>) {
    let Some(broker) = broker else {
        return (plan.start().await, None);
    };
    if !plan.is_apart() {
        let hub = plan.args(["--amqp-url", &broker.url()]).start().await;
        broker.await_hub(&hub).await;
        return (hub, None);
    }
    let hub = plan.start().await;
    let adapter = hub.adapters().adapter("dmf");
    let adapter = adapter.args(["--amqp-url", &broker.url(), "--public-url", &hub.url()]);
    let adapter = adapter.start().await;
    adapter.await_state("dmf: connected").await;
    (hub, Some(adapter))
}

#[test]
fn every_recorded_conversation_is_held() {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder of the cases")
        .filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let is_case = path.extension().is_some_and(|e| e == "json");
            is_case.then(|| path.file_stem()?.to_str().map(|s| s.replace('-', "_"))).flatten()
        })
        .collect();
    files.sort();
    assert_eq!(files, CASES);
}

#[test]
fn every_deviation_names_a_step_that_is_there() {
    let is_there = |case: &str| folder().join(format!("{case}.json")).is_file();
    let lost = Deviations::read(&folder()).lost(|case| is_there(case).then(|| load(case)));
    assert!(lost.is_empty(), "{lost:?}");
}
