//! Every bound of Greenroom: its name, its value, and why it has that value.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

/// What can be lifted by `--no-limits`.
pub mod rates;

mod rate;

pub use rate::{NoRate, Rate, Span};
pub use rates::{Bucket, Cap, Limits};

/// Bytes of one WebSocket frame or message. A body of 8,000 bytes in its worst JSON escaping (six for one) fits.
pub const FRAME_BYTES: usize = 65_536;

/// Bytes of a text from which on it is compressed where only large ones are: it comes out half as long or less, for some
/// 20 µs. Anything shorter fits into one packet of the network as it is, so that nobody has it earlier.
pub const DEFLATE_BYTES: usize = 1024;

/// Bytes of a text for a whole room from which on it is compressed where all of them are: a quarter less, for 10 µs that
/// a text of any length costs. An ack would be a seventh shorter.
pub const DEFLATE_SHARED_BYTES: usize = 200;

/// Bytes of a message's body: a long letter, yet a page of 200 of them stays under 2 MB.
pub const BODY_BYTES: usize = 8_000;

/// Depth to which a client's JSON may nest. Our frames are flat; the rest is room to grow.
pub const JSON_DEPTH: usize = 16;

/// Bytes of a command's `ref`: a UUID with a prefix fits, and a reply is never mostly echo.
pub const REF_BYTES: usize = 128;

/// Characters of a room's id: a slug that one can still read in an address bar.
pub const ROOM_ID_CHARS: usize = 64;

/// Characters of a name, for guests and accounts alike: fits one line on a narrow screen.
pub const NAME_CHARS: usize = 32;

/// Fewest characters of an account's name. Guests may have one: their names need not be unique.
pub const ACCOUNT_NAME_MIN_CHARS: usize = 2;

/// Characters of a room's title: one line in a list.
pub const TITLE_CHARS: usize = 80;

/// Members of one private room: whoever comes is looked up among them, and all are kept in memory.
pub const MEMBERS: usize = 10_000;

/// Guests of whom nothing is stored and who are remembered because they have shown themselves lately: some two megabytes.
pub const STRANGERS: NonZeroUsize = NonZeroUsize::new(10_000).expect("ten thousand");

/// Members that a look at a room shows; the rest come page by page.
pub const MEMBERS_PAGE: usize = 200;

/// Characters of a room's topic: a paragraph above the conversation.
pub const TOPIC_CHARS: usize = 500;

/// Characters of a person's status text: one line beside the name.
pub const STATUS_TEXT_CHARS: usize = 140;

/// Characters of an e-mail address: the longest that can be delivered to (RFC 5321).
pub const EMAIL_CHARS: usize = 254;

/// Characters of a password: long enough to resist guessing, short enough to be hashed at once.
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=256;

/// Events in a `joined` or `history` frame where the client names no limit: a screen and a half.
pub const PAGE_DEFAULT: usize = 50;

/// Events in one `joined`, `events` or `history` frame.
pub const PAGE_EVENTS: usize = 200;

/// Bytes of events in one such frame: two round trips of a slow phone, and a bounded allocation here.
pub const PAGE_BYTES: usize = 128 * 1024;

/// Events that a resuming client is brought forward by; further back it gets the newest and `reset`.
/// What is fetched after a night's sleep is a screen, not the night.
pub const RESUME_EVENTS: u64 = 1_000;

/// Names in `last.mentions`: a message that calls more people than this calls everybody.
pub const PREVIEW_MENTIONS: usize = 16;

/// Users in `joined.online`, and receipts in `joined.receipts`: what a list shows before one scrolls.
pub const ONLINE_USERS: usize = 200;

/// Sends and other commands of one socket without an answer; then it is not read for a while.
/// This is what bounds every mailbox: sockets × this × [`FRAME_BYTES`].
pub const UNANSWERED_COMMANDS: usize = 32;

/// Rooms that one socket may have joined at once: a heavy user's list, not a crawler's.
pub const JOINED_ROOMS: usize = 256;

/// Characters of the name that somebody wants to be shown by.
pub const DISPLAY_NAME_CHARS: usize = 64;

/// Bytes that wait for one socket before it is closed as too slow: seconds of a busy room.
pub const OUTBOX_BYTES: usize = 1024 * 1024;

/// Bytes waiting for a socket above which no more of its commands are read and no catch-up is pulled.
/// Two pages fit below it.
pub const OUTBOX_LOW_BYTES: usize = 256 * 1024;

/// Bytes that the system may hold for one socket beyond those (it doubles what one asks for): a round
/// trip around the world at a few megabits.
pub const SOCKET_SEND_BYTES: usize = 128 * 1024;

