//! Watchers in great number, and one that is cut off again and again.

use crate::action_watch;
use crate::harness::Ground;
use crate::on_each_database;
use crate::operator::{Operator, told};
use crate::world::World;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use otahub_client::device::Outcome;
use otahub_client::{names, proto};
use proto::{ActionChange, EventKind, WatchActionsRequest, WatchEventsRequest};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

on_each_database!(
    ten_thousand_watchers_hear_of_it_and_the_log_is_read_once,
    events_are_whole_for_who_is_cut_off_a_thousand_times,
    actions_are_whole_for_who_is_cut_off_a_thousand_times,
    actions_of_a_filter_are_whole_for_who_is_cut_off_a_thousand_times,
);

const PATIENCE: Duration = Duration::from_secs(120);
const WATCHERS: usize = 10_000;
const CUTS: usize = 1000;
/// The target whose action is the last that happens.
const LAST: &str = "the-last";

async fn watch_events(boss: &Operator, request: WatchEventsRequest) -> Events {
    told(boss.hub.events(&boss.caller).watch_events(request).await).unwrap()
}

type Events = tonic::Streaming<proto::WatchEventsResponse>;

/// A watcher, and what it is told of the action that is made next.
async fn watcher(boss: &Operator, number: usize) -> BoxStream<'static, String> {
    if number.is_multiple_of(10) {
        let filter = "active = true".into();
        let request = WatchActionsRequest { filter, ..Default::default() };
        let mut actions = action_watch::watch(boss, request).await.unwrap();
        assert!(action_watch::message(&mut actions).await.snapshot_complete);
        let named = actions.map(|message| message.unwrap().name);
        return named.filter(|name| std::future::ready(!name.is_empty())).boxed();
    }
    let kinds = vec![EventKind::ActionCreated.into()];
    let mut events = watch_events(boss, WatchEventsRequest { kinds, ..Default::default() }).await;
    assert!(events.next().await.unwrap().unwrap().event.is_none(), "a sign of life comes first");
    events.filter_map(|message| async { Some(message.unwrap().event?.resource) }).boxed()
}

async fn ten_thousand_watchers_hear_of_it_and_the_log_is_read_once(ground: Ground) {
    let world = World::open(&ground).await;
    let boss = world.operator();
    let set = boss.set("s").await;
    boss.target("a").await;
    let opened = futures::stream::iter(0..WATCHERS).map(|number| watcher(&boss, number));
    let mut watchers: Vec<_> = opened.buffered(64).collect().await;
    let before = world.hub.statements();
    let action = names::action(boss.assign("a", set).await);
    for watcher in &mut watchers {
        let told = timeout(PATIENCE, watcher.next()).await.expect("all hear of it");
        assert_eq!(told.as_deref(), Some(action.as_str()));
    }
    let statements = world.hub.statements() - before;
    assert!(statements < 1000, "{statements} statements for {WATCHERS} watchers");
}

/// What was told, each with its place in the log.
type Log<T> = Vec<(i64, T)>;

/// Where it stands in the log, and what it says.
type Word<T> = (String, Option<T>);

/// Reads on and on, cut off after a random number of messages each time, and goes on with the last
/// token. After that reads to the end.
async fn cut_off<T>(
    random: &mut StdRng,
    open: impl AsyncFn(usize, String) -> BoxStream<'static, Word<T>>,
    mut resume_token: String,
    (is_enough, is_last): (Arc<AtomicBool>, impl Fn(&T) -> bool),
) -> Vec<(i64, T)> {
    let mut heard = Vec::new();
    for cut in 0.. {
        let mut stream = open(cut, resume_token.clone()).await;
        if cut == CUTS {
            is_enough.store(true, Ordering::SeqCst);
        }
        let messages = if cut < CUTS { random.random_range(0..6) } else { usize::MAX };
        for _ in 0..messages {
            let next = timeout(PATIENCE, stream.next()).await.expect("a message");
            let (token, said) = next.expect("no end");
            let Some(said) = said else {
                resume_token = token;
                continue;
            };
            let is_end = is_last(&said);
            heard.push((token.parse().unwrap(), said));
            resume_token = token;
            if is_end {
                return heard;
            }
        }
    }
    heard
}

/// Lets several writers do all kinds of things until it is enough, and then the last thing.
struct Writers {
    is_enough: Arc<AtomicBool>,
    done: tokio::task::JoinHandle<()>,
}

