//! What the peers share: how they are started, and the floor that `limit`, `limit-uring` and `append` stand on; and
//! the words that the others use.

pub mod floor;
pub mod listen;
pub mod words;
