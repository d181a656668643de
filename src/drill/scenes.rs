//! What happens in each drill.

pub(crate) mod actors;
pub(crate) mod clock_jump;
pub(crate) mod disk_full;
pub(crate) mod flood;
pub(crate) mod hang;
pub(crate) mod index_loss;
pub(crate) mod kill;
pub(crate) mod kill_then_cut;
pub(crate) mod passivation;
pub(crate) mod points;
pub(crate) mod power_cut;
pub(crate) mod quarantine;
pub(crate) mod slow_reader;
pub(crate) mod storm;
pub(crate) mod sync_failure;
pub(crate) mod torn_tail;
