//! Asking an actor and waiting for its answer: the one file that knows how a call may fail.

use crate::address::Address;
use ractor::Message;
use tokio::sync::oneshot;
use tokio::time::timeout;

use greenroom_protocol::limits::READ;

/// Where an actor puts its answer.
pub(crate) type Answer<T> = oneshot::Sender<T>;

/// Why a call brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The actor is not alive, or died with the question in hand. Whether it acted is unknown.
    #[error("the actor is gone")]
    Gone,
    /// The time was up. The actor may still act.
    #[error("the actor did not answer in time")]
    TimedOut,
}

/// Asks an actor, and waits at most [`READ`] for the answer.
pub(crate) async fn ask<M: Message, T>(
    actor: Option<Address<M>>,
    question: impl FnOnce(Answer<T>) -> M,
) -> Result<T, CallError> {
    let actor = actor.ok_or(CallError::Gone)?;
    let (answer, waiting) = oneshot::channel();
    actor.tell(question(answer));
    match timeout(READ, waiting).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_dropped)) => Err(CallError::Gone),
        Err(_elapsed) => Err(CallError::TimedOut),
    }
}

/// Answers, unless the caller has stopped waiting.
pub(crate) fn answer<T>(to: Answer<T>, with: T) {
    // A caller that gave up is no concern of the answerer.
    let _abandoned = to.send(with);
}
