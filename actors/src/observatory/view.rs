//! What one observer is shown: a snapshot, then what has changed since the frame before.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use greenroom_protocol::limits::{
    OBSERVED_EVENTS_AT_FIRST, OBSERVED_EVENTS_AT_ONCE, OBSERVED_PAGE, OBSERVER_BYTES, STORIES_AT_FIRST,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::board::{Board, Fold, Row, Tiles};
use super::change::{Change, in_json};
use super::now;
use super::observer::Observer;
use crate::audit::balance;
use crate::books::Balance;
use crate::census::ActorName;
use crate::clock;
use crate::supervision::{Escalation, PART, Policy, ROOM, Restart, SESSION};

/// Time between two deltas at most, as a sign of life.
const ALIVE: Duration = Duration::from_secs(1);

/// Time between two details, or two lists, or two looks at the ledgers at least.
const SELDOM: Duration = Duration::from_secs(1);

/// Ledgers are told so often.
const LEDGERS: Duration = Duration::from_secs(5);

/// What an observer may say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Rate { per_second: u32 },
    Pause { on: bool },
    Snapshot,
    Look { actor: Option<String> },
    List(List),
    Audit,
}

/// Whose rows an observer has unfolded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct List {
    below: Option<String>,
    #[serde(default)]
    search: Option<String>,
    #[serde(default)]
    troubled: bool,
    page: Option<usize>,
}

/// What an observer said is no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoSuchFrame(String);

/// What one observer has been shown.
#[derive(Debug)]
pub struct View {
    observer: Observer,
    lab: bool,
    n: u64,
    per_second: u32,
    paused: bool,
    anew: bool,
    audit: bool,
    told_at: Option<Instant>,
    tiles: Tiles,
    rows: HashMap<String, Row>,
    folds: HashMap<String, Fold>,
    events: u64,
    stories: u64,
    ledger: Option<(Instant, Balance)>,
    looked_at: Option<ActorName>,
    detail_at: Option<Instant>,
    list: Option<List>,
    listed: Option<(Instant, Value)>,
    names: Vec<ActorName>,
}

/// What has changed since the frame before.
#[derive(Serialize)]
struct Delta {
    #[serde(rename = "type")]
    kind: &'static str,
    n: u64,
    ms: f64,
    tiles: Box<RawValue>,
    #[serde(flatten)]
    news: News,
}

/// What is not in every delta.
#[derive(Default, Serialize)]
struct News {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stories: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped_events: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    folds: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actors: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<Value>,
}

impl News {
    fn is_empty(&self) -> bool {
        let Self { stories, events, skipped_events: _, folds, gone, actors, ledger } = self;
        stories.is_empty()
            && events.is_none()
            && folds.is_empty()
            && gone.is_empty()
            && actors.is_empty()
            && ledger.is_none()
    }
}

/// The rest of a frame's bytes.
struct Space(usize);

impl Space {
    /// Takes the space for what is in JSON, if there is any.
    fn takes(&mut self, told: &RawValue) -> bool {
        let bytes = told.get().len() + 1;
        let fits = bytes <= self.0;
        self.0 = self.0.saturating_sub(bytes);
        fits
    }
}

impl View {
    pub(super) fn new(observer: Observer, lab: bool) -> Self {
        Self {
            observer,
            lab,
            n: 0,
            per_second: 2,
            paused: false,
            anew: true,
            audit: false,
            told_at: None,
            tiles: Tiles::default(),
            rows: HashMap::new(),
            folds: HashMap::new(),
            events: 0,
            stories: 0,
            ledger: None,
            looked_at: None,
            detail_at: None,
            list: None,
            listed: None,
            names: Vec::new(),
        }
    }

    /// Time between two frames.
    #[must_use]
    pub fn period(&self) -> Duration {
        Duration::from_secs(1) / self.per_second
    }

    /// Whether the observer wants nothing now.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Takes what the observer says.
    ///
    /// # Errors
    /// Where it is nothing that an observer says.
    pub fn hear(&mut self, text: &str) -> Result<(), NoSuchFrame> {
        let said = serde_json::from_str(text).map_err(|error| NoSuchFrame(format!("not understood: {error}")))?;
        match said {
            Said::Rate { per_second: per_second @ (1 | 2 | 5) } => self.per_second = per_second,
            Said::Rate { .. } => return Err(NoSuchFrame("per_second is 1, 2 or 5".to_owned())),
            Said::Pause { on } => {
                self.anew |= self.paused && !on;
                self.paused = on;
            }
            Said::Snapshot => self.anew = true,
            Said::Look { actor: None } => self.looked_at = None,
            Said::Look { actor: Some(actor) } => {
                self.looked_at = Some(named(&actor)?);
                self.detail_at = None;
            }
            Said::List(List { page: None, .. }) => (self.list, self.listed, self.names) = (None, None, Vec::new()),
            Said::List(list) => {
                list.below.as_deref().map(named).transpose()?;
                (self.list, self.listed) = (Some(list), None);
            }
            Said::Audit => self.audit = true,
        }
        Ok(())
    }

