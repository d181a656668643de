//! Addresses without an actor: what is told is held until whoever has the mailbox takes it out, so that a
//! test or a fuzz target decides who acts next.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use ractor::{ActorCell, ActorId, Message};

use super::{Address, Line, Vitals};

/// The mailbox of one incarnation.
pub(crate) struct Mailbox<M> {
    id: u64,
    /// Stands for the actor where only one of ractor's will do.
    stand_in: Option<ActorCell>,
    inner: Mutex<Inner<M>>,
}

struct Inner<M> {
    waiting: VecDeque<M>,
    later: Vec<(Instant, M)>,
    children: Vec<Box<dyn Any + Send>>,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Alive,
    /// It ends when it has handled what it has in hand.
    Stopping,
    Dead,
}

/// An actor that was started below another one.
#[cfg_attr(not(test), expect(dead_code, reason = "fuzz targets start no actors"))]
pub(crate) struct Newborn<M: Message, T> {
    pub(crate) mailbox: Arc<Mailbox<M>>,
    pub(crate) birth: (Address<M>, T),
}

impl<M: Message> Mailbox<M> {
    pub(crate) fn new(stand_in: Option<ActorCell>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let inner = Inner { waiting: VecDeque::new(), later: Vec::new(), children: Vec::new(), fate: Fate::Alive };
        Arc::new(Self { id, stand_in, inner: Mutex::new(inner) })
    }

    /// An address of it.
    pub(crate) fn address(self: &Arc<Self>) -> Address<M> {
        Address { line: Line::Held(Arc::clone(self)), vitals: Vitals::new::<()>() }
    }

    /// Takes out what came first.
    pub(crate) fn next(&self) -> Option<M> {
        self.inner.lock().waiting.pop_front()
    }

    #[cfg(test)]
    /// Lets in what was to come by now.
    pub(crate) fn ripen(&self, now: Instant) {
        let mut inner = self.inner.lock();
        let (ripe, later) = std::mem::take(&mut inner.later).into_iter().partition(|(at, _)| *at <= now);
        inner.later = later;
        inner.waiting.extend(Vec::into_iter(ripe).map(|(_, message)| message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inner.lock().waiting.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn is_stopping(&self) -> bool {
        self.inner.lock().fate == Fate::Stopping
    }

    /// Ends it: what waits is lost, and so is what comes.
    pub(crate) fn die(&self) {
        let mut inner = self.inner.lock();
        inner.fate = Fate::Dead;
        let lost = (std::mem::take(&mut inner.waiting), std::mem::take(&mut inner.later));
        drop(inner);
        // Some commands answer when they are dropped.
        drop(lost);
    }

    #[cfg(test)]
    /// Those who were started below it since the last time.
    pub(crate) fn newborns<C: Message, T: Send + 'static>(&self) -> Vec<Newborn<C, T>> {
        let children = std::mem::take(&mut self.inner.lock().children);
        children.into_iter().filter_map(|child| child.downcast().ok()).map(|child| *child).collect()
    }

    pub(super) fn put(&self, message: M) {
        let mut inner = self.inner.lock();
        if inner.fate == Fate::Dead {
            drop(inner);
            drop(message);
        } else {
            inner.waiting.push_back(message);
        }
    }

    pub(super) fn put_after(&self, wait: Duration, message: M) {
        let mut inner = self.inner.lock();
        if inner.fate != Fate::Dead {
            inner.later.push((tokio::time::Instant::now().into_std() + wait, message));
        }
    }

    pub(super) fn bear<C: Message, T: Send + 'static>(&self, arguments: T) -> Address<C> {
        let mailbox = Mailbox::new(self.stand_in.clone());
        let address = mailbox.address();
        let newborn = Newborn { mailbox, birth: (address.clone(), arguments) };
        self.inner.lock().children.push(Box::new(newborn));
        address
    }

    pub(super) fn stop(&self) {
        let mut inner = self.inner.lock();
        if inner.fate == Fate::Alive {
            inner.fate = Fate::Stopping;
        }
    }

    pub(super) fn id(&self) -> ActorId {
        ActorId::Local(self.id)
    }

    pub(super) fn cell(&self) -> ActorCell {
        self.stand_in.clone().expect("whoever starts actors has given a stand-in for them")
    }
}
