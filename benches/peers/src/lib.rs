//! What the peers share: how they are started, and the floor that `limit`, `limit-uring` and `append` stand on.

pub mod floor;
pub mod listen;
