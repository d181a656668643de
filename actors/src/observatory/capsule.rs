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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use greenroom_protocol::{
        Body, Epoch, Event, Message, MessageId, Name, RoomId, RoomKind, Seq, SessionId, Timestamp, User, UserId,
    };
    use greenroom_storage::{Head, Incarnation, LogEvent, Room, RoomKey};
    use uuid::Uuid;

    use super::*;
    use crate::directory::Person;
    use crate::outbox::SendNumber;
    use crate::room::RoomState;

    fn ana() -> User {
        User { id: UserId::new(), name: Name::guest("ana").unwrap() }
    }

    /// A room whose log ends at `head`, in which one session sits.
    fn room(head: u64) -> (RoomState, SessionId, User) {
        let id = RoomId::parse("green").unwrap();
        let room = Room::new(RoomKey(Uuid::from_u128(1)), id, RoomKind::Group, "Green".into(), Epoch::new());
        let (now, head) = (Instant::now(), Head { seq: Seq(head), ordinal: 0 });
        let mut state = RoomState::new(Arc::new(room), Incarnation(1), head, Vec::new(), Vec::new(), now);
        let (session, user) = (SessionId::new(), ana());
        state.sit(session, Person { user: user.clone(), guest: true }, 1, now);
        (state, session, user)
    }

    fn capsule(state: &RoomState, inputs: Vec<Input>, by_lab: bool) -> Capsule {
        let step = |(input, n): (Input, u64)| TapedStep {
            n,
            ms: n as f64,
            at: Timestamp::from_millis(0),
            kind: "some".into(),
            bytes: 0,
            input,
        };
        let steps = inputs.into_iter().zip(1..).map(step).collect();
        let room = Some(Taped { steps_before: 0, standing: state.standing(), steps });
        let (at, cause) = (Timestamp::from_millis(0), "boom".to_owned());
        let capsule = Capsule {
            capsule: FORM,
            story: 1,
            actor: "room:green".into(),
            at,
            cause,
            by_lab,
            command: Some("committed".into()),
            last: Vec::new(),
            room,
        };
        Capsule::read(&serde_json::to_vec(&capsule).unwrap()).unwrap()
    }

    fn post(session: SessionId, n: u64) -> Input {
        let (number, body) = (SendNumber(n), Body::parse("hello").unwrap());
        Input::Post { session, number, id: MessageId::new(), body, reply_to: None }
    }

    fn committed(user: &User, seq: u64) -> Input {
        let message = Message {
            room: RoomId::parse("green").unwrap(),
            seq: Seq(seq),
            id: MessageId::new(),
            user: user.clone(),
            at: Timestamp::from_millis(0),
            body: Body::parse("hello").unwrap(),
            reply_to: None,
        };
        let events = vec![LogEvent { event: Event::Message(message), ordinal: seq }];
        Input::Committed { events, settled: Vec::new(), gone: None, deleted: false }
    }

    #[test]
    fn a_defect_fails_at_the_same_command_again() {
        let (mut state, session, user) = room(0);
        for seq in 1..=3 {
            let Input::Committed { events, .. } = committed(&user, seq) else { panic!("it is one") };
            state.announced(events, Vec::new(), Instant::now());
        }
        let page = || Input::History { before: None, after: Some(Seq(0)), limit: 10 };
        let defective = |inputs| {
            let mut whole = serde_json::to_value(capsule(&state, inputs, false)).unwrap();
            // As a defect would leave it: more in memory than the log has.
            whole["room"]["standing"]["head"]["seq"] = 1.into();
            Capsule::read(&serde_json::to_vec(&whole).unwrap()).unwrap().replay(|_| ())
        };
        assert_eq!(defective(vec![post(session, 1)]), Replayed::Sound);
        let same = defective(vec![post(session, 1), page()]);
        assert!(matches!(&same, Replayed::SamePlace { panic } if panic.contains("overflow")), "{same:?}");
        let earlier = defective(vec![post(session, 1), page(), post(session, 2)]);
        assert!(matches!(&earlier, Replayed::Earlier { n: 2, .. }), "{earlier:?}");
        assert_eq!(capsule(&state, vec![page()], false).replay(|_| ()), Replayed::Sound, "without the defect");
    }

    #[test]
    fn where_the_rules_are_sound_the_replay_says_so_and_what_the_laboratory_did_is_named() {
        let (state, session, user) = room(0);
        let told = || vec![post(session, 1), committed(&user, 1), Input::Tick, Input::Leave { session }];
        assert_eq!(capsule(&state, told(), false).replay(|_| ()), Replayed::Sound);
        let over = Some(Box::new(post(session, 2)));
        let blow = Input::Laboratory { fault: "panic_next".into(), over };
        let mut kinds = 0;
        let struck = capsule(&state, [told(), vec![blow]].concat(), true).replay(|_| kinds += 1);
        assert_eq!((struck, kinds), (Replayed::Laboratory, 5));
    }

    #[test]
    fn a_state_is_made_again_as_it_was_written_down() {
        let (mut state, session, user) = room(0);
        let now = Instant::now();
        state
            .post(
                session,
                crate::room::Post {
                    number: SendNumber(1),
                    id: MessageId::new(),
                    body: Body::parse("hello").unwrap(),
                    reply_to: None,
                },
                Timestamp::from_millis(0),
                false,
            )
            .unwrap();
        let Input::Committed { events, .. } = committed(&user, 1) else { panic!("it is one") };
        state.announced(events, Vec::new(), now);
        let written = serde_json::to_string(&state.standing()).unwrap();
        let again = RoomState::stood(serde_json::from_str(&written).unwrap(), now);
        assert_eq!(serde_json::to_string(&again.standing()).unwrap(), written);
        assert_eq!(
            (again.head(), again.online_count(), again.first_undecided()),
            (state.head(), 1, state.first_undecided())
        );
    }

    #[test]
    fn what_is_no_capsule_is_said_to_be_none() {
        let (state, session, _) = room(0);
        let mut whole = serde_json::to_value(capsule(&state, vec![post(session, 1)], false)).unwrap();
        let bytes = serde_json::to_vec(&whole).unwrap();
        for bad in [&b""[..], b"{}", b"[]", &bytes[..bytes.len() / 2]] {
            let error = Capsule::read(bad).unwrap_err().to_string();
            assert!(error.contains("no crash capsule"), "{error}");
        }
        whole["capsule"] = 2.into();
        let error = Capsule::read(&serde_json::to_vec(&whole).unwrap()).unwrap_err().to_string();
        assert!(error.contains("form 2"), "{error}");
        whole["capsule"] = 1.into();
        whole["room"] = serde_json::Value::Null;
        let nothing = Capsule::read(&serde_json::to_vec(&whole).unwrap()).unwrap().replay(|_| ());
        assert_eq!(nothing, Replayed::Nothing);
    }
}
