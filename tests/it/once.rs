//! A hub that is killed while it answers does what it is asked again only once.

use otahub_client::{Caller, HubChannel, HubClient, HubError, names, proto};
use otahub_tests::{Database, Hub, Seed, Software, bytes_of, eventually};
use rand::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::{Response, Status};

const CALLERS: usize = 8;
const ROUNDS: u64 = 4;
/// How long a caller waits before it asks again.
const PAUSE: Duration = Duration::from_millis(20);

/// What all callers share.
#[derive(Default)]
struct Load {
    over: AtomicBool,
    answered: AtomicUsize,
    repeated: AtomicUsize,
}

/// What one caller was told of a target: its secret, and its action.
type Told = BTreeMap<String, (String, i64)>;

/// One who makes targets, and assigns to each.
struct Maker {
    hub: HubClient,
    caller: Caller,
    set: i64,
    load: Arc<Load>,
}

impl Maker {
    /// Asks until there is an answer, whatever becomes of the connection.
    async fn insist<A, F>(&self, call: impl Fn(HubClient, Caller) -> F) -> A
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        loop {
            match call(self.hub.clone(), self.caller.clone()).await.map_err(HubError::from) {
                Ok(answer) => return answer.into_inner(),
                Err(error) if error.is_broken() => {
                    self.load.repeated.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => panic!("a repeat is refused: {error:?}"),
            }
        }
    }

    async fn run(self, word: String) -> Told {
        let mut told = Told::new();
        for number in 0.. {
            if self.load.over.load(Ordering::Relaxed) {
                break;
            }
            let id = format!("{word}-{number}");
            let target = proto::Target { controller_id: id.clone(), ..Default::default() };
            let create = proto::CreateTargetRequest {
                target: Some(target),
                request_id: format!("create-{id}"),
            };
            let made = self.insist(|hub, caller| {
                let create = create.clone();
                async move { hub.targets(&caller).create_target(create).await }
            });
            let secret = made.await.security_token;
            let assignment = proto::Assignment {
                controller_id: id.clone(),
                distribution_set: names::distribution_set(self.set),
                ..Default::default()
            };
            let assign = proto::AssignDistributionSetsRequest {
                assignments: vec![assignment],
                request_id: format!("assign-{id}"),
                ..Default::default()
            };
            let assigned = self.insist(|hub, caller| {
                let assign = assign.clone();
                async move { hub.actions(&caller).assign_distribution_sets(assign).await }
            });
            let actions = assigned.await.assigned_actions;
            assert_eq!(actions.len(), 1, "{id}: a repeat is told what the first one did");
            told.insert(id, (secret, actions[0].action));
            self.load.answered.fetch_add(1, Ordering::Relaxed);
        }
        told
    }
}

/// All targets as the hub has them, and each one's only action.
async fn found(client: &HubClient, caller: &Caller) -> Told {
    let request = proto::ExportTargetsRequest::default();
    let mut parts =
        client.targets(caller).export_targets(request).await.expect("an export").into_inner();
    let mut secrets = BTreeMap::new();
    while let Some(part) = parts.message().await.expect("a part") {
        secrets.extend(part.targets.into_iter().map(|t| (t.controller_id, t.security_token)));
    }
    let mut found = Told::new();
    for (id, secret) in secrets {
        let request =
            proto::ListActionsRequest { target: names::target(&id), ..Default::default() };
        let listed = client.actions(caller).list_actions(request).await.expect("a list");
        let actions = listed.into_inner().actions;
        assert_eq!(actions.len(), 1, "{id}");
        found.insert(id, (secret, actions[0].id));
    }
    found
}

async fn what_is_asked_again_after_a_kill_is_done_once(database: Database) {
    let seed = Seed::of("what_is_asked_again_after_a_kill_is_done_once");
    let mut hub = Hub::on(database).start().await;
    let software = Software::create(&hub, "image", "image.bin", bytes_of(9, 1000)).await;
    let client = HubClient::new(HubChannel::connect_lazy(&hub.grpc_url()).expect("a URL"));
    let caller = Caller::basic("admin", "admin");
    let load = Arc::new(Load::default());
    let mut makers = JoinSet::new();
    for number in 0..CALLERS {
        let (hub, caller, load) = (client.clone(), caller.clone(), load.clone());
        let maker = Maker { hub, caller, set: software.set, load };
        makers.spawn(maker.run(format!("d{number}")));
    }
    for round in 0..ROUNDS {
        let mut rng = seed.part(round);
        let enough = load.answered.load(Ordering::Relaxed) + rng.random_range(10..80);
        eventually("targets are made", 120, || async {
            let answered = load.answered.load(Ordering::Relaxed);
            (answered >= enough).then_some(()).ok_or(format!("{answered} of {enough}"))
        })
        .await;
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..50_000))).await;
        hub.kill().await;
        hub.start_again().await;
    }
    load.over.store(true, Ordering::Relaxed);
    let told: Told = makers.join_all().await.into_iter().flatten().collect();
    println!("{} targets, {} repeats", told.len(), load.repeated.load(Ordering::Relaxed));
    assert!(load.repeated.load(Ordering::Relaxed) > 0, "nothing was repeated");
    assert_eq!(found(&client, &caller).await, told);
}
on_both!(what_is_asked_again_after_a_kill_is_done_once within 400 s);
