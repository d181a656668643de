//! Rooms that are asked for, and changes of rooms and their members.

use std::sync::Arc;
use std::time::Duration;

use greenroom_protocol::{Event, MemberChange, MemberChanged, RoomChange, RoomChanged, Seq, Timestamp, User, UserId};

use super::plan::{Admission, Enacted, Made};
use super::{Planner, RoomKey};
use crate::record::{Lsn, MemberRecord, Record, RoomDeleted, RoomEdited, RoomKept, Trimmed};
use crate::rooms::Alteration;
use crate::{Act, Enact, EnactRefused, Head, LogEvent, MakeRefused, MakeRoom, NewRoom, Room, Trim};

/// What everything that is done has: who does it, and when.
#[derive(Clone, Copy)]
struct Deed<'a> {
    by: &'a User,
    at: Timestamp,
}

/// What a room is from now on.
#[derive(Clone, Copy)]
struct Edit<'a> {
    title: &'a str,
    topic: &'a str,
    retention: Option<Duration>,
    /// Whether it is made with this.
    created: bool,
}

impl Planner<'_> {
    pub(super) fn make_room(&mut self, make: &MakeRoom) -> Result<Made, MakeRefused> {
        if self.ledger.by_id.contains_key(&make.room) {
            return Err(MakeRefused::Taken);
        }
        if let Admission::Refuse(refused) = self.admission {
            return Err(refused.into());
        }
        self.introduce(&make.by, make.guest);
        let (kind, title) = (make.kind, make.title.clone());
        let key = self.make(&make.room, &NewRoom { kind, title, by: make.by.id, at: make.at }).key;
        let deed = Deed { by: &make.by, at: make.at };
        let mut events = Vec::new();
        let edit = Edit { title: &make.title, topic: &make.topic, retention: None, created: true };
        events.extend(self.edit(key, deed, edit));
        self.list(make.by.id, key, make.at, true);
        for (user, guest) in &make.members {
            self.introduce(user, *guest);
            let role = Some(greenroom_protocol::Role::Member);
            events.extend(self.member(key, deed, user, MemberChange::Added, role));
        }
        let room = self.room(key).ok_or(MakeRefused::Taken)?;
        Ok(Made { room, events })
    }

    pub(super) fn enact(&mut self, enact: &Enact) -> Result<Enacted, EnactRefused> {
        if self.is_deleted(enact.room) {
            return Err(EnactRefused::NoRoom);
        }
        let changed = self.changed(enact.room).ok_or(EnactRefused::NoRoom)?;
        if changed != enact.known {
            return Err(EnactRefused::Stale);
        }
        if let Admission::Refuse(refused) = self.admission {
            return Err(refused.into());
        }
        self.introduce(&enact.by, enact.guest);
        let deed = Deed { by: &enact.by, at: enact.at };
        Ok(Enacted(match &enact.act {
            Act::Member { user, guest, change, role } => {
                self.introduce(user, *guest);
                self.member(enact.room, deed, user, *change, *role)
            }
            Act::Edit { title, topic, retention } => {
                self.edit(enact.room, deed, Edit { title, topic, retention: *retention, created: false })
            }
            Act::Delete => {
                self.delete(enact.room, deed);
                None
            }
        }))
    }

    fn member(
        &mut self,
        room: RoomKey,
        deed: Deed<'_>,
        user: &User,
        change: MemberChange,
        role: Option<greenroom_protocol::Role>,
    ) -> Option<(Lsn, LogEvent)> {
        let Head { seq, ordinal } = self.next_place(room, 0)?;
        let lsn = self.frame.push(&Record::Member(MemberRecord {
            room: *room.0.as_bytes(),
            seq: seq.0,
            ordinal,
            user: *user.id.0.as_bytes(),
            change: change.into(),
            rank: role.map(Into::into),
            by: *deed.by.id.0.as_bytes(),
            at: deed.at.as_millis(),
        }));
        let is_member = role.is_some();
        if self.follows(user.id, room) != is_member {
            self.list(user.id, room, deed.at, is_member);
        }
        self.planned.roles.insert((room, user.id), role);
        self.alter(room, seq, Alteration::Role { user: user.id, role, seq });
        let (id, user, by) = (self.room(room)?.id.clone(), user.clone(), deed.by.clone());
        let event = Event::Member(MemberChanged { room: id, seq, user, change, role, by, at: deed.at });
        Some((lsn, LogEvent { event, ordinal }))
    }

    fn edit(&mut self, key: RoomKey, deed: Deed<'_>, edit: Edit<'_>) -> Option<(Lsn, LogEvent)> {
        let Edit { title, topic, retention, created } = edit;
        let before = self.room(key)?;
        let Head { seq, ordinal } = self.next_place(key, 0)?;
        let edited = RoomEdited {
            room: *key.0.as_bytes(),
            seq: seq.0,
            ordinal,
            created,
            title: title.into(),
            topic: topic.into(),
            by: *deed.by.id.0.as_bytes(),
            at: deed.at.as_millis(),
        };
        let lsn = self.frame.push(&match retention {
            None => Record::RoomEdited(edited),
            Some(time) => Record::RoomKept(RoomKept { edited, seconds: time.as_secs() }),
        });
        let room = Arc::new(Room { title: title.into(), topic: topic.into(), retention, ..(*before).clone() });
        self.planned.edited.insert(key, Arc::clone(&room));
        let (id, by) = (room.id.clone(), deed.by.clone());
        self.alter(key, seq, Alteration::Edited { room, seq });
        let change = if created { RoomChange::Created } else { RoomChange::Changed };
        let (title, topic) = (title.to_owned(), topic.to_owned());
        let retention_s = retention.map(|time| time.as_secs());
        let event = Event::Room(RoomChanged { room: id, seq, change, title, topic, retention_s, by, at: deed.at });
        Some((lsn, LogEvent { event, ordinal }))
    }

    /// Notes that events are no more. What is no more stays so, and what is not said yet can't be.
    pub(super) fn trim(&mut self, trim: &Trim) -> bool {
        let (Some(before), Some(place)) = (self.room(trim.room), self.ledger.rooms.get(&trim.room)) else {
            return false;
        };
        let possible = trim.gone.seq > before.gone.seq && trim.gone.seq <= place.head.seq;
        if !possible || self.is_deleted(trim.room) || self.admission != Admission::Take {
            return false;
        }
        let Head { seq, ordinal } = trim.gone;
        self.frame.push(&Record::Trimmed(Trimmed { room: *trim.room.0.as_bytes(), seq: seq.0, ordinal }));
        let room = Arc::new(Room { gone: trim.gone, ..(*before).clone() });
        self.planned.edited.insert(trim.room, Arc::clone(&room));
        self.plan.altered.push((trim.room, Alteration::Trimmed { room }));
        true
    }

    fn delete(&mut self, room: RoomKey, deed: Deed<'_>) {
        let by = *deed.by.id.0.as_bytes();
        self.frame.push(&Record::RoomDeleted(RoomDeleted { room: *room.0.as_bytes(), by, at: deed.at.as_millis() }));
        self.planned.deleted.insert(room);
        self.plan.altered.push((room, Alteration::Deleted));
    }

    fn alter(&mut self, room: RoomKey, seq: Seq, alteration: Alteration) {
        self.planned.changed.insert(room, seq);
        self.plan.altered.push((room, alteration));
    }

    // --- as it will be when all that is planned is durable ---

    pub(super) fn room(&self, room: RoomKey) -> Option<Arc<Room>> {
        let edited = self.planned.edited.get(&room).cloned();
        edited.or_else(|| Some(self.ledger.rooms.get(&room)?.live.room()))
    }

    pub(super) fn is_deleted(&self, room: RoomKey) -> bool {
        self.planned.deleted.contains(&room)
            || self.ledger.rooms.get(&room).is_some_and(|place| place.live.is_deleted())
    }

    pub(super) fn admits(&self, room: RoomKey, user: UserId) -> bool {
        let Some(place) = self.ledger.rooms.get(&room) else { return false };
        if self.planned.deleted.contains(&room) {
            return false;
        }
        let is_public = place.live.kind == greenroom_protocol::RoomKind::Group;
        match self.planned.roles.get(&(room, user)) {
            Some(role) if !is_public => role.is_some(),
            Some(_) | None => place.live.crew(|crew| crew.admits(place.live.kind, user)),
        }
    }

    fn changed(&self, room: RoomKey) -> Option<Seq> {
        let planned = self.planned.changed.get(&room).copied();
        planned.or_else(|| Some(self.ledger.rooms.get(&room)?.live.crew(|crew| crew.changed)))
    }
}