/// Bytes that the system may hold beyond those once a socket is to be closed, so that the goodbye to a client
/// that has stopped reading still fits behind what it has not taken: frames under way, and the close.
pub const SOCKET_GOODBYE_BYTES: usize = 80 * 1024;

/// Passing frames (typing, presence, receipts) that wait for one socket; the oldest go first.
pub const OUTBOX_PASSING: usize = 256;

/// Newest events that a living room keeps in memory, so that most joins touch no disk.
pub const ROOM_RECENT_EVENTS: usize = 256;

/// Bytes of bodies in those events: 256 of the longest would be 2 MB a room.
pub const ROOM_RECENT_BYTES: usize = 256 * 1024;

/// How long a room without people or work lives on: long enough for a reload, short enough to forget a crawl.
pub const ROOM_IDLE: Duration = Duration::from_secs(60);

/// A typist who is silent this long has stopped.
pub const TYPING: Duration = Duration::from_secs(3);

/// Window in which a room gathers who came and went, cursors that moved and unread counts: one
/// frame instead of many, still felt as at once.
pub const GATHER: Duration = Duration::from_millis(100);

/// People in a room for whom the window in which it gathers who came and went grows by another [`GATHER`]: each window
/// costs a frame for each of them, so that a crowd of a thousand that enters would be told a thousand times a thousand. Also
/// how far apart the lobby hears what is new in a busy room, since it looks for those who are elsewhere each time.
pub const GATHER_PEOPLE: usize = 25;

/// The longest that window grows, with the people and with changes that follow on one another: nobody in a crowd sees a single
/// person come a second later.
pub const GATHER_MOST: Duration = Duration::from_secs(2);

/// Connections that may wait to be accepted: after a restart everybody comes at once. Whoever finds the queue full
/// tries again after a second, or takes for a connection what the server never heard of.
pub const BACKLOG: u32 = 4096;

/// How long a socket may stay silent before its `hello`.
pub const HELLO: Duration = Duration::from_secs(10);

/// How long a connection may take to shake hands, where it speaks TLS, and then to send a header: so long that every
/// phone does it, and so short that with the answer to it, ten seconds are the end of whoever dawdles.
pub const HEADER: Duration = Duration::from_secs(8);

/// Bytes of an HTTP request's header block.
pub const HEADER_BYTES: usize = 32 * 1024;

/// Time between two pings of the server: below the shortest idle time-out of common proxies (30 s).
pub const HEARTBEAT: Duration = Duration::from_secs(25);

/// How long the server waits for a pong, or for anything else, after its ping.
pub const HEARTBEAT_GRACE: Duration = Duration::from_secs(10);

/// How long a close frame may take to leave, and the peer to answer it.
pub const CLOSE: Duration = Duration::from_secs(2);

/// Bytes of the body of an HTTP request: everything that can be said of an account fits, in the worst JSON escaping
/// (twelve bytes for a character).
pub const REQUEST_BYTES: usize = 16 * 1024;

/// Bytes of the body of an HTTP request that says something: as those of a frame.
pub const SAYING_BYTES: usize = FRAME_BYTES;

/// How long the body of an HTTP request may take: as long as its header.
pub const REQUEST: Duration = Duration::from_secs(8);

/// Bytes of a request's path that are logged: all of any path that leads somewhere, and little of the 32 KiB that
/// may be sent.
pub const LOGGED_PATH_BYTES: usize = 256;

/// Refused requests from one address in a minute that enter the audit trail: enough to see an attack by, and too few to
/// push what others do out of its files. All are in the log of requests.
pub const REFUSALS_IN_TRAIL: NonZeroU32 = NonZeroU32::new(30).expect("thirty");

/// Bytes of a log file before the next one is begun: opens in any editor.
pub const LOG_FILE_BYTES: usize = 10 * 1024 * 1024;

/// Older files that are kept of each log: weeks of a quiet server, hours of a busy one, and no full disk of either.
pub const LOG_FILES_KEPT: usize = 5;

/// Lines of log that may wait to be written; then they are dropped, but for the audit trail's, which are waited for. Of
/// a usual length they are a few megabytes.
pub const LOG_LINES_WAITING: usize = 16_384;

/// Bytes of log that are written in one go where many lines wait: some fifty lines, which costs as much as one.
pub const LOG_BYTES_AT_ONCE: usize = 16 * 1024;

/// Admins at once: more than a team has, and a list of all of them fits into one document.
pub const ADMINS: usize = 200;

/// Time for a read of the store, from asking to answer.
pub const READ: Duration = Duration::from_secs(10);

/// Time that a drain may take in all before the process ends regardless.
pub const DRAIN: Duration = Duration::from_secs(10);

/// Records in one journal batch: the batch of a burst still syncs within a few milliseconds.
pub const BATCH_RECORDS: usize = 4_096;

