//! Makes a store of the lines.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use greenroom_protocol::limits::{BATCH_BYTES, DISK_RESERVE_BYTES, PREALLOCATE_BYTES, SEGMENT_BYTES};
use greenroom_protocol::{RoomId, Seq, UserId};

use super::line::{
    CursorLine, End, ErasedLine, FollowLine, Header, Line, LostLine, MemberLine, MessageLine, RoomDeletedLine,
    RoomEditedLine, RoomLine, SecretLine, SeenLine, SignInLine, TrimmedLine, UserLine, VERSION,
};
use crate::accounts::{Access, Admins, SignIn, admins_put, documents_of, seen_put, sign_in_puts};
use crate::backup::{beside, is_free, put_in_place};
use crate::data_dir::DataDir;
use crate::disk::{RealDisk, write_whole};
use crate::documents::Key;
use crate::fingerprint::IdMap;
use crate::floor::Floor;
use crate::journal::recovery::{Recovered, recover};
use crate::journal::tail::{JournalTail, NotAppended, Space};
use crate::journal::{FrameBuilder, Segments};
use crate::record::{
    CursorsMoved, DocumentPut, Followed, Lsn, MemberRecord, MessageRecord, Person, RECORD_BYTES_MAX, Record,
    RoomCreated, RoomDeleted, RoomEdited, RoomKept, Skipped, Stub, Trimmed,
};
use crate::standings::direct_room;
use crate::{Head, RoomKey, StartError};

