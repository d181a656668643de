//! The newest events of a room, in memory.

use std::collections::VecDeque;

use greenroom_protocol::limits::{PAGE_BYTES, ROOM_RECENT_BYTES, ROOM_RECENT_EVENTS};
use greenroom_protocol::{Event, LastMessage, Message, Seq, UserId};
use greenroom_storage::{Head, LogEvent, PageFrom};

/// The newest events without a gap, up to the head of the log.
#[derive(Debug, Default)]
pub(super) struct Recent {
    events: VecDeque<LogEvent>,
    bytes: usize,
}

/// About what an event takes on the wire.
pub(crate) fn weight(event: &LogEvent) -> usize {
    const FRAME: usize = 260;
    FRAME + event.event.message().map_or(0, |message| message.body.as_str().len())
}

/// As many events from the front as fit into one frame; at least one.
pub(crate) fn fitting<'a>(events: impl Iterator<Item = &'a LogEvent>) -> usize {
    let mut bytes = 0;
    events
        .enumerate()
        .take_while(|(index, event)| {
            bytes += weight(event);
            *index == 0 || bytes <= PAGE_BYTES
        })
        .count()
}

impl Recent {
    pub(super) fn new(newest: Vec<LogEvent>) -> Self {
        let mut recent = Self::default();
        for event in newest {
            recent.push(event);
        }
        recent
    }

    /// All of them.
    pub(super) fn standing(&self) -> Vec<LogEvent> {
        self.events.iter().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn push(&mut self, event: LogEvent) {
        self.bytes += weight(&event);
        self.events.push_back(event);
        while self.events.len() > ROOM_RECENT_EVENTS || (self.bytes > ROOM_RECENT_BYTES && self.events.len() > 1) {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
    }

    /// Forgets what is no more.
    pub(super) fn trim(&mut self, gone: Seq) {
        let count = self.events.partition_point(|event| event.event.seq() <= gone);
        self.bytes -= self.events.drain(..count).map(|event| weight(&event)).sum::<usize>();
    }

    /// Forgets what somebody has said.
    pub(super) fn erase(&mut self, user: UserId) {
        for event in &mut self.events {
            let said = event.event.message().filter(|message| message.user.id == user);
            if let Some(Message { room, seq, .. }) = said.cloned() {
                self.bytes -= weight(event);
                event.event = Event::Erased { room, seq };
                self.bytes += weight(event);
            }
        }
    }

    pub(super) fn last_message(&self) -> Option<LastMessage> {
        self.events.iter().rev().find_map(|event| event.event.message()).map(LastMessage::from)
    }

    /// The last event that is not in memory any more.
    fn forgotten(&self, head: Head) -> Seq {
        Seq(head.seq.0 - self.events.len() as u64)
    }

    /// Everything after `cursor`; nothing where some of it is not in memory.
    pub(super) fn after(&self, cursor: Seq, head: Head) -> Option<Vec<LogEvent>> {
        let skip = usize::try_from(cursor.0.checked_sub(self.forgotten(head).0)?).ok()?;
        Some(self.events.iter().skip(skip).cloned().collect())
    }

    /// A page of at most `limit` events and as many bytes as a frame takes, where all of it is in memory. Events up to
    /// `gone` are no more.
    pub(super) fn page(&self, from: PageFrom, limit: usize, head: Head, gone: Seq) -> Option<Vec<LogEvent>> {
        let on_disk = self.forgotten(head).0 - gone.0;
        match from {
            PageFrom::After(cursor) => {
                let mut events = self.after(cursor.max(gone), head)?;
                events.truncate(limit);
                events.truncate(fitting(events.iter()));
                Some(events)
            }
            PageFrom::Newest => self.newest_before(head.seq.next(), limit, head, on_disk),
            PageFrom::Before(seq) => self.newest_before(seq.min(head.seq.next()), limit, head, on_disk),
        }
    }

    fn newest_before(&self, seq: Seq, limit: usize, head: Head, on_disk: u64) -> Option<Vec<LogEvent>> {
        let end = usize::try_from(seq.0.checked_sub(1)?.checked_sub(self.forgotten(head).0)?).ok()?;
        let limit = limit.min(end + usize::try_from(on_disk).unwrap_or(usize::MAX));
        let wanted = fitting(self.events.iter().take(end).rev().take(limit));
        // All that was asked for, or as much as one frame takes; else the rest is on the disk.
        let whole = wanted == limit || wanted < end;
        whole.then(|| self.events.iter().take(end).skip(end - wanted).cloned().collect())
    }
}
