//! Actions as they are, and then as they change.
//!
//! The log says which actions changed. How they are then is looked up once for all streams of the
//! node that hear of the same event, and so is whether they match a filter.

use super::tail::Tail;
use super::work::{Outlet, SIGN_OF_LIFE, feed};
use crate::event::Happened;
use crate::hub::Hub;
use otahub_domain::{ActionId, Result, RolloutId, SetId, TargetId, TenantId};
use otahub_store::{ActionChoice, ActionView, Event};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::time::interval;
use tokio_stream::wrappers::ReceiverStream;

/// How many actions of a snapshot are read at once.
const PAGE: u64 = 500;
/// How many actions a stream remembers that it told of.
const IN_VIEW: usize = 1024;
/// How many actions are remembered as they were after an event.
const REMEMBERED: u64 = 16_384;

/// Which actions somebody watches.
#[derive(Debug, Clone)]
pub(crate) struct WatchedActions {
    /// Whose they are.
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// Those that match; all if it is empty.
    pub filter: Arc<str>,
    /// Those of this target.
    pub target: Option<TargetId>,
    /// Those of this rollout.
    pub rollout: Option<RolloutId>,
    /// Those that install this set.
    pub set: Option<SetId>,
}

/// What is told of an action.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    /// It was there when the stream began.
    Present(Arc<ActionView>),
    /// All that was there has been told.
    Complete,
    /// It has changed.
    Changed(Arc<ActionView>),
    /// It is not among the watched ones any more: its number and its target's controller id.
    Left(ActionId, String),
    /// The target of this controller id is gone with its actions.
    TargetDeleted(String),
    /// Nothing.
    Alive,
}

/// A message of a stream of actions.
#[derive(Debug, Clone)]
pub(crate) struct ActionNews {
    /// What is told.
    pub told: Told,
    /// Where to go on after it, once there was a whole snapshot.
    pub seq: Option<i64>,
}

/// Of actions as they were after events, those that match a filter.
pub(crate) type Views = moka::sync::Cache<(Arc<str>, ActionId, i64), Option<Arc<ActionView>>>;

/// An empty cache of that kind.
pub(crate) fn views() -> Views {
    moka::sync::Cache::new(REMEMBERED)
}

/// The actions that a stream told of, with their targets and versions; nothing if it cannot know.
struct InView(Option<HashMap<ActionId, (TargetId, i64)>>);

impl InView {
    /// Notes that an action is told of; whether that is news. It is none if the snapshot has the
    /// change whose event comes after it.
    fn enter(&mut self, view: &ActionView) -> bool {
        let Some(known) = &mut self.0 else { return true };
        let now = (view.action.target, view.action.version);
        let before = known.insert(view.action.id, now);
        if known.len() > IN_VIEW {
            self.0 = None;
        }
        before != Some(now)
    }

    /// Whether an action that is not watched now may have been.
    fn leave(&mut self, action: ActionId) -> bool {
        self.0.as_mut().is_none_or(|known| known.remove(&action).is_some())
    }

    /// Whether a target that is gone may have had such actions.
    fn lose(&mut self, target: Option<TargetId>) -> bool {
        let Some(known) = &mut self.0 else { return true };
        let before = known.len();
        known.retain(|_, (of, _)| Some(*of) != target);
        known.len() < before
    }
}

/// An action that something happened to.
struct Touched {
    seq: i64,
    controller_id: String,
}

impl Hub {
    /// Actions as a stream: after a point in the log that somebody knows them at, or else from a
    /// snapshot on. `tail` was opened before.
    pub(crate) fn watch_actions(
        &self,
        wanted: WatchedActions,
        tail: Tail,
        is_resumed: bool,
    ) -> ReceiverStream<Result<ActionNews>> {
        let hub = self.clone();
        feed(self, false, move |out| async move {
            let in_view = InView((!is_resumed).then(HashMap::new));
            let mut watch = ActionWatch { hub, wanted, in_view, out };
            if !is_resumed {
                watch.tell_all().await?;
                watch.tell(Told::Complete, Some(tail.seen())).await?;
            }
            watch.follow(tail).await
        })
    }

    /// Those of `touched` that a filter matches, as they are now or were after their event.
    async fn views(
        &self,
        wanted: &WatchedActions,
        filter: &Arc<str>,
        touched: &[(ActionId, i64)],
    ) -> Result<HashMap<ActionId, Arc<ActionView>>> {
        let key = |(id, seq): &(ActionId, i64)| (filter.clone(), *id, *seq);
        let known = |one: &(ActionId, i64)| self.views.get(&key(one));
        let mut seen: Vec<_> = touched.iter().map(known).collect();
        if seen.iter().any(Option::is_none) {
            let _turn = self.turn_to_look().await?;
            // others may have looked meanwhile
            seen = touched.iter().map(known).collect();
            let unknown = touched.iter().zip(&seen).filter(|(_, seen)| seen.is_none());
            let unknown: Vec<ActionId> = unknown.map(|((id, _), _)| *id).collect();
            let filter = self.filter(&wanted.tenant_name, filter).await?;
            let choice = ActionChoice { filter, ..ActionChoice::default() };
            let session = self.store.read();
            let actions = session.chosen_actions(wanted.tenant, &choice, &unknown).await?;
            let views = session.with_names(actions).await?.into_iter();
            let mut found: HashMap<_, _> =
                views.map(|view| (view.action.id, Arc::new(view))).collect();
            for (one, seen) in touched.iter().zip(&mut seen).filter(|(_, seen)| seen.is_none()) {
                let view = found.remove(&one.0);
                self.views.insert(key(one), view.clone());
                *seen = Some(view);
            }
        }
        let views = touched.iter().zip(seen);
        Ok(views.filter_map(|((id, _), view)| Some((*id, view??))).collect())
    }
}