impl Writers {
    async fn begin(world: &World, seed: u64) -> Self {
        let boss = world.operator();
        let set = boss.set("last").await;
        boss.target(LAST).await;
        let is_enough = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for number in 0..3 {
            let sets =
                [boss.set(&format!("a{number}")).await, boss.set(&format!("b{number}")).await];
            let random = StdRng::seed_from_u64(seed + 1 + number);
            let boss = world.operator();
            let gateway = world.device("");
            let enough = is_enough.clone();
            tasks.push(tokio::spawn(async move {
                write(&boss, &gateway, (number, sets), (random, enough)).await;
            }));
        }
        let done = tokio::spawn(async move {
            for task in tasks {
                task.await.unwrap();
            }
            boss.assign(LAST, set).await;
        });
        Self { is_enough, done }
    }
}

async fn write(
    boss: &Operator,
    gateway: &crate::device::Device,
    (number, sets): (u64, [i64; 2]),
    (mut random, is_enough): (StdRng, Arc<AtomicBool>),
) {
    while !is_enough.load(Ordering::SeqCst) {
        let id = format!("w{number}-{}", random.random_range(0..8));
        let known = boss.see(&id).await.is_ok();
        let newest = if known { boss.actions_of(&id).await.into_iter().next() } else { None };
        match (random.random_range(0..12), newest) {
            (0, _) if known => boss.delete_target(&id).await,
            (_, _) if !known => drop(boss.target(&id).await),
            (1..=3, Some(action)) => {
                let mut device = gateway.clone();
                device.who.controller_id = id;
                let outcomes = [Outcome::Proceeding, Outcome::Succeeded, Outcome::Failed];
                let outcome = outcomes[random.random_range(0..3)];
                // an action that is over refuses that
                let _ = device.report(action.id, outcome).await;
            }
            (4, Some(action)) => drop(boss.cancel(action.id).await),
            (5, Some(action)) => drop(boss.force_quit(action.id).await),
            (6, Some(action)) => {
                let names = vec![action.name];
                let request = proto::DeleteActionsRequest { names, ..Default::default() };
                told(boss.hub.actions(&boss.caller).delete_actions(request).await).unwrap();
            }
            _ => {
                let wish = crate::orders::wish(&id, sets[random.random_range(0..2)]);
                boss.assign_all(vec![wish]).await.unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..4))).await;
    }
}

/// Two nodes on the same database; on SQLite twice the same.
async fn nodes(ground: &Ground) -> [World; 2] {
    let one = World::with_gateway(ground).await;
    let two = World::open(ground).await;
    [one, two]
}

