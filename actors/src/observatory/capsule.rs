//! A crash capsule: what is needed to see a crash again, in a file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use greenroom_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use crate::room::{Input, Replay, Taped, TapedStep};

/// The form of capsules that this program writes and reads.
const FORM: u32 = 1;

/// A crash capsule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Capsule {
    /// The form of the file.
    pub capsule: u32,
    /// The story that it belongs to.
    pub story: u64,
    /// Who has crashed.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: String,
    /// Whether the laboratory did it.
    pub by_lab: bool,
    /// The kind of the command in hand.
    pub command: Option<String>,
    /// The last commands by kind and size, oldest first; the last of them is the one in hand, if one was.
    pub last: Vec<Heard>,
    /// All that a room was told: recorded in the laboratory only, since it has what people say.
    pub room: Option<Taped>,
}

/// A command by kind and size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// What kind of command.
    pub kind: String,
    /// Bytes that somebody has said in it.
    pub bytes: u64,
}

/// Why a file is no capsule.
#[derive(Debug, thiserror::Error)]
pub enum NoCapsule {
    /// It can't be understood.
    #[error("this is no crash capsule, or it is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// Another program wrote it.
    #[error("this capsule has form {0}, and this program reads form {FORM}: replay it with the program that wrote it")]
    OtherForm(u32),
}

/// How a replay went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// It failed over the same command, of itself.
    SamePlace {
        /// What the panic says.
        panic: String,
    },
    /// The room came to the same command, over which the laboratory had crashed it.
    Laboratory,
    /// It failed earlier than the room did.
    Earlier {
        /// Over which step.
        n: u64,
        /// What the panic says.
        panic: String,
    },
    /// The rules did not fail: the defect is in what surrounds them.
    Sound,
    /// Nothing was recorded.
    Nothing,
}

#[derive(Deserialize)]
struct Form {
    capsule: u32,
}

impl Capsule {
    pub(super) fn form() -> u32 {
        FORM
    }

    /// Reads a capsule.
    ///
    /// # Errors
    /// Where the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Self, NoCapsule> {
        let Form { capsule } = serde_json::from_slice(bytes)?;
        if capsule != FORM {
            return Err(NoCapsule::OtherForm(capsule));
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Tells a room's rules again what the room was told; `see` sees each step before it is taken.
    pub fn replay(&self, mut see: impl FnMut(&TapedStep)) -> Replayed {
        let Some(taped) = &self.room else { return Replayed::Nothing };
        let mut replay = match quietly(|| Replay::of(taped)) {
            Ok(replay) => replay,
            Err(panic) => return Replayed::Earlier { n: taped.steps_before, panic },
        };
        let last = taped.steps.last().map(|step| step.n);
        for step in &taped.steps {
            see(step);
            if let Err(panic) = quietly(|| replay.step(step)) {
                let same = Some(step.n) == last;
                return if same { Replayed::SamePlace { panic } } else { Replayed::Earlier { n: step.n, panic } };
            }
        }
        let struck = taped.steps.last().is_some_and(|step| matches!(step.input, Input::Laboratory { .. }));
        if struck || self.by_lab { Replayed::Laboratory } else { Replayed::Sound }
    }
}

/// Runs something, and says what it panicked with if it did.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
    })
}
