//! Where one incarnation of an actor is told things, and how it is doing.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ractor::{Actor, ActorCell, ActorId, ActorRef, ActorRuntime, Message, SpawnErr, SupervisionEvent};
use tokio::time::Instant;

use crate::observatory::{Gauge, InHand, Told};
use crate::supervision::Exit;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod held;

/// What is known of an incarnation from outside: how much it was told, and how much of that it has handled.
#[derive(Debug)]
pub struct Vitals {
    told: AtomicU64,
    handled: AtomicU64,
    born: Instant,
    /// What its commands are called.
    kinds: &'static &'static [&'static str],
    /// What else is measured, where it is.
    gauge: OnceLock<Box<Gauge>>,
    /// The kind of the command in hand, counted from 1; 0 for none.
    in_hand: AtomicU8,
    /// What is to happen with the next command, which is mostly nothing: [`DOOMED`], [`FRESH`].
    mark: AtomicU8,
}

/// It is to panic over the next command.
const DOOMED: u8 = 1;

/// It was started again, and somebody wants to know of the first command that it has handled.
const FRESH: u8 = 2;

/// One incarnation of an actor. It dies with it; see [`crate::slot::Slot`] for what outlives it.
pub(crate) struct Address<M: Message> {
    line: Line<M>,
    vitals: Arc<Vitals>,
}

/// Where what is told goes.
enum Line<M: Message> {
    Actor(ActorRef<M>),
    #[cfg(any(test, feature = "fuzzing"))]
    Held(Arc<held::Mailbox<M>>),
}

/// What an actor is started with, beside what it is for.
pub(crate) struct Birth<T> {
    vitals: Arc<Vitals>,
    arguments: T,
}

/// Which child has ended, and how, where that is what ractor tells a supervisor.
pub(crate) fn end_of(event: SupervisionEvent) -> Option<(ActorId, Exit)> {
    match event {
        // ractor calls it an orderly end, too, when an actor was killed; that is nothing that an actor does by itself.
        SupervisionEvent::ActorTerminated(child, _, Some(reason)) if reason == KILLED => {
            Some((child.get_id(), Exit::Failed("killed, since it made no progress".to_owned())))
        }
        SupervisionEvent::ActorTerminated(child, _, _) => Some((child.get_id(), Exit::Normal)),
        SupervisionEvent::ActorFailed(child, error) => Some((child.get_id(), Exit::Failed(error.to_string()))),
        SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => None,
    }
}

/// ractor's reason for an actor that was killed.
const KILLED: &str = "killed";

impl<T> Birth<T> {
    pub(crate) fn new(vitals: Arc<Vitals>, arguments: T) -> Self {
        Self { vitals, arguments }
    }

    /// The newborn's own address, and what it is for.
    pub(crate) fn of<M: Message>(self, myself: ActorRef<M>) -> (Address<M>, T) {
        (Address::new(myself, self.vitals), self.arguments)
    }
}

impl Vitals {
    /// Those of an actor that takes these commands.
    #[must_use]
    pub fn new<M: Told>() -> Arc<Self> {
        let gauge = OnceLock::new();
        if M::MEASURED {
            gauge.get_or_init(|| Box::new(Gauge::new()));
        }
        Arc::new(Self {
            told: AtomicU64::new(0),
            handled: AtomicU64::new(0),
            born: Instant::now(),
            kinds: &M::KINDS,
            gauge,
            in_hand: AtomicU8::new(0),
            mark: AtomicU8::new(0),
        })
    }

    /// A command is put into the mailbox.
    #[inline]
    pub fn told_one(&self) {
        let nth = self.told.fetch_add(1, Ordering::Relaxed);
        if let Some(gauge) = self.gauge.get() {
            gauge.told(nth, self.handled());
        }
    }

    /// A command is taken in hand.
    #[inline]
    pub fn begin<M: Told>(&self, command: &M) -> InHand {
        let kind = command.kind();
        self.in_hand.store(kind + 1, Ordering::Relaxed);
        let in_hand = self.gauge.get().map(|gauge| gauge.begin(kind, command, self.handled())).unwrap_or_default();
        if self.mark.load(Ordering::Relaxed) == DOOMED {
            fall();
        }
        in_hand
    }

    /// It was handled.
    #[inline]
    pub fn done(&self, in_hand: &InHand) {
        if let Some(gauge) = self.gauge.get() {
            gauge.done(in_hand);
        }
        self.in_hand.store(0, Ordering::Relaxed);
        self.handled.fetch_add(1, Ordering::Relaxed);
        if self.mark.load(Ordering::Relaxed) == FRESH {
            self.mark.store(0, Ordering::Relaxed);
            self.gauge().note_first();
        }
    }

    /// It is to panic over the next command.
    pub(crate) fn doom(&self) {
        self.mark.store(DOOMED, Ordering::Relaxed);
    }

    /// Whether it is to panic over the next command.
    pub(crate) fn is_doomed(&self) -> bool {
        self.mark.load(Ordering::Relaxed) == DOOMED
    }

    /// It was started again: of the first command that it has handled there is to be news.
    pub(crate) fn freshen(&self) {
        self.mark.store(FRESH, Ordering::Relaxed);
    }

