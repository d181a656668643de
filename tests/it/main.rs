//! End to end: Alice and Bob talk over real sockets, Mallory tries things; the rooms are Green and Attic.

#![allow(clippy::wildcard_enum_match_arm, reason = "whoever waits for one kind of frame passes over all others")]

mod support;

/// Hello, join, send, reply, leave: what a conversation consists of.
mod talking;

/// The same message again is the same message.
mod once;

/// Pages of the past.
mod history;

/// Coming back with `since`.
mod resuming;
mod retention;

/// Who one is, and who is here.
mod presence;

/// People with a password: registering, signing in and out, and what they say of themselves.
mod accounts;

/// Admins and the operator: who may come in, and who says so.
mod admin;

/// How far people have got, and their lists of rooms.
mod cursors;

/// Private and direct rooms, their members, and who hears what; rooms and messages over HTTP.
mod rooms;

/// What the documents of the interfaces promise, held against a running server.
mod interfaces;

/// Who may pass which door: every call and command that names a room, for everybody.
mod doors;

/// What Mallory sends.
mod bad_input;

/// The load generator against servers that are right, and against those that are wrong on purpose.
mod bench;

/// Rooms with more people than one actor sees to.
mod big_rooms;

/// Bytes that are no WebSocket, and WebSocket as nobody ought to speak it.
mod wire;

/// Frames that are compressed for whoever offers to read them.
mod compression;

/// Connections that break, hang or are not read, and a server that is held up.
mod network;

/// Too often, and too many.
mod limits;

/// More than there is room for: in a room, in a mailbox, among the files.
mod load;

/// Every actor is killed while people talk.
mod crashing;

/// What the fault laboratory does, and shows.
mod laboratory;

/// How actors are seen from outside, and how their crashes are told.
mod observatory;

/// Faults at the very places that a message or a read passes.
mod striking;

/// What is still there after a stop, and after a kill.
mod durability;

/// Looking after a data directory: verifying it, copying it, bringing it back.
mod operations;

/// The server as seen from outside its protocol: HTTP, headers, silent connections.
mod edge;

/// The server over TLS, without a proxy.
mod tls;

/// What strangers try at the edge, point by point of docs/security.md.
mod security;

/// What is written down of requests and of people, and what is not.
mod logging;

/// The program: its command line, and its first and last words.
mod starting;

/// What the documents say of tests and drills.
mod documents;

/// The client examples, run as their readers would.
mod examples;

/// A test for each bug that was found, named for what went wrong.
mod regressions;
