//! Greenroom, composed: the configuration, the running application, and how it starts and stops.
//!
//! A library so that the tests start the very [`app::App`] that the program runs.

pub mod app;
pub mod cli;
pub mod config;
pub mod serve;
pub mod telemetry;