    /// What else is measured, from now on.
    pub fn gauge(&self) -> &Gauge {
        self.gauge.get_or_init(|| Box::new(Gauge::new()))
    }

    /// What else is measured, where it is.
    pub(crate) fn measured(&self) -> Option<&Gauge> {
        self.gauge.get().map(|gauge| &**gauge)
    }

    /// The kind of the command in hand.
    pub(crate) fn in_hand(&self) -> Option<&'static str> {
        let kind = self.in_hand.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.kind(kind))
    }

    /// What a kind of command is called.
    pub(crate) fn kind(&self, kind: u8) -> &'static str {
        self.kinds.get(usize::from(kind)).copied().unwrap_or("unknown")
    }

    /// When it was born.
    pub(crate) fn born(&self) -> Instant {
        self.born
    }

    pub(crate) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    /// Commands that wait, the one in hand included.
    pub(crate) fn waiting(&self) -> u64 {
        self.told.load(Ordering::Relaxed).saturating_sub(self.handled())
    }

    pub(crate) fn age(&self) -> Duration {
        self.born.elapsed()
    }
}

/// What [`Vitals::doom`] comes to.
#[cold]
fn fall() -> ! {
    panic!("crashed by the fault laboratory over this command")
}

impl<M: Message> Address<M> {
    pub(crate) fn new(actor: ActorRef<M>, vitals: Arc<Vitals>) -> Self {
        Self { line: Line::Actor(actor), vitals }
    }

    /// Tells it something. Where it is dead, who watches it will know by its death.
    pub(crate) fn tell(&self, message: impl Into<M>) {
        self.vitals.told_one();
        match &self.line {
            Line::Actor(actor) => drop(actor.cast(message.into())),
            #[cfg(any(test, feature = "fuzzing"))]
            Line::Held(mailbox) => mailbox.put(message.into()),
        }
    }

    /// Tells it something after a while.
    pub(crate) fn tell_after(&self, wait: Duration, message: impl FnOnce() -> M + Send + 'static) {
        #[cfg(any(test, feature = "fuzzing"))]
        if let Line::Held(mailbox) = &self.line {
            return mailbox.put_after(wait, message());
        }
        let address = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            address.tell(message());
        });
    }

    /// Starts an actor below this one.
    pub(crate) async fn start<A, T>(&self, actor: A, arguments: T) -> Result<Address<A::Msg>, SpawnErr>
    where
        A: Actor<Arguments = Birth<T>>,
        A::Msg: Told,
        T: Send + 'static,
    {
        match &self.line {
            Line::Actor(supervisor) => {
                let vitals = Vitals::new::<A::Msg>();
                let birth = Birth::new(Arc::clone(&vitals), arguments);
                let (actor, _task) = Actor::spawn_linked(None, actor, birth, supervisor.get_cell()).await?;
                Ok(Address::new(actor, vitals))
            }
            #[cfg(any(test, feature = "fuzzing"))]
            Line::Held(mailbox) => Ok(mailbox.bear(arguments)),
        }
    }

    /// Starts an actor below this one without waiting until it runs; what it is told meanwhile waits in its mailbox.
    pub(crate) fn start_at_once<A, T>(&self, actor: A, arguments: T) -> Result<Address<A::Msg>, SpawnErr>
    where
        A: Actor<Arguments = Birth<T>>,
        A::Msg: Told,
        T: Send + 'static,
    {
        match &self.line {
            Line::Actor(supervisor) => {
                let vitals = Vitals::new::<A::Msg>();
                let birth = Birth::new(Arc::clone(&vitals), arguments);
                let (actor, _task) = ActorRuntime::spawn_linked_instant(None, actor, birth, supervisor.get_cell())?;
                Ok(Address::new(actor, vitals))
            }
            #[cfg(any(test, feature = "fuzzing"))]
            Line::Held(mailbox) => Ok(mailbox.bear(arguments)),
        }
    }

    /// Lets it end after the command in hand.
    pub(crate) fn stop(&self) {
        match &self.line {
            Line::Actor(actor) => actor.stop(None),
            #[cfg(any(test, feature = "fuzzing"))]
            Line::Held(mailbox) => mailbox.stop(),
        }
    }

    pub(crate) fn id(&self) -> ActorId {
        match &self.line {
            Line::Actor(actor) => actor.get_id(),
            #[cfg(any(test, feature = "fuzzing"))]
            Line::Held(mailbox) => mailbox.id(),
        }
    }

    pub(crate) fn cell(&self) -> ActorCell {
        match &self.line {
            Line::Actor(actor) => actor.get_cell(),
            #[cfg(any(test, feature = "fuzzing"))]
            Line::Held(mailbox) => mailbox.cell(),
        }
    }

    pub(crate) fn vitals(&self) -> &Arc<Vitals> {
        &self.vitals
    }
}

impl<M: Message> Clone for Address<M> {
    fn clone(&self) -> Self {
        Self { line: self.line.clone(), vitals: Arc::clone(&self.vitals) }
    }
}

impl<M: Message> Clone for Line<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Actor(actor) => Self::Actor(actor.clone()),
            #[cfg(any(test, feature = "fuzzing"))]
            Self::Held(mailbox) => Self::Held(Arc::clone(mailbox)),
        }
    }
}

impl<M: Message> std::fmt::Debug for Address<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({})", self.id())
    }
}
