//! Writes the lines.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use greenroom_protocol::{Body, MessageId, Name, RoomId, RoomKind, Seq, Timestamp, UserId};
use uuid::Uuid;

use super::line::{
    AccountLine, CursorLine, End, ErasedLine, FollowLine, Header, Line, LostLine, MemberLine, MessageLine,
    RoomDeletedLine, RoomEditedLine, RoomLine, SecretLine, SeenLine, SignInLine, TrimmedLine, UserLine, VERSION,
};
use crate::accounts::{Kept, kept};
use crate::data_dir::Looked;
use crate::documents::{Key, Puts};
use crate::journal::Segments;
use crate::journal::recovery::look;
use crate::life::Life;
use crate::logs::{Logs, Step, room_of_event};
use crate::record::{
    CursorsMoved, Followed, Id, Lsn, MemberRecord, MessageRecord, Record, RoomCreated, RoomEdited, RoomKept,
};
use crate::rooms::{nameless, room_key};
use crate::{Cursor, RoomKey, StartError};

/// What is to be exported.
#[derive(Debug, Clone)]
pub struct ExportAsked {
    /// A data directory that nobody uses, or a backup.
    pub data: PathBuf,
    /// Only this room, and the people in it.
    pub room: Option<RoomId>,
    /// Whether passwords and the like are written, too.
    pub secrets: bool,
    /// The version of the program, for whoever reads the header.
    pub version: String,
    /// Now.
    pub at: Timestamp,
}

/// What was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Lines, the first and the last with them.
    pub lines: u64,
    /// Messages.
    pub messages: u64,
    /// Records of the journal that could not be read.
    pub lost: u64,
}

