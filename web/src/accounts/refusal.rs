//! Why something about an account was refused, as a problem.

use std::time::Duration;

use axum::http::StatusCode;
use greenroom_actors::{AccountFailed, FieldError, HelloFailed, Taken};

use crate::problem::{FieldErrors, Problem};

impl From<AccountFailed> for Problem {
    fn from(failed: AccountFailed) -> Self {
        match failed {
            AccountFailed::Invalid(errors) => invalid(errors),
            AccountFailed::Taken(taken) => conflict(taken),
            AccountFailed::WrongPassword => Self::new(StatusCode::UNAUTHORIZED, failed.to_string()),
            AccountFailed::Busy => {
                Self::later(StatusCode::SERVICE_UNAVAILABLE, failed.to_string(), Duration::from_secs(1))
            }
            AccountFailed::Unavailable(_) => {
                tracing::warn!(error = %failed, "a call about an account fails");
                Self::later(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "accounts can't be reached now; ask again",
                    Duration::from_secs(1),
                )
            }
        }
    }
}

pub(super) fn invalid(errors: Vec<FieldError>) -> Problem {
    let errors: FieldErrors = errors.into_iter().map(|error| (error.field.to_owned(), error.message)).collect();
    Problem::invalid(errors)
}

/// Why nobody can be a guest of this name.
pub(super) fn no_guest(failed: HelloFailed) -> Problem {
    match failed {
        HelloFailed::NameTaken => Problem::taken("guest", &failed.to_string()),
        HelloFailed::Unavailable | HelloFailed::Nobody | HelloFailed::BadToken => Problem::unavailable(),
    }
}

/// A sign-up can't but tell that an e-mail has an account: whoever owns it would otherwise wait for ever.
fn conflict(taken: Taken) -> Problem {
    match taken {
        Taken::Email => Problem::taken("email", "this e-mail has an account; sign in with it"),
        Taken::Name => Problem::taken("name", "this name, or one that looks like it, belongs to somebody"),
        Taken::Person => Problem::new(StatusCode::CONFLICT, "you have an account; sign in with it"),
    }
}