    /// The frames that are due now. `memory` is that of the process in bytes, `drill` how the last drill goes.
    pub async fn frames(&mut self, memory: Option<u64>, drill: &Value) -> Vec<String> {
        if self.paused {
            return Vec::new();
        }
        let mut frames = Vec::new();
        if std::mem::take(&mut self.audit) {
            let _found = crate::audit::audit(self.observer.directory()).await;
            self.ledger = None;
        }
        self.observer.directory().observatory.gather_sessions();
        frames.extend(self.list_frame(memory).map(|frame| frame.to_string()));
        if std::mem::take(&mut self.anew) {
            frames.push(self.snapshot(memory, drill).to_string());
        } else {
            frames.extend(self.delta(memory).map(|frame| in_json(&frame).get().to_owned()));
        }
        if let Some(name) = self.looked_at.clone()
            && self.detail_at.is_none_or(|at| at.elapsed() + Duration::from_millis(100) > SELDOM)
        {
            self.detail_at = Some(now());
            frames.push(self.observer.detail(&name).await.to_string());
        }
        frames
    }

    fn snapshot(&mut self, memory: Option<u64>, drill: &Value) -> Value {
        let directory = self.observer.directory().clone();
        let observatory = &directory.observatory;
        let mut board = observatory.board.lock();
        board.refresh(&directory, memory);
        self.tiles = board.tiles.clone();
        let rows: Vec<Row> = self.shown(&board).iter().filter_map(|name| board.row(&directory, name)).collect();
        self.rows = rows.iter().map(|row| (row.name.clone(), row.clone())).collect();
        self.folds = board.folds.values().map(|fold| (fold.name.clone(), fold.clone())).collect();
        let folds: Vec<Fold> = board.folds.values().cloned().collect();
        drop(board);
        let chronicle = observatory.chronicle.lock();
        let (events, _older) = chronicle.after(0, OBSERVED_EVENTS_AT_FIRST);
        self.events = chronicle.last();
        drop(chronicle);
        let stories = observatory.stories.lock();
        let mut newest: Vec<Value> =
            stories.newest(u64::MAX).take(STORIES_AT_FIRST).map(|story| json!(story)).collect();
        newest.reverse();
        self.stories = stories.changes();
        drop(stories);
        let ledger = balance(&directory);
        self.ledger = Some((now(), ledger));
        self.told_at = Some(now());
        self.n += 1;
        json!({
            "type": "snapshot",
            "n": self.n,
            "ms": observatory.ms(now()),
            "at": clock::now(),
            "started_at": observatory.started_at,
            "lab": self.lab,
            "per_second": self.per_second,
            "tiles": self.tiles,
            "policies": policies(),
            "actors": rows,
            "folds": folds,
            "events": events,
            "stories": newest,
            "ledger": told_ledger(&ledger, observatory.ms(now())),
            "drill": drill,
        })
    }

    /// What has changed; nothing where that is nothing, and one was told a moment ago.
    fn delta(&mut self, memory: Option<u64>) -> Option<Delta> {
        let directory = self.observer.directory().clone();
        let observatory = &directory.observatory;
        let mut space = Space(OBSERVER_BYTES / usize::try_from(self.per_second).unwrap_or(1));
        let mut news = News::default();
        let mut board = observatory.board.lock();
        board.refresh(&directory, memory);
        let before = std::mem::replace(&mut self.tiles, board.tiles.clone());
        let tiles = Change { before: Some(&before), now: &self.tiles }.in_json();
        space.takes(&tiles);
        self.tell_stories(observatory, &mut space, &mut news);
        self.tell_events(observatory, &mut space, &mut news);
        self.tell_folds(&board, &mut space, &mut news);
        self.tell_rows(&board, &mut space, &mut news);
        drop(board);
        if self.ledger.as_ref().is_none_or(|(at, _)| at.elapsed() >= LEDGERS) {
            let ledger = balance(&directory);
            if self.ledger.as_ref().is_none_or(|(_, before)| *before != ledger) {
                news.ledger = Some(told_ledger(&ledger, observatory.ms(now())));
            }
            self.ledger = Some((now(), ledger));
        }
        // The uptime alone is no news: a frame's `ms` tells it.
        let passing = Tiles { uptime_ms: before.uptime_ms, memory_bytes: before.memory_bytes, ..self.tiles.clone() };
        if news.is_empty() && passing == before && self.told_at.is_some_and(|at| at.elapsed() < ALIVE) {
            return None;
        }
        self.told_at = Some(now());
        self.n += 1;
        Some(Delta { kind: "delta", n: self.n, ms: observatory.ms(now()), tiles, news })
    }

    fn tell_stories(&mut self, observatory: &super::Observatory, space: &mut Space, news: &mut News) {
        let stories = observatory.stories.lock();
        for (change, story) in stories.changed_since(self.stories) {
            let story = in_json(&story);
            // At least one, or a long one would hold up all others.
            if !space.takes(&story) && !news.stories.is_empty() {
                break;
            }
            news.stories.push(story);
            self.stories = change;
        }
    }