/// Bytes in one journal batch.
pub const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a journal segment.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes by which a segment is preallocated, so that a full disk shows before a batch is written.
pub const PREALLOCATE_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes kept free on the data directory's disk; below it sends are refused, so that a restart still has room.
pub const DISK_RESERVE_BYTES: u64 = 32 * 1024 * 1024;

/// How often it is looked which events are older than their rooms keep them, and one segment of the journal is swept.
pub const SWEEP: Duration = Duration::from_secs(1);

/// How often all segments are considered, where nobody's messages were erased: for what is too old, there is time.
pub const SWEEP_ROUND: Duration = Duration::from_secs(60);

/// How often the same segment is rewritten for what is too old in it: each time costs as much as writing all of it, and
/// nobody can read what is still there.
pub const SWEEP_OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// How much longer than it should an event may stay readable, where its room keeps events for an hour or longer: each
/// step costs a record of the journal.
pub const RETENTION_STEP: Duration = Duration::from_secs(60);

/// The shortest time for which a room keeps its events: so that whoever is away for a moment misses none.
pub const RETENTION_LEAST: Duration = Duration::from_secs(60);

/// The longest time that can be asked for, a hundred years: longer is for ever.
pub const RETENTION_MOST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How often a moved cursor is journaled at most, and so how much of it a power cut may cost.
pub const CURSOR_JOURNAL: Duration = Duration::from_secs(1);

/// How often the index takes over what the journal holds.
pub const INDEX_APPLY: Duration = Duration::from_millis(250);

/// Records that the index may lag behind the journal before appends are slowed.
pub const INDEX_LAG_RECORDS: usize = 200_000;

/// How often the journal is synced with `--durability relaxed`.
pub const RELAXED_SYNC: Duration = Duration::from_millis(200);

/// Findings that `greenroom check` lists, and stretches of lost events: what somebody reads; the rest is counted.
pub const CHECK_FINDINGS: usize = 100;

/// Events of the observatory that are kept in memory: an hour of a quiet server, and some minutes of a bad one.
pub const OBSERVED_EVENTS: usize = 2_000;

/// Events of the observatory in one frame; of more, the newest are told and the others counted.
pub const OBSERVED_EVENTS_AT_ONCE: usize = 20;

/// Events in the snapshot that an observer begins with: a screen full or two.
pub const OBSERVED_EVENTS_AT_FIRST: usize = 200;

/// Stories of crashes that are kept, in memory and over restarts. Each takes 1 to 2 KB.
pub const STORIES: usize = 1_000;

/// Stories in the snapshot that an observer begins with; older ones are asked for.
pub const STORIES_AT_FIRST: usize = 20;

/// Stories in a page of them.
pub const STORIES_PAGE: usize = 50;

/// How long a story waits for its end before it breaks off: what takes longer has a story of its own, or a defect.
pub const STORY: Duration = Duration::from_secs(30);

/// How long a story waits for people whose sockets were closed: whoever has a page open is back within a second or two.
pub const STORY_RECONNECT: Duration = Duration::from_secs(10);

/// Actors that a story or a blast radius names; of more it tells the number.
pub const TOUCHED_NAMES: usize = 100;

/// Crash capsules that are kept; each is at most a few MB.
pub const CAPSULES: usize = 100;

/// Commands that a room records before it notes its state anew, in the laboratory only.
pub const TAPE_STEPS: usize = 2_000;

/// Bytes said in the commands that a room records before it notes its state anew.
pub const TAPE_BYTES: usize = 2 * 1024 * 1024;

/// Observers at once: each is a person with a page open.
pub const OBSERVERS: usize = 16;

/// Bytes that an observer's deltas have a second: with a list and a look from near beside them it stays below 20 KB.
pub const OBSERVER_BYTES: usize = 14_000;

/// Children of a supervisor that are shown one by one; more are folded, since nobody reads them all.
pub const OBSERVED_ROOMS: usize = 50;

/// Rows of one page of those who were unfolded.
pub const OBSERVED_PAGE: usize = 50;

/// Of those who are folded, so many with the fullest mailboxes are shown.
pub const OBSERVED_WORST: usize = 10;

/// Bytes of one frame from an observer: the longest says whom to look for.
pub const OBSERVER_FRAME_BYTES: usize = 1024;

/// People in a room up to whom all are told of each: who comes and goes by name, receipts, how reachable those are who
/// know each other there. Beyond, it is a count, no receipts, and nobody: to tell everybody everything costs the square of
/// their number.
pub const LARGE_ROOM: usize = 200;

/// Sessions that a room sees to itself, and each of its relays before there is another one, up to one for each processor.
/// An offer takes about half a microsecond: so a room keeps a thread for half a millisecond, and more than so many are worth
/// another actor's messages.
pub const RELAY_SESSIONS: usize = 1_000;
