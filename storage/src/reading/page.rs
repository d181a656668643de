//! Pages of a room's log.

use std::fmt::Display;

use greenroom_protocol::{
    Body, Event, MemberChanged, Message, MessageId, RoomChange, RoomChanged, Seq, Timestamp, User, UserId,
};
use uuid::Uuid;

use crate::fingerprint::ById;
use crate::journal::{Reader, Unread};
use crate::layers::EventAt;
use crate::record::{Id, Lsn, MessageRecord, Record, RoomEdited, RoomKept};
use crate::rooms::{LiveRoom, room_key};
use crate::shared::Shared;
use crate::{LogEvent, Page, PageFrom, ReadError};

impl Shared {
    /// At most `limit` events, and at most `max_bytes` of bodies, but one event where there is one.
    pub(crate) fn page_of(
        &self,
        live: &LiveRoom,
        from: PageFrom,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Page, ReadError> {
        let (head, gone) = (live.head().seq.0, live.room().gone);
        let oldest = gone.seq.next();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let newest_up_to = |last: u64| (oldest.0.max(last.saturating_sub(limit) + 1), last, true);
        let (first, last, backwards) = match from {
            PageFrom::Newest => newest_up_to(head),
            PageFrom::Before(seq) => newest_up_to(seq.0.saturating_sub(1).min(head)),
            PageFrom::After(seq) => {
                let first = oldest.0.max(seq.0.saturating_add(1));
                (first, head.min((first - 1).saturating_add(limit)), false)
            }
        };
        let mut places: Vec<(u64, EventAt)> = (first..).zip(self.events(live.key, first, last)?).collect();
        if backwards {
            places.reverse();
        }
        let mut events = self.read(live, &places, max_bytes)?;
        let more = match (backwards, events.last()) {
            (true, Some(first)) => first.event.seq() > oldest,
            (false, Some(newest)) => newest.event.seq().0 < head,
            (true, None) => last >= oldest.0,
            (false, None) => first <= head,
        };
        if backwards {
            events.reverse();
        }
        Ok(Page { events, more, gone })
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
                if self.is_erased(record.user, lsn) {
                    return Ok(Event::Erased { room: live.id.clone(), seq });
                }
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
                let by = self.known_user(record.by, people)?;
                Ok(Event::Room(edited(live, record, None, by)))
            }
            Ok(Record::RoomKept(RoomKept { edited: record, seconds }))
                if room_key(record.room) == live.key && record.seq == seq.0 =>
            {
                let by = self.known_user(record.by, people)?;
                Ok(Event::Room(edited(live, record, Some(seconds), by)))
            }
            Ok(Record::Stub(stub)) if room_key(stub.room) == live.key && stub.seq == seq.0 => {
                Ok(Event::Erased { room: live.id.clone(), seq })
            }
            Ok(_) => Ok(self.damaged(live, seq, lsn, &"it is another record")),
            // It was counted when that part of the journal was found.
            Err(error @ Unread::Lost) => Ok(self.unreadable(live, seq, &error)),
            Err(Unread::Damaged(error)) => Ok(self.damaged(live, seq, lsn, &error)),
            Err(Unread::Disk(error)) => Err(ReadError::Disk(error.to_string())),
        }
    }

    /// Whether a message of this person, in this record, is no more.
    fn is_erased(&self, user: Id, lsn: Lsn) -> bool {
        self.erased.read().get(&UserId(Uuid::from_bytes(user))).is_some_and(|&until| lsn < until)
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

fn edited(live: &LiveRoom, record: RoomEdited<'_>, retention_s: Option<u64>, by: User) -> RoomChanged {
    let change = if record.created { RoomChange::Created } else { RoomChange::Changed };
    let (title, topic) = (record.title.into_owned(), record.topic.into_owned());
    let (room, seq, at) = (live.id.clone(), Seq(record.seq), Timestamp::from_millis(record.at));
    RoomChanged { room, seq, change, title, topic, retention_s, by, at }
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
