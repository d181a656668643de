//! Why something about a room was refused, as a problem.

use std::time::Duration;

use axum::http::StatusCode;
use greenroom_actors::{FieldError, Refusal, RoomFailed};
use greenroom_protocol::{ErrorCode, RoomId};

use crate::problem::{FieldErrors, Problem};

impl From<RoomFailed> for Problem {
    fn from(failed: RoomFailed) -> Self {
        match failed {
            RoomFailed::NotFound => no_such_room(),
            RoomFailed::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, failed.to_string()),
            RoomFailed::Invalid(errors) => invalid(errors),
            RoomFailed::Taken => Self::taken("room", &failed.to_string()),
            RoomFailed::Conflict(_) => Self::new(StatusCode::CONFLICT, failed.to_string()),
            RoomFailed::Unavailable(_) => {
                tracing::warn!(error = %failed, "a call about a room fails");
                let (status, wait) = (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(1));
                Self::later(status, "the room can't be reached now; ask again", wait)
            }
        }
    }
}

fn invalid(errors: Vec<FieldError>) -> Problem {
    let errors: FieldErrors = errors.into_iter().map(|error| (error.field.to_owned(), error.message)).collect();
    Problem::invalid(errors)
}

/// A room that one may not know of, and one that does not exist.
pub(super) fn no_such_room() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such room")
}

pub(super) fn no_such_person() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "nobody is known by this id or name")
}

/// What can't be a room's id is none's.
pub(super) fn room_id(text: &str) -> Result<RoomId, Problem> {
    RoomId::parse(text).map_err(|_| no_such_room())
}

/// Why somebody's words were not taken.
pub(super) fn refused(refusal: Refusal) -> Problem {
    let Refusal { code, message, retry_after_ms } = refusal;
    let wait = Duration::from_millis(retry_after_ms.unwrap_or(1_000));
    let of_field = |field: &str| Problem::invalid(FieldErrors::from([(field.to_owned(), message.clone())]));
    match code {
        ErrorCode::NotFound | ErrorCode::NotJoined => no_such_room(),
        ErrorCode::Conflict => Problem::taken("id", &message),
        ErrorCode::Invalid => of_field("reply_to"),
        ErrorCode::TooLarge => of_field("body"),
        ErrorCode::Forbidden => Problem::new(StatusCode::FORBIDDEN, message),
        ErrorCode::Unauthenticated => Problem::new(StatusCode::UNAUTHORIZED, message),
        ErrorCode::RateLimited => Problem::later(StatusCode::TOO_MANY_REQUESTS, message, wait),
        ErrorCode::Unavailable => Problem::later(StatusCode::SERVICE_UNAVAILABLE, message, wait),
        ErrorCode::BadFrame | ErrorCode::UnknownType | ErrorCode::Internal => {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
    }
}