/// Why there is no export, or no whole one.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailed {
    /// The data directory can't be read.
    #[error(transparent)]
    Store(#[from] StartError),
    /// There is no such room.
    #[error("there is no room {0} in {1}")]
    NoRoom(RoomId, PathBuf),
    /// A document makes no sense to this version.
    #[error("a stored account makes no sense; greenroom check tells whether it is damaged")]
    Account,
    /// The journal can't be read, or the export can't be written.
    #[error("the journal can't be read, or the export can't be written")]
    Disk(#[from] io::Error),
}

/// Writes a store as lines.
///
/// # Errors
/// Where it can't be read, or the lines can't be written.
pub fn export(asked: &ExportAsked, out: &mut dyn Write) -> Result<Exported, ExportFailed> {
    let dir = Looked::open(&asked.data)?;
    let (segments, next) = look(&dir.journal(), dir.store)?;
    let mut known = Known::default();
    let lost = segments.replay(0, next - 1, |lsn, record| {
        known.take(lsn, &record);
        Ok(())
    })?;
    if let Some(room) = &asked.room {
        known.keep_only(room).ok_or_else(|| ExportFailed::NoRoom(room.clone(), asked.data.clone()))?;
    }
    let mut lines = Lines { out, written: Exported { lost, ..Exported::default() } };
    lines.write(&Line::Greenroom(Header {
        version: VERSION,
        greenroom: asked.version.clone(),
        at: asked.at,
        store: dir.store,
        last_record: next - 1,
        secrets: asked.secrets,
        room: asked.room.clone(),
    }))?;
    if asked.secrets {
        lines.secret(&dir.secret())?;
    }
    known.people(asked.secrets, &mut lines)?;
    for room in known.rooms.values() {
        lines.write(&Line::Room(room.clone()))?;
    }
    happened(&segments, next - 1, &known, &mut lines)?;
    for (&(room, user), cursor) in &known.cursors {
        let Some(room) = known.id_of(room) else { continue };
        let Cursor { delivered, read, read_ordinal: read_messages } = *cursor;
        lines.write(&Line::Cursor(CursorLine { room, user, delivered, read, read_messages }))?;
    }
    let before = lines.written.lines;
    lines.write(&Line::End(End { lines: before }))?;
    lines.out.flush()?;
    Ok(lines.written)
}

/// Writes what happened in the rooms, in order.
fn happened(segments: &Segments, newest: Lsn, known: &Known, lines: &mut Lines<'_>) -> io::Result<()> {
    let mut logs = Logs::default();
    let replayed = segments.replay(0, newest, |lsn, record| {
        let step = logs.take(&record);
        let room = room_of_event(&record);
        if let (Step::Behind { last, .. }, Some(key), false) = (step, room, matches!(record, Record::Skipped(_)))
            && let Some(room) = known.id_of(key)
        {
            let counted = u64::from(matches!(record, Record::Message(_) | Record::Stub(_)));
            let messages = logs.head(key).ordinal.saturating_sub(counted);
            lines.write(&Line::Lost(LostLine { room, seq: last, messages }))?;
        }
        match known.line_of(lsn, &record) {
            Some(line) if step != Step::Taken => lines.write(&line),
            Some(_) | None => Ok(()),
        }
    });
    replayed.map(|_| ())
}

/// What is told before what happened, and after it.
#[derive(Default)]
struct Known {
    people: BTreeMap<UserId, (Name, bool)>,
    documents: Puts,
    /// By the order in which they were made: a key begins with its time.
    rooms: BTreeMap<RoomKey, RoomLine>,
    cursors: BTreeMap<(RoomKey, UserId), Cursor>,
    /// The newest event of each room that is no more.
    gone: HashMap<RoomKey, Seq>,
    /// Whose messages are no more, up to which record.
    erased: HashMap<UserId, Lsn>,
    /// Who has to do with which room.
    seen: HashSet<(RoomKey, UserId)>,
    /// The only people that are told of.
    only: Option<HashSet<UserId>>,
}

impl Known {
    fn take(&mut self, lsn: Lsn, record: &Record<'_>) {
        match record {
            Record::RoomCreated(made) => {
                if let Some(room) = line_of_room(made) {
                    self.rooms.insert(room_key(made.key), room);
                }
            }
            Record::Person(person) => {
                if let Ok(name) = Name::guest(&person.name) {
                    self.people.insert(user_id(person.user), (name, person.guest));
                }
            }
            Record::Message(said) => {
                self.see(said.room, said.user);
                let at = Seq(said.seq);
                self.move_cursor(said.room, said.user, Cursor { delivered: at, read: at, read_ordinal: said.ordinal });
            }
            Record::Follow(follow) | Record::Unfollow(follow) => self.see(follow.room, follow.user),
            Record::Member(member) => {
                self.see(member.room, member.user);
                self.see(member.room, member.by);
                self.join_direct(member);
            }
            Record::RoomEdited(edited) | Record::RoomKept(RoomKept { edited, .. }) => self.see(edited.room, edited.by),
            Record::Trimmed(trimmed) => {
                self.gone.insert(room_key(trimmed.room), Seq(trimmed.seq));
            }
            Record::Erased(erased) => {
                self.erased.insert(user_id(erased.user), lsn);
            }
            Record::RoomDeleted(deleted) => self.see(deleted.room, deleted.by),
            Record::Cursors(moved) => {
                let CursorsMoved { room, user, delivered, read, read_ordinal } = *moved;
                self.see(room, user);
                self.move_cursor(room, user, Cursor { delivered: Seq(delivered), read: Seq(read), read_ordinal });
            }
            Record::Skipped(_) | Record::Stub(_) => {}
            Record::Document(put) => {
                self.documents.insert(Key::from_bytes(put.key), put.value.map(<[u8]>::to_vec));
            }
        }
        if let Some(room) = room_of_event(record) {
            self.rooms.entry(room).or_insert_with(|| line_of_nameless(room));
        }
    }

    fn see(&mut self, room: Id, user: Id) {
        self.seen.insert((room_key(room), user_id(user)));
    }

    /// Whoever is added to a direct room is the other one.
    fn join_direct(&mut self, member: &MemberRecord) {
        if let Some(room) = self.rooms.get_mut(&room_key(member.room)).filter(|room| room.kind == RoomKind::Direct) {
            room.between = Some([room.by, user_id(member.user)]);
        }
    }

    fn move_cursor(&mut self, room: Id, user: Id, to: Cursor) {
        let cursor = self.cursors.entry((room_key(room), user_id(user))).or_default();
        *cursor = cursor.farthest(to);
    }

    fn keep_only(&mut self, room: &RoomId) -> Option<()> {
        self.rooms.retain(|_, line| line.id == *room);
        let (&key, line) = self.rooms.first_key_value()?;
        let here = self.seen.iter().filter(|(room, _)| *room == key).map(|(_, user)| *user);
        self.only = Some(here.chain([line.by]).collect());
        Some(())
    }

    fn id_of(&self, room: RoomKey) -> Option<RoomId> {
        self.rooms.get(&room).map(|room| room.id.clone())
    }

    fn people(&self, secrets: bool, lines: &mut Lines<'_>) -> Result<(), ExportFailed> {
        let (mut accounts, mut sign_ins, mut last_seen) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (key, value) in self.documents.iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
            match kept(key, value).map_err(|_| ExportFailed::Account)? {
                Kept::Account(account) => {
                    accounts.insert(account.id, account);
                }
                Kept::SignIn(token, sign_in) => sign_ins.push((token, sign_in)),
                Kept::Seen(user, at) => last_seen.push(SeenLine { user, at }),
                Kept::Derived => {}
            }
        }
        let mut people = self.people.clone();
        for account in accounts.values() {
            people.entry(account.id).or_insert_with(|| (account.name.clone(), false));
        }
        // Whose name is lost is called as the server calls them.
        let unknown = Name::guest("unknown").expect("it breaks no rule of names");
        for &(_, user) in &self.seen {
            people.entry(user).or_insert_with(|| (unknown.clone(), true));
        }
        sign_ins.retain(|(_, sign_in)| secrets && people.contains_key(&sign_in.user));
        last_seen.retain(|seen| people.contains_key(&seen.user));
        let told = |user: &UserId| self.only.as_ref().is_none_or(|only| only.contains(user));
        for (id, (name, guest)) in people.into_iter().filter(|(user, _)| told(user)) {
            let account = accounts.remove(&id).map(|account| AccountLine::of(account, secrets));
            lines.write(&Line::User(UserLine { id, name, guest, account }))?;
        }
        for (token, sign_in) in sign_ins.into_iter().filter(|(_, sign_in)| told(&sign_in.user)) {
            let token_hash = BASE64.encode(token);
            let (user, from, until) = (sign_in.user, sign_in.from, sign_in.until);
            lines.write(&Line::SignIn(SignInLine { user, token_hash, from, until }))?;
        }
        for seen in last_seen.into_iter().filter(|seen| told(&seen.user)) {
            lines.write(&Line::Seen(seen))?;
        }
        Ok(())
    }

    /// The line of something that happened; none where it is told elsewhere, or in a room that is left out.
    fn line_of(&self, lsn: Lsn, record: &Record<'_>) -> Option<Line> {
        match record {
            Record::Message(said) if self.is_gone(lsn, said) => self.stub(said.room, said.seq, said.at),
            Record::Message(said) => self.message(said),
            Record::Stub(stub) => self.stub(stub.room, stub.seq, stub.at),
            Record::Trimmed(trimmed) => {
                let room = self.id_of(room_key(trimmed.room))?;
                Some(Line::Trimmed(TrimmedLine { room, seq: Seq(trimmed.seq), messages: trimmed.ordinal }))
            }
            Record::Follow(follow) => Some(Line::Follow(self.follow(follow)?)),
            Record::Unfollow(follow) => Some(Line::Unfollow(self.follow(follow)?)),
            Record::Member(member) => self.member(member),
            Record::RoomEdited(edited) => self.edited(edited, None),
            Record::RoomKept(RoomKept { edited, seconds }) => self.edited(edited, Some(*seconds)),
            Record::RoomDeleted(deleted) => {
                let (room, by, at) = (self.id_of(room_key(deleted.room))?, user_id(deleted.by), time(deleted.at));
                Some(Line::RoomDeleted(RoomDeletedLine { room, by, at }))
            }
            Record::Skipped(skipped) => {
                let room = self.id_of(room_key(skipped.room))?;
                Some(Line::Lost(LostLine { room, seq: Seq(skipped.seq), messages: skipped.ordinal }))
            }
            Record::RoomCreated(_)
            | Record::Person(_)
            | Record::Cursors(_)
            | Record::Document(_)
            | Record::Erased(_) => None,
        }
    }

    fn follow(&self, follow: &Followed) -> Option<FollowLine> {
        Some(FollowLine { room: self.id_of(room_key(follow.room))?, user: user_id(follow.user), at: time(follow.at) })
    }

    fn member(&self, member: &MemberRecord) -> Option<Line> {
        Some(Line::Member(MemberLine {
            room: self.id_of(room_key(member.room))?,
            seq: Seq(member.seq),
            user: user_id(member.user),
            change: member.change.into(),
            role: member.rank.map(Into::into),
            by: user_id(member.by),
            at: time(member.at),
        }))
    }

    /// Whether nobody can read it any more, though its text is still in the journal.
    fn is_gone(&self, lsn: Lsn, said: &MessageRecord<'_>) -> bool {
        let trimmed = self.gone.get(&room_key(said.room)).is_some_and(|gone| said.seq <= gone.0);
        trimmed || self.erased.get(&user_id(said.user)).is_some_and(|&until| lsn < until)
    }

    fn stub(&self, room: Id, seq: u64, at: i64) -> Option<Line> {
        Some(Line::Erased(ErasedLine { room: self.id_of(room_key(room))?, seq: Seq(seq), at: time(at) }))
    }

    fn edited(&self, edited: &RoomEdited<'_>, retention_s: Option<u64>) -> Option<Line> {
        Some(Line::RoomEdited(RoomEditedLine {
            room: self.id_of(room_key(edited.room))?,
            seq: Seq(edited.seq),
            created: edited.created,
            title: edited.title.clone().into_owned(),
            topic: edited.topic.clone().into_owned(),
            retention_s,
            by: user_id(edited.by),
            at: time(edited.at),
        }))
    }

    fn message(&self, said: &MessageRecord<'_>) -> Option<Line> {
        Some(Line::Message(MessageLine {
            room: self.id_of(room_key(said.room))?,
            seq: Seq(said.seq),
            id: MessageId(Uuid::from_bytes(said.id)),
            user: user_id(said.user),
            at: time(said.at),
            reply_to: said.reply_to.map(Seq),
            body: Body::parse(said.body).ok()?,
        }))
    }
}

