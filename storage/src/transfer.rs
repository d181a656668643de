//! A store as text, one JSON object a line: to be read by other programs, and to make a store of.
//!
//! ```text
//! greenroom   which version of this form, of which store
//! user …      people, with their accounts
//! room …      rooms as they were made
//! …           what happened, in the order in which it did
//! cursor …    how far people have got
//! end         how many lines came before
//! ```
//!
//! An export is read from the journal alone, twice: for the people and rooms, and for what happened. An import writes a
//! new journal, with the same ids, places and times, under a new store's id and in another life of its logs. Passwords
//! and whatever else lets somebody in are left out, but where they are asked for.

mod exporting;
mod importing;
mod line;
pub use exporting::{ExportAsked, ExportFailed, Exported, export};
pub use importing::{ImportFailed, Imported, import};
