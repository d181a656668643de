//! Greenroom, composed: the configuration, the running application, how it starts and stops, the
//! operator's commands, the drills that break it on purpose and the replay of crashes, the benchmarks, and what looks after its data directory.
//!
//! A library so that the tests start the very [`app::App`] that the program runs.

pub mod admin;
pub mod app;
pub mod bench;
mod child;
pub mod cli;
pub mod config;
pub mod drill;
mod host;
pub mod limits;
pub mod operations;
pub mod replay;
pub mod serve;
pub mod telemetry;
