//! The audit trail: who was let in, who was refused, and what was done to others.
//!
//! Each entry is one event on the target [`TRAIL`], at INFO: wherever logs go, the trail can be kept apart, and longer.
//! It says who, from where, what, and how it ended; when, in UTC, is the log's own part. It holds no password, token or
//! message, and whatever a client has written stands in a field of its own, which both formats of the log escape.

use std::net::IpAddr;

use greenroom_protocol::UserId;
use uuid::Uuid;

/// The target that the trail's events are told apart by.
pub const TRAIL: &str = "greenroom::audit";

/// What was done, or tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Making an account.
    Register,
    /// Showing a password, or a token that ought to be good.
    SignIn,
    /// Ending a sign-in.
    SignOut,
    /// Choosing another password or e-mail.
    ChangeCredentials,
    /// Reading or changing what needs a right to it.
    Access,
    /// Doing something more often, or more of it, than there is room for.
    Limit,
    /// What administrators do; the entry's `about` says which deed, and to whom or what.
    Administer,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// What was shown is wrong.
    Failed,
    /// It was not allowed.
    Refused,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// What was done.
    pub act: Act,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it, where that is known.
    pub user: Option<UserId>,
    /// Where they are; nothing where they are on this machine, at its command line. Then `user` is nobody, too.
    pub from: Option<IpAddr>,
    /// The request by which they did it.
    pub request: Option<Uuid>,
    /// What it was about: another person's id, a room, a path.
    pub about: &'a str,
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::SignOut => "sign_out",
            Self::ChangeCredentials => "change_credentials",
            Self::Access => "access",
            Self::Limit => "limit",
            Self::Administer => "administer",
        }
    }
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

impl Entry<'_> {
    /// Writes it down.
    pub fn record(&self) {
        let Self { act, outcome, user, from, request, about } = self;
        tracing::info!(
            target: TRAIL,
            act = act.name(),
            outcome = outcome.name(),
            user = user.map(tracing::field::display),
            from = from.map(tracing::field::display),
            request_id = request.map(tracing::field::display),
            about,
            "audit"
        );
    }
}
