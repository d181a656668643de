//! How the outside talks to Greenroom: axum lives here, and the browser's page.
//!
//! A thin edge. It reads frames and writes frames, says who may connect, and knows no rule of rooms
//! or sessions: those are behind [`Engine`](greenroom_actors::Engine), the only door it uses.

mod accept;
mod accounts;
mod address;
mod admin;
mod assets;
mod bodies;
mod caller;
mod cookie;
mod document;
mod drills;
mod fields;
mod http;
mod lab;
mod local;
mod metrics;
mod observatory;
mod operator;
mod origin;
mod pace;
mod paging;
mod problem;
mod request;
mod rooms;
mod router;
mod socket;
mod strict;
mod tls;
mod trail;

pub use accept::{Server, ServerConfig};
pub use drills::{DrillCard, Drills, NoDrill};
pub use operator::{OPERATOR_SOCKET, Operator};
pub use request::REQUESTS;
pub use tls::{Tls, TlsError};