fn seed() -> u64 {
    let given = std::env::var("OTAHUB_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(rand::random::<u32>).into();
    println!("the seed is {seed}: repeat with OTAHUB_TEST_SEED={seed}");
    seed
}

/// Which node a stream is opened on: any of them, where nodes hear of each other.
fn node(ground: &Ground, cut: usize) -> usize {
    if ground.url().starts_with("sqlite") { 0 } else { cut % 2 }
}

/// Where the log is now.
async fn now(boss: &Operator) -> String {
    let mut events = watch_events(boss, WatchEventsRequest::default()).await;
    events.next().await.unwrap().unwrap().resume_token
}

/// Everything that happened after a point, up to the last thing.
async fn log(boss: &Operator, resume_token: String) -> Vec<(i64, proto::Event)> {
    let events =
        watch_events(boss, WatchEventsRequest { resume_token, ..Default::default() }).await;
    let mut log = Vec::new();
    let events = events.try_filter_map(|message| async move {
        Ok(message.event.map(|event| (message.resume_token.parse().unwrap(), event)))
    });
    let mut events = events.boxed();
    while let Some((point, event)) =
        timeout(PATIENCE, events.try_next()).await.expect("the whole log").unwrap()
    {
        let is_last = is_last(&event);
        log.push((point, event));
        if is_last {
            break;
        }
    }
    log
}

fn is_last(event: &proto::Event) -> bool {
    event.kind() == EventKind::ActionCreated && event.target == names::target(LAST)
}

fn check_order<T: std::fmt::Debug>(heard: &[(i64, T)]) {
    let wrong = heard.windows(2).find(|pair| pair[0].0 >= pair[1].0);
    assert!(wrong.is_none(), "twice, or out of order: {wrong:?}");
}

async fn events_are_whole_for_who_is_cut_off_a_thousand_times(ground: Ground) {
    let nodes = nodes(&ground).await;
    let seed = seed();
    let boss = nodes[0].operator();
    let begin = now(&boss).await;
    let writers = Writers::begin(&nodes[0], seed).await;
    let open = async |cut: usize, resume_token: String| {
        let boss = nodes[node(&ground, cut)].operator();
        let request = WatchEventsRequest { resume_token, ..Default::default() };
        let events = watch_events(&boss, request).await;
        events.map(|message| message.map(|m| (m.resume_token, m.event)).unwrap()).boxed()
    };
    let mut random = StdRng::seed_from_u64(seed);
    let end = (writers.is_enough.clone(), is_last);
    let heard = cut_off(&mut random, open, begin.clone(), end).await;
    writers.done.await.unwrap();
    check_order(&heard);
    assert_eq!(heard, log(&boss, begin).await);
}

async fn actions_are_whole_for_who_is_cut_off_a_thousand_times(ground: Ground) {
    let (there, heard, log) = watched_to_the_end(&ground, "").await;
    for (point, event) in log {
        if there.contains_key(&event.action) {
            let is_told = |(at, message): &(i64, proto::WatchActionsResponse)| {
                *at >= point && message.name == event.action
            };
            assert!(heard.iter().any(is_told), "{point} {event:?} is not told");
        }
    }
}

async fn actions_of_a_filter_are_whole_for_who_is_cut_off_a_thousand_times(ground: Ground) {
    watched_to_the_end(&ground, "active = true").await;
}

/// Watches with a thousand cuts. Compares what is known then with what is there; gives that, what
/// was heard, and what happened to actions.
async fn watched_to_the_end(
    ground: &Ground,
    filter: &str,
) -> (BTreeMap<String, String>, Log<proto::WatchActionsResponse>, Log<proto::Event>) {
    let nodes = nodes(ground).await;
    let seed = seed();
    let boss = nodes[0].operator();
    let writers = Writers::begin(&nodes[0], seed).await;
    let request = WatchActionsRequest { filter: filter.into(), ..Default::default() };
    let mut known = BTreeMap::new();
    let mut actions = action_watch::watch(&boss, request.clone()).await.unwrap();
    let begin = loop {
        let message = action_watch::message(&mut actions).await;
        if message.snapshot_complete {
            break message.resume_token;
        }
        learn(&mut known, &message);
    };
    let open = async |cut: usize, resume_token: String| {
        let boss = nodes[node(ground, cut)].operator();
        let request = WatchActionsRequest { resume_token, ..request.clone() };
        let actions = action_watch::watch(&boss, request).await.unwrap();
        let word = |message: proto::WatchActionsResponse| {
            assert!(!message.snapshot_complete && message.change() != ActionChange::Present);
            let is_news = message.change() != ActionChange::Unspecified;
            (message.resume_token.clone(), is_news.then_some(message))
        };
        actions.map(move |message| word(message.unwrap())).boxed()
    };
    let mut random = StdRng::seed_from_u64(seed);
    let is_last = |message: &proto::WatchActionsResponse| message.target == names::target(LAST);
    let end = (writers.is_enough.clone(), is_last);
    let heard = cut_off(&mut random, open, begin.clone(), end).await;
    writers.done.await.unwrap();
    check_order(&heard);
    heard.iter().for_each(|(_, message)| learn(&mut known, message));
    let known: BTreeMap<_, _> = known.into_iter().map(|(name, (_, etag))| (name, etag)).collect();
    assert_eq!(known, listed(&boss, filter).await);
    let of_actions =
        log(&boss, begin).await.into_iter().filter(|(_, event)| !event.action.is_empty());
    (known, heard, of_actions.collect())
}

/// Notes what a watcher knows of actions now: their targets and etags by name.
fn learn(known: &mut BTreeMap<String, (String, String)>, message: &proto::WatchActionsResponse) {
    let name = message.name.clone();
    match message.change() {
        ActionChange::Present | ActionChange::Updated => {
            let action = message.action.as_ref().unwrap();
            known.insert(name, (action.target.clone(), action.etag.clone()));
        }
        ActionChange::Left => drop(known.remove(&name)),
        ActionChange::TargetDeleted => known.retain(|_, (target, _)| *target != message.target),
        ActionChange::Unspecified => {}
    }
}

/// The etags of all actions that match, by name.
async fn listed(boss: &Operator, filter: &str) -> BTreeMap<String, String> {
    let mut listed = BTreeMap::new();
    let mut request = proto::ListActionsRequest {
        filter: filter.into(),
        order_by: "id".into(),
        page_size: 500,
        ..Default::default()
    };
    loop {
        let page =
            told(boss.hub.actions(&boss.caller).list_actions(request.clone()).await).unwrap();
        listed.extend(page.actions.into_iter().map(|action| (action.name, action.etag)));
        if page.next_page_token.is_empty() {
            return listed;
        }
        request.page_token = page.next_page_token;
    }
}
