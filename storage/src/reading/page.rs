//! Pages of a room's log.

use std::fmt::Display;

use greenroom_protocol::{
    Body, Event, MemberChanged, Message, MessageId, RoomChange, RoomChanged, Seq, Timestamp, User, UserId,
};
use uuid::Uuid;

use crate::fingerprint::ById;
use crate::journal::{Reader, Unread};
use crate::layers::EventAt;
use crate::record::{Id, Lsn, MessageRecord, Record};
use crate::rooms::{LiveRoom, room_key};
use crate::shared::Shared;
use crate::{LogEvent, Page, PageFrom, ReadError};

/// Nothing is removed yet.
const FIRST: Seq = Seq(1);

impl Shared {
    /// At most `limit` events, and at most `max_bytes` of bodies, but one event where there is one.
    pub(crate) fn page_of(
        &self,
        live: &LiveRoom,
        from: PageFrom,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Page, ReadError> {
        let head = live.head().seq.0;
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let (first, last, backwards) = match from {
            PageFrom::Newest => (head.saturating_sub(limit) + 1, head, true),
            PageFrom::Before(seq) => {
                let last = seq.0.saturating_sub(1).min(head);
                (last.saturating_sub(limit) + 1, last, true)
            }
            PageFrom::After(seq) => (seq.0.saturating_add(1), head.min(seq.0.saturating_add(limit)), false),
        };
        let mut places: Vec<(u64, EventAt)> = (first..).zip(self.events(live.key, first, last)?).collect();
        if backwards {
            places.reverse();
        }
        let mut events = self.read(live, &places, max_bytes)?;
        let more = match (backwards, events.last()) {
            (true, Some(oldest)) => oldest.event.seq() > FIRST,
            (false, Some(newest)) => newest.event.seq().0 < head,
            (true, None) => last >= FIRST.0,
            (false, None) => first <= head,
        };
        if backwards {
            events.reverse();
        }
        Ok(Page { events, more, first_seq: FIRST })
    }

    /// Reads events, in this order, until their bodies have `max_bytes`.
    fn read(&self, live: &LiveRoom, places: &[(u64, EventAt)], max_bytes: usize) -> Result<Vec<LogEvent>, ReadError> {
        let mut reader = Reader::new(&self.segments);
        let mut people = ById::default();
        let mut events = Vec::with_capacity(places.len());
        let mut bytes = 0_usize;
        for (at, &(seq, EventAt { lsn, ordinal })) in places.iter().enumerate() {
            let next = places.get(at + 1).map(|(_, next)| next.lsn);
            let event = self.event(live, Seq(seq), lsn, next, &mut reader, &mut people)?;
            bytes += event.message().map_or(0, |message| message.body.as_str().len());
            if bytes > max_bytes && !events.is_empty() {
                break;
            }
            events.push(LogEvent { event, ordinal });
        }
        Ok(events)
    }

    /// An event; what can't be read any more keeps its place.
    fn event(
        &self,
        live: &LiveRoom,
        seq: Seq,
        lsn: Lsn,
        next: Option<Lsn>,
        reader: &mut Reader<'_>,
        people: &mut ById<UserId, User>,
    ) -> Result<Event, ReadError> {
        match reader.read(lsn, next) {
            Ok(Record::Message(record)) if room_key(record.room) == live.key && record.seq == seq.0 => {
                let Ok(body) = Body::parse(record.body) else {
                    return Ok(self.damaged(live, seq, lsn, &"its body is none"));
                };
                let user = self.known_user(record.user, people)?;
                Ok(Event::Message(message(live, &record, user, body)))
            }
            Ok(Record::Member(record)) if room_key(record.room) == live.key && record.seq == seq.0 => {
                let (user, by) = (self.known_user(record.user, people)?, self.known_user(record.by, people)?);
                let (change, role, at) = (record.change.into(), record.rank.map(Into::into), record.at);
                let (room, at) = (live.id.clone(), Timestamp::from_millis(at));
                Ok(Event::Member(MemberChanged { room, seq, user, change, role, by, at }))
            }
            Ok(Record::RoomEdited(record)) if room_key(record.room) == live.key && record.seq == seq.0 => {
                let change = if record.created { RoomChange::Created } else { RoomChange::Changed };
                let (title, topic) = (record.title.into_owned(), record.topic.into_owned());
                let (room, at) = (live.id.clone(), Timestamp::from_millis(record.at));
                let by = self.known_user(record.by, people)?;
                Ok(Event::Room(RoomChanged { room, seq, change, title, topic, by, at }))
            }
            Ok(_) => Ok(self.damaged(live, seq, lsn, &"it is another record")),
            // It was counted when that part of the journal was found.
            Err(error @ Unread::Lost) => Ok(self.unreadable(live, seq, &error)),
            Err(Unread::Damaged(error)) => Ok(self.damaged(live, seq, lsn, &error)),
            Err(Unread::Disk(error)) => Err(ReadError::Disk(error.to_string())),
        }
    }

    fn known_user(&self, id: Id, people: &mut ById<UserId, User>) -> Result<User, ReadError> {
        let id = UserId(Uuid::from_bytes(id));
        if let Some(user) = people.get(&id) {
            return Ok(user.clone());
        }
        let user = self.user(id)?;
        people.insert(id, user.clone());
        Ok(user)
    }

    fn damaged(&self, live: &LiveRoom, seq: Seq, lsn: Lsn, why: &dyn Display) -> Event {
        self.segments.note_damaged(lsn, why);
        self.unreadable(live, seq, why)
    }

    fn unreadable(&self, live: &LiveRoom, seq: Seq, why: &dyn Display) -> Event {
        self.unreadable.note(&live.id, seq, why);
        Event::Unreadable { room: live.id.clone(), seq }
    }
}

fn message(live: &LiveRoom, record: &MessageRecord<'_>, user: User, body: Body) -> Message {
    Message {
        room: live.id.clone(),
        seq: Seq(record.seq),
        id: MessageId(Uuid::from_bytes(record.id)),
        user,
        body,
        at: Timestamp::from_millis(record.at),
        reply_to: record.reply_to.map(Seq),
    }
}