fn line_of_room(made: &RoomCreated<'_>) -> Option<RoomLine> {
    Some(RoomLine {
        id: RoomId::parse(&made.id).ok()?,
        key: Uuid::from_bytes(made.key),
        kind: made.kind.into(),
        title: made.title.clone().into_owned(),
        epoch: Life::default().epoch(Uuid::from_bytes(made.epoch)),
        by: user_id(made.by),
        at: time(made.at),
        between: None,
    })
}

/// A room whose making is lost gets the name that the server gives it.
fn line_of_nameless(key: RoomKey) -> RoomLine {
    let room = nameless(key, Life::default());
    let (id, kind, title, epoch) = (room.id, room.kind, room.title, room.epoch);
    RoomLine { id, key: key.0, kind, title, epoch, by: UserId(Uuid::nil()), at: time(0), between: None }
}

fn user_id(id: Id) -> UserId {
    UserId(Uuid::from_bytes(id))
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Where the lines go.
struct Lines<'a> {
    out: &'a mut dyn Write,
    written: Exported,
}

impl Lines<'_> {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")?;
        self.written.lines += 1;
        self.written.messages += u64::from(matches!(line, Line::Message(_)));
        Ok(())
    }

    fn secret(&mut self, path: &Path) -> io::Result<()> {
        match std::fs::read(path) {
            Ok(secret) => self.write(&Line::Secret(SecretLine { guest_tokens: BASE64.encode(secret) })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
