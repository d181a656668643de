//! What Greenroom does: its rooms, sessions, presence registry and store as supervised actors.
//!
//! ```text
//! engine                permanent parts, started in this order, stopped in reverse
//! ├── store             the only way to the disk
//! ├── presence          who is online
//! ├── lobby             lists of rooms, unread notices
//! ├── rooms             supervisor
//! │   └── room:<id>     transient: on demand, ends when idle
//! │       └── relay:<id>:<n>  one for each further thousand in a big room; fails with it
//! └── sessions          supervisor
//!     └── shard:<n>     supervisor of some of the sessions
//!         └── session:<id>  temporary: one for each socket
//! ```
//!
//! Who may *ask* whom, and wait for the answer: session → lobby → store, room → store, rooms → room,
//! and from outside the engine's handle → all. Waiting is for reads alone and has a time limit. All
//! else is told, not asked. Nobody waits for somebody above, so nothing waits in a circle.
//!
//! What can enter a mailbox is bounded before it is sent: each socket has a fixed number of commands
//! under way ([`outbox::Outbox::permit`]), each of at most one frame. The permit travels with the command:
//! a send keeps it until it is settled, a page until it is answered, the others until the room has handled
//! them. So all mailboxes together hold at most sockets × [`limits::UNANSWERED_COMMANDS`] commands, and
//! what the actors tell each other is at most a few messages for each of these.
//!
//! Every actor is the same four files: `command` (what it is asked), `state` (its rules, pure),
//! `actor` (the shell that carries them out) and `handle` (the only door to it).
//!
//! [`limits::UNANSWERED_COMMANDS`]: greenroom_protocol::limits::UNANSWERED_COMMANDS

mod accounts;
mod address;
mod at_work;
mod audit;
mod books;
mod by_id;
mod call;
mod census;
mod clock;
mod dead_letters;
mod directory;
mod doorkeeper;
mod engine;
mod fault;
pub mod ledger;
mod lobby;
mod membership;
mod observatory;
pub mod outbox;
mod pace;
mod presence;
mod relay;
mod room;
mod rooms;
mod session;
mod sessions;
mod shard;
mod slot;
mod store;
mod strangers;
pub mod supervision;
pub mod trail;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

#[cfg(test)]
mod simulation;

pub use accounts::{
    AccessChange, AccountFailed, Act, ActRefused, AdministrationFailed, Administrator, FieldError, PEOPLE_PAGE,
    ProfileChange, Registration, SignedIn, hue_of,
};
/// How an actor's commands are counted and timed; public so that what that costs can be measured.
pub use address::Vitals;
pub use at_work::who_is_at_work;
pub use books::Balance;
pub use call::CallError;
pub use census::{ActorName, LifeChange, LifeEvent, NoActorName, TreeNode};
pub use dead_letters::{DeadLetter, PoisonCommand};
pub use directory::Person;
pub use engine::{
    Drained, Engine, EngineFailed, Health, HelloFailed, Identity, Lab, LogPage, MembersPage, Metrics, RoomOverview,
    RoomView, Saying, SetAside,
};
pub use fault::Fault;
pub use greenroom_storage::fault_point::{self, Armed, NotArmed, Strike};
pub use greenroom_storage::{Access, Account, Durability, Options, PageFrom, StartError, Taken, TokenHash, Unreadable};
pub use lobby::PublicRoom;
pub use membership::{Member, RoomEdit, RoomFailed, RoomWish};
pub use observatory::{
    BlastRadius, Capsule, Event, EventKind, Heard, NoCapsule, NoSuchFrame, Observer, Outcome, Replayed, Step,
    StoriesPage, Story, View, What,
};
pub use observatory::{Gauge, InHand, Told};
pub use outbox::Refusal;
pub use pace::{Pacing, PersonPace, SocketPace, SocketPlace, TooOften};
/// The rules of a room, pure; public so that they can be measured.
pub use room::{Input, Post, Posted, Replay, RoomSnapshot, RoomState, Standing, Standpoint, Taped, TapedStep};
pub use session::{SessionConfig, SessionHandle, SessionSnapshot};