struct ActionWatch {
    hub: Hub,
    wanted: WatchedActions,
    in_view: InView,
    out: Outlet<ActionNews>,
}

impl ActionWatch {
    async fn tell(&self, told: Told, seq: Option<i64>) -> Result<()> {
        self.out.send(ActionNews { told, seq }).await
    }

    /// All that there is, bit by bit.
    async fn tell_all(&mut self) -> Result<()> {
        let WatchedActions { tenant, target, rollout, set, .. } = self.wanted;
        let filter = self.hub.filter(&self.wanted.tenant_name, &self.wanted.filter).await?;
        let choice = ActionChoice { filter, target, rollout, set };
        let mut after = ActionId(0);
        loop {
            let hub = self.hub.clone();
            let turn = hub.turn_to_look().await?;
            let session = hub.store.read();
            let page = session.chosen_actions_after(tenant, &choice, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            let views = session.with_names(page).await?;
            drop(turn);
            for view in views {
                self.in_view.enter(&view);
                self.tell(Told::Present(Arc::new(view)), None).await?;
            }
        }
    }

    async fn follow(&mut self, mut tail: Tail) -> Result<()> {
        let mut beat = interval(SIGN_OF_LIFE);
        loop {
            tokio::select! {
                events = tail.next() => {
                    for (seq, told) in self.news(&events?).await? {
                        self.tell(told, Some(seq)).await?;
                    }
                }
                _ = beat.tick() => self.tell(Told::Alive, Some(tail.seen())).await?,
            }
        }
    }

    /// What events mean to whoever watches, in their order; several of an action are one.
    async fn news(&mut self, events: &[Arc<Event>]) -> Result<BTreeMap<i64, Told>> {
        let (touched, mut news) = self.touched(events);
        let points: Vec<_> = touched.iter().map(|(id, one)| (*id, one.seq)).collect();
        if points.is_empty() {
            return Ok(news);
        }
        let (hub, wanted) = (self.hub.clone(), self.wanted.clone());
        let there = hub.views(&wanted, &Arc::from(""), &points).await?;
        let is_of_choice = |id: &ActionId| there.get(id).is_none_or(|view| wanted.may_be(view));
        let points: Vec<_> = points.into_iter().filter(|(id, _)| is_of_choice(id)).collect();
        let chosen = if wanted.filter.trim().is_empty() {
            there
        } else {
            hub.views(&wanted, &wanted.filter, &points).await?
        };
        for (id, seq) in points {
            let Some(Touched { controller_id, .. }) = touched.get(&id) else { continue };
            if let Some(view) = chosen.get(&id) {
                if self.in_view.enter(view) {
                    news.insert(seq, Told::Changed(view.clone()));
                }
            } else if self.in_view.leave(id) {
                news.insert(seq, Told::Left(id, controller_id.clone()));
            }
        }
        Ok(news)
    }

    /// The actions among events, each with the last event of it; and the news of targets that are
    /// gone.
    fn touched(
        &mut self,
        events: &[Arc<Event>],
    ) -> (BTreeMap<ActionId, Touched>, BTreeMap<i64, Told>) {
        let (mut touched, mut news) = (BTreeMap::<ActionId, Touched>::new(), BTreeMap::new());
        let wanted = &self.wanted;
        let is_of = |event: &&Arc<Event>| {
            event.tenant == wanted.tenant
                && wanted.target.is_none_or(|target| event.target == Some(target))
        };
        for event in events.iter().filter(is_of) {
            let controller_id = event.controller_id.clone().unwrap_or_default();
            if event.kind == Happened::TargetDeleted.as_str() {
                if self.in_view.lose(event.target) {
                    news.insert(event.seq, Told::TargetDeleted(controller_id));
                }
            } else if is_change(&event.kind)
                && let Some(action) = event.action
            {
                touched.insert(action, Touched { seq: event.seq, controller_id });
            }
        }
        (touched, news)
    }
}

impl WatchedActions {
    /// Whether an action is of the rollout and of the set that are watched, which never change.
    fn may_be(&self, view: &ActionView) -> bool {
        let action = &view.action;
        self.rollout.is_none_or(|rollout| action.rollout == Some(rollout))
            && self.set.is_none_or(|set| action.set == set)
    }
}

/// Whether such an event is told of actions.
fn is_change(kind: &str) -> bool {
    [Happened::ActionCreated, Happened::ActionUpdated, Happened::ActionDeleted]
        .iter()
        .any(|happened| happened.as_str() == kind)
}
