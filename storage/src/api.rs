//! The words in which the store is asked and answers.

mod start;
pub use start::{Durability, Options, StartError};

mod room;
pub use room::{Head, LogEvent, NewRoom, Room, RoomKey};

mod intent;
pub use intent::{
    Append, Follow, Incarnation, Intent, Open, OpenRefused, Opened, Refused, Reply, Ticket, Trim, Unfollow,
};

mod act;
pub use act::{Act, Enact, EnactRefused, MakeRefused, MakeRoom};

mod announce;
pub use announce::{Announce, Fatal, Outcome, RoomBatch, Settled};

mod reading;
pub use reading::{Cursor, Health, Page, PageFrom, ReadError, RoomInList};