    fn tell_events(&mut self, observatory: &super::Observatory, space: &mut Space, news: &mut News) {
        let chronicle = observatory.chronicle.lock();
        let (events, skipped) = chronicle.after(self.events, OBSERVED_EVENTS_AT_ONCE);
        self.events = chronicle.last();
        drop(chronicle);
        if !events.is_empty() {
            let events = in_json(&events);
            space.takes(&events);
            (news.events, news.skipped_events) = (Some(events), Some(skipped));
        }
    }

    fn tell_folds(&mut self, board: &Board, space: &mut Space, news: &mut News) {
        for fold in board.folds.values().filter(|fold| self.folds.get(&fold.name) != Some(*fold)).collect::<Vec<_>>() {
            let told = in_json(fold);
            if space.takes(&told) {
                self.folds.insert(fold.name.clone(), fold.clone());
                news.folds.push(told);
            }
        }
    }

    fn tell_rows(&mut self, board: &Board, space: &mut Space, news: &mut News) {
        let directory = self.observer.directory().clone();
        let shown = self.shown(board);
        let mut rows: Vec<Row> = shown.iter().filter_map(|name| board.row(&directory, name)).collect();
        let names: BTreeSet<&String> = rows.iter().map(|row| &row.name).collect();
        news.gone = self.rows.keys().filter(|name| !names.contains(name)).cloned().collect();
        news.gone.iter().for_each(|name| drop(self.rows.remove(name)));
        if !news.gone.is_empty() {
            space.takes(&in_json(&news.gone));
        }
        rows.retain(|row| self.rows.get(&row.name) != Some(row));
        // What matters most first; what finds no room is different from what was told next time, too.
        rows.sort_by_key(|row| self.rows.get(&row.name).is_some_and(|before| before.state == row.state));
        for row in rows {
            let told = Change { before: self.rows.get(&row.name), now: &row }.in_json();
            if space.takes(&told) {
                self.rows.insert(row.name.clone(), row);
                news.actors.push(told);
            }
        }
    }

    /// Whom this observer is shown.
    fn shown(&self, board: &Board) -> BTreeSet<ActorName> {
        let mut shown = board.shown.clone();
        shown.extend(self.names.iter().cloned());
        shown.extend(self.looked_at.clone());
        shown
    }

    /// The names of those who were unfolded, where they have changed.
    fn list_frame(&mut self, memory: Option<u64>) -> Option<Value> {
        let list = self.list.clone()?;
        if self.listed.as_ref().is_some_and(|(at, _)| at.elapsed() < SELDOM) {
            return None;
        }
        let directory = self.observer.directory().clone();
        let below = list.below.as_deref().and_then(|below| below.parse().ok());
        let search = list.search.clone().unwrap_or_default();
        let found = {
            let mut board = directory.observatory.board.lock();
            board.refresh(&directory, memory);
            board.find(below.as_ref(), &search, list.troubled)
        };
        let (total, page) = (found.len(), list.page.unwrap_or(0));
        self.names = found.into_iter().skip(page.saturating_mul(OBSERVED_PAGE)).take(OBSERVED_PAGE).collect();
        let names: Vec<String> = self.names.iter().map(ToString::to_string).collect();
        let frame = json!({
            "type": "list",
            "below": list.below,
            "search": search,
            "troubled": list.troubled,
            "page": page,
            "pages": total.div_ceil(OBSERVED_PAGE),
            "total": total,
            "names": names,
        });
        let same = self.listed.as_ref().is_some_and(|(_, before)| *before == frame);
        self.listed = Some((now(), frame.clone()));
        (!same).then_some(frame)
    }
}

fn named(name: &str) -> Result<ActorName, NoSuchFrame> {
    name.parse().map_err(|_| NoSuchFrame(format!("no actor is called {name:?}")))
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        Ok(_) | Err(_) => Map::new(),
    }
}

pub(super) fn told_ledger(balance: &Balance, ms: f64) -> Value {
    let mut ledger = object(balance);
    ledger.insert("ms".into(), ms.into());
    ledger.insert("holds".into(), balance.holds().into());
    ledger.into()
}

fn policies() -> Value {
    let mut policies = Map::new();
    policies.insert("engine".into(), json!({ "restart": "never" }));
    for part in ["store", "presence", "lobby", "rooms", "sessions", "shard"] {
        policies.insert(part.into(), told_policy(&PART));
    }
    policies.insert("room".into(), told_policy(&ROOM));
    policies.insert("session".into(), told_policy(&SESSION));
    policies.into()
}

fn told_policy(policy: &Policy) -> Value {
    let restart = match policy.restart {
        Restart::Permanent => "permanent",
        Restart::Transient => "transient",
        Restart::Temporary => return json!({ "restart": "temporary" }),
    };
    let (limit, window_s) = (policy.budget.restarts, policy.budget.within.as_secs());
    match policy.escalation {
        Escalation::Fail => json!({ "restart": restart, "limit": limit, "window_s": window_s, "then": "escalate" }),
        Escalation::Quarantine(time) => json!({
            "restart": restart, "limit": limit, "window_s": window_s,
            "then": "quarantine", "quarantine_s": time.as_secs(),
        }),
    }
}