/// What was imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// People.
    pub users: usize,
    /// Rooms.
    pub rooms: usize,
    /// Messages.
    pub messages: u64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailed {
    /// A line is not what it should be.
    #[error("line {line}: {why}; nothing was imported")]
    Line {
        /// Which, from 1 on.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The last line is missing.
    #[error("the end is missing: after line {0} there should be more; nothing was imported")]
    Short(u64),
    /// Nothing is overwritten.
    #[error("{0} is not empty; give another directory with --data, or empty it")]
    NotEmpty(PathBuf),
    /// The new directory can't be made.
    #[error(transparent)]
    Store(#[from] StartError),
    /// The lines can't be read, or the journal can't be written.
    #[error("the lines can't be read, or the journal can't be written; nothing was imported")]
    Disk(#[from] io::Error),
}

/// Makes a data directory of lines that [`export`](super::export) has written. It is there whole, or not at all.
///
/// # Errors
/// Where a line breaks a rule, or the directory is there already and not empty.
pub fn import(data: &Path, lines: &mut dyn BufRead) -> Result<Imported, ImportFailed> {
    let partial = beside(data, "partial");
    for dir in [data, &partial] {
        if !is_free(dir)? {
            return Err(ImportFailed::NotEmpty(dir.into()));
        }
    }
    let made = write(&partial, lines).and_then(|imported| {
        put_in_place(&partial, data)?;
        Ok(imported)
    });
    if made.is_err() && partial.exists() {
        std::fs::remove_dir_all(&partial)?;
    }
    made
}

fn write(partial: &Path, lines: &mut dyn BufRead) -> Result<Imported, ImportFailed> {
    let mut import = Import::begin(partial)?;
    let mut text = String::new();
    let mut number = 0;
    loop {
        text.clear();
        if lines.read_line(&mut text)? == 0 {
            return Err(ImportFailed::Short(number));
        }
        number += 1;
        let wrong = |why: String| ImportFailed::Line { line: number, why };
        let line: Line = serde_json::from_str(&text).map_err(|error| wrong(no_line(&error)))?;
        match import.take(number, line) {
            Ok(Next::More) => {}
            Ok(Next::Done) => break,
            Err(Wrong::Line(why)) => return Err(wrong(why)),
            Err(Wrong::Disk(error)) => return Err(error.into()),
        }
    }
    text.clear();
    if lines.read_line(&mut text)? > 0 {
        return Err(ImportFailed::Line { line: number + 1, why: "something follows the end".into() });
    }
    Ok(import.finish()?)
}

/// What is wrong, and where in the line: of which line it is, serde knows nothing.
fn no_line(error: &serde_json::Error) -> String {
    let (text, column) = (error.to_string(), error.column());
    let place = format!(" at line {} column {column}", error.line());
    text.strip_suffix(&place).map_or(text.clone(), |what| format!("{what} (column {column})"))
}

/// Whether more lines belong to it.
enum Next {
    More,
    Done,
}

/// Why a line was not taken.
enum Wrong {
    Line(String),
    Disk(io::Error),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// A rule that a line has to keep.
fn must(kept: bool, why: impl FnOnce() -> String) -> Result<(), Wrong> {
    if kept { Ok(()) } else { Err(Wrong::Line(why())) }
}

/// A store in the making.
struct Import {
    dir: DataDir,
    segments: Arc<Segments>,
    tail: JournalTail,
    frame: FrameBuilder,
    /// The messages of the newest segment.
    ids: IdMap,
    users: HashSet<UserId>,
    rooms: HashMap<RoomId, (RoomKey, Head)>,
    keys: HashSet<RoomKey>,
    taken: HashSet<Key>,
    admins: Admins,
    messages: u64,
}

impl Import {
    fn begin(partial: &Path) -> Result<Self, StartError> {
        let dir = DataDir::open_in_another_life(partial)?;
        let disk = Arc::new(RealDisk);
        let Recovered { segments, beginning, mut frame, .. } = recover(&dir.journal(), dir.store, &*disk)?;
        frame.begin(beginning.next);
        let space = Space {
            segment: SEGMENT_BYTES,
            step: PREALLOCATE_BYTES,
            reserve: DISK_RESERVE_BYTES,
            believed_full: std::time::Duration::ZERO,
        };
        let tail = JournalTail::new(disk, dir.journal(), dir.store, space, Arc::clone(&segments), beginning);
        Ok(Self {
            dir,
            segments,
            tail,
            frame,
            ids: IdMap::default(),
            users: HashSet::new(),
            rooms: HashMap::new(),
            keys: HashSet::new(),
            taken: HashSet::new(),
            admins: Admins::new(),
            messages: 0,
        })
    }

    fn take(&mut self, number: u64, line: Line) -> Result<Next, Wrong> {
        must(matches!(line, Line::Greenroom(_)) == (number == 1), || {
            "the header is the first line, and no other".into()
        })?;
        match line {
            Line::Greenroom(header) => Self::header(&header)?,
            Line::Secret(secret) => self.secret(&secret)?,
            Line::User(user) => self.user(user)?,
            Line::SignIn(sign_in) => self.sign_in(&sign_in)?,
            Line::Seen(seen) => self.seen(&seen)?,
            Line::Room(room) => self.room(room)?,
            Line::Follow(follow) => self.follow(&follow, Record::Follow)?,
            Line::Unfollow(follow) => self.follow(&follow, Record::Unfollow)?,
            Line::Message(message) => self.message(&message)?,
            Line::Member(member) => self.member(&member)?,
            Line::RoomEdited(edited) => self.edited(&edited)?,
            Line::RoomDeleted(deleted) => self.deleted(&deleted)?,
            Line::Trimmed(trimmed) => self.trimmed(&trimmed)?,
            Line::Erased(erased) => self.erased(&erased)?,
            Line::Lost(lost) => self.lost(&lost)?,
            Line::Cursor(cursor) => self.cursor(&cursor)?,
            Line::End(End { lines }) => {
                must(lines == number - 1, || format!("{lines} lines should come before it, not {}", number - 1))?;
                return Ok(Next::Done);
            }
        }
        Ok(Next::More)
    }

    fn header(header: &Header) -> Result<(), Wrong> {
        must(header.version == VERSION, || {
            format!(
                "it has version {}, this greenroom knows {VERSION}; import it with {}",
                header.version, header.greenroom
            )
        })
    }

    fn secret(&mut self, secret: &SecretLine) -> Result<(), Wrong> {
        let bytes = BASE64.decode(&secret.guest_tokens).unwrap_or_default();
        must(bytes.len() == self.dir.secret.len(), || "the secret has 32 bytes, in base64".into())?;
        self.dir.secret.copy_from_slice(&bytes);
        Ok(write_whole(&self.dir.path.join("secret"), &bytes)?)
    }

    fn user(&mut self, user: UserLine) -> Result<(), Wrong> {
        must(self.users.insert(user.id), || format!("{} was there before", user.id.0))?;
        let (id, name, guest) = (*user.id.0.as_bytes(), user.name.as_str().into(), user.guest);
        self.push(&Record::Person(Person { user: id, name, guest }))?;
        let Some(account) = user.account else { return Ok(()) };
        let (name, account) = (account.name.clone(), account.account(user.id));
        if account.admin && account.access == Access::Open {
            self.admins.insert(user.id);
            let (key, value) = admins_put(&self.admins);
            self.push(&Record::Document(DocumentPut { key: key.as_bytes(), value: value.as_deref() }))?;
        }
        for (key, value) in documents_of(&account) {
            must(self.taken.insert(key.clone()), || {
                format!("the account {name} has a name or an e-mail that is another's")
            })?;
            self.push(&Record::Document(DocumentPut { key: key.as_bytes(), value: value.as_deref() }))?;
        }
        Ok(())
    }

    fn sign_in(&mut self, line: &SignInLine) -> Result<(), Wrong> {
        self.knows(line.user)?;
        let token = BASE64.decode(&line.token_hash).ok().and_then(|token| token.try_into().ok());
        let token = token.ok_or_else(|| Wrong::Line("a token's hash has 32 bytes, in base64".into()))?;
        let sign_in = SignIn { user: line.user, from: line.from, until: line.until };
        for (key, value) in sign_in_puts(token, sign_in) {
            self.push(&Record::Document(DocumentPut { key: key.as_bytes(), value: value.as_deref() }))?;
        }
        Ok(())
    }

    fn seen(&mut self, seen: &SeenLine) -> Result<(), Wrong> {
        self.knows(seen.user)?;
        let (key, value) = seen_put(seen.user, seen.at);
        self.push(&Record::Document(DocumentPut { key: key.as_bytes(), value: value.as_deref() })).map(|_| ())
    }

    fn room(&mut self, room: RoomLine) -> Result<(), Wrong> {
        let key = RoomKey(room.key);
        let new = !self.rooms.contains_key(&room.id) && self.keys.insert(key);
        must(new, || format!("the room {} was there before", room.id))?;
        // Two people find their direct room by an id that the store's secret is in, and this store's may be another.
        let id = room.between.map(|[a, b]| direct_room(&self.dir.secret, a, b)).unwrap_or_else(|| room.id.clone());
        self.push(&Record::RoomCreated(RoomCreated {
            key: *room.key.as_bytes(),
            id: id.as_str().into(),
            kind: room.kind.into(),
            title: room.title.as_str().into(),
            epoch: *room.epoch.0.as_bytes(),
            by: *room.by.0.as_bytes(),
            at: room.at.as_millis(),
        }))?;
        self.rooms.insert(room.id, (key, Head::default()));
        Ok(())
    }

    fn follow(&mut self, follow: &FollowLine, record: fn(Followed) -> Record<'static>) -> Result<(), Wrong> {
        self.knows(follow.user)?;
        let (room, _) = self.place(&follow.room)?;
        let (room, user) = (*room.0.as_bytes(), *follow.user.0.as_bytes());
        self.push(&record(Followed { room, user, at: follow.at.as_millis() })).map(|_| ())
    }

    fn member(&mut self, member: &MemberLine) -> Result<(), Wrong> {
        self.knows(member.user)?;
        self.knows(member.by)?;
        let (room, head) = self.next(&member.room, member.seq)?;
        self.push(&Record::Member(MemberRecord {
            room: *room.0.as_bytes(),
            seq: member.seq.0,
            ordinal: head.ordinal,
            user: *member.user.0.as_bytes(),
            change: member.change.into(),
            rank: member.role.map(Into::into),
            by: *member.by.0.as_bytes(),
            at: member.at.as_millis(),
        }))?;
        self.rooms.insert(member.room.clone(), (room, Head { seq: member.seq, ..head }));
        Ok(())
    }

    fn edited(&mut self, edited: &RoomEditedLine) -> Result<(), Wrong> {
        self.knows(edited.by)?;
        let (room, head) = self.next(&edited.room, edited.seq)?;
        let record = RoomEdited {
            room: *room.0.as_bytes(),
            seq: edited.seq.0,
            ordinal: head.ordinal,
            created: edited.created,
            title: edited.title.as_str().into(),
            topic: edited.topic.as_str().into(),
            by: *edited.by.0.as_bytes(),
            at: edited.at.as_millis(),
        };
        self.push(&match edited.retention_s {
            None => Record::RoomEdited(record),
            Some(seconds) => Record::RoomKept(RoomKept { edited: record, seconds }),
        })?;
        self.rooms.insert(edited.room.clone(), (room, Head { seq: edited.seq, ..head }));
        Ok(())
    }

    fn deleted(&mut self, deleted: &RoomDeletedLine) -> Result<(), Wrong> {
        self.knows(deleted.by)?;
        let (room, _) = self.place(&deleted.room)?;
        let (room, by) = (*room.0.as_bytes(), *deleted.by.0.as_bytes());
        self.push(&Record::RoomDeleted(RoomDeleted { room, by, at: deleted.at.as_millis() })).map(|_| ())
    }

    fn message(&mut self, said: &MessageLine) -> Result<(), Wrong> {
        self.knows(said.user)?;
        let (room, head) = self.next(&said.room, said.seq)?;
        let answers = said.reply_to.is_none_or(|to| to < said.seq && to > Seq::ZERO);
        must(answers, || "a message answers one before it".into())?;
        let key = self.segments.fingerprinter.of(room, said.user, said.id);
        let new = !self.ids.contains_key(&key) && self.segments.find_sealed(key).is_none();
        must(new, || format!("{} has said {} in {} before", said.user.0, said.id.0, said.room))?;
        let head = Head { seq: said.seq, ordinal: head.ordinal + 1 };
        let lsn = self.push(&Record::Message(MessageRecord {
            room: *room.0.as_bytes(),
            seq: head.seq.0,
            ordinal: head.ordinal,
            user: *said.user.0.as_bytes(),
            id: *said.id.0.as_bytes(),
            at: said.at.as_millis(),
            reply_to: said.reply_to.map(|seq| seq.0),
            body: said.body.as_str(),
        }))?;
        let number = u32::try_from(lsn - self.tail.segment_first()).expect("a segment is bounded");
        self.ids.insert(key, number);
        self.rooms.insert(said.room.clone(), (room, head));
        self.messages += 1;
        Ok(())
    }

    fn trimmed(&mut self, trimmed: &TrimmedLine) -> Result<(), Wrong> {
        let (room, head) = self.place(&trimmed.room)?;
        must(trimmed.seq <= head.seq, || format!("{} has no event {} yet", trimmed.room, trimmed.seq))?;
        let (seq, ordinal) = (trimmed.seq.0, trimmed.messages);
        must(ordinal <= head.ordinal, || format!("there can't be {ordinal} messages by then"))?;
        self.push(&Record::Trimmed(Trimmed { room: *room.0.as_bytes(), seq, ordinal })).map(|_| ())
    }

    fn erased(&mut self, erased: &ErasedLine) -> Result<(), Wrong> {
        let (room, head) = self.next(&erased.room, erased.seq)?;
        let head = Head { seq: erased.seq, ordinal: head.ordinal + 1 };
        self.push(&Record::Stub(Stub {
            room: *room.0.as_bytes(),
            seq: head.seq.0,
            ordinal: head.ordinal,
            at: erased.at.as_millis(),
            key: None,
            digest: None,
        }))?;
        self.rooms.insert(erased.room.clone(), (room, head));
        Ok(())
    }

    fn lost(&mut self, lost: &LostLine) -> Result<(), Wrong> {
        let (room, head) = self.place(&lost.room)?;
        must(lost.seq > head.seq, || format!("{} has event {} already", lost.room, lost.seq))?;
        let possible = head.ordinal..=head.ordinal + (lost.seq.0 - head.seq.0);
        must(possible.contains(&lost.messages), || format!("there can't be {} messages by then", lost.messages))?;
        self.push(&Record::Skipped(Skipped { room: *room.0.as_bytes(), seq: lost.seq.0, ordinal: lost.messages }))?;
        self.rooms.insert(lost.room.clone(), (room, Head { seq: lost.seq, ordinal: lost.messages }));
        Ok(())
    }

    fn cursor(&mut self, cursor: &CursorLine) -> Result<(), Wrong> {
        self.knows(cursor.user)?;
        let (room, head) = self.place(&cursor.room)?;
        let within = cursor.delivered <= head.seq && cursor.read <= head.seq && cursor.read_messages <= head.ordinal;
        must(within, || format!("{} ends at event {}", cursor.room, head.seq))?;
        self.push(&Record::Cursors(CursorsMoved {
            room: *room.0.as_bytes(),
            user: *cursor.user.0.as_bytes(),
            delivered: cursor.delivered.0,
            read: cursor.read.0,
            read_ordinal: cursor.read_messages,
        }))
        .map(|_| ())
    }

    fn knows(&self, user: UserId) -> Result<(), Wrong> {
        must(self.users.contains(&user), || format!("there was no user {} before", user.0))
    }

    /// A room of which this is the next event, and where it ends before that.
    fn next(&self, room: &RoomId, seq: Seq) -> Result<(RoomKey, Head), Wrong> {
        let (key, head) = self.place(room)?;
        must(seq == head.seq.next(), || format!("{room} comes after event {}, not {seq}", head.seq))?;
        Ok((key, head))
    }

    fn place(&self, room: &RoomId) -> Result<(RoomKey, Head), Wrong> {
        self.rooms.get(room).copied().ok_or_else(|| Wrong::Line(format!("there was no room {room} before")))
    }

    /// Adds a record to the journal; says its number.
    fn push(&mut self, record: &Record<'_>) -> Result<Lsn, Wrong> {
        if self.frame.len() + RECORD_BYTES_MAX > BATCH_BYTES {
            self.append()?;
            if self.tail.is_long() {
                self.tail.seal(&mut self.ids).map_err(not_appended)?;
                self.segments.catalogue_sealed();
            }
            self.frame.begin(self.tail.next());
        }
        Ok(self.frame.push(record))
    }

    fn append(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let room = self.tail.make_room(self.frame.len() as u64, Instant::now());
        room.and_then(|()| self.tail.append(&mut self.frame)).map_err(not_appended)
    }

    fn finish(mut self) -> io::Result<Imported> {
        self.append()?;
        self.tail.sync().map_err(io::Error::other)?;
        let heads = self.rooms.values().copied().filter(|(_, head)| head.seq > Seq::ZERO).collect();
        Floor::begin(self.dir.floor(), self.dir.store, heads)?;
        Ok(Imported { users: self.users.len(), rooms: self.rooms.len(), messages: self.messages })
    }
}

fn not_appended(error: NotAppended) -> io::Error {
    match error {
        NotAppended::Full => io::ErrorKind::StorageFull.into(),
        NotAppended::Fatal(fatal) => io::Error::other(fatal),
    }
}
