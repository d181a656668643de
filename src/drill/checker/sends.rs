//! What became of each send.

use std::collections::{BTreeSet, HashMap, HashSet};

use greenroom_protocol::{MessageId, RoomId, UserId};

use super::{Column, Report};
use crate::drill::history::{At, Digest, Fact, Stored, Trace};

/// One message that a client tried to send, over all its attempts.
#[derive(Debug)]
pub(super) struct Send<'a> {
    pub(super) client: usize,
    user: Option<UserId>,
    pub(super) room: &'a RoomId,
    pub(super) id: MessageId,
    body: Digest,
    pub(super) invoked: At,
    pub(super) acks: BTreeSet<u64>,
    pub(super) acked_at: Option<At>,
    refused: Option<&'a str>,
    unanswered: bool,
}

/// All sends of all clients, each client's in the order of their first attempt.
#[derive(Debug)]
pub(super) struct Sends<'a> {
    pub(super) all: Vec<Send<'a>>,
}

/// Messages that were acknowledged and are gone, so that they count once: neither as ghosts nor as holes.
#[derive(Debug, Default)]
pub(super) struct Lost {
    ids: HashSet<MessageId>,
    places: HashSet<(RoomId, u64)>,
}

/// Where each message of each person is stored: more than one place is one too many.
type Places<'a> = HashMap<(&'a RoomId, UserId, MessageId), Vec<(u64, Digest)>>;

impl Lost {
    pub(super) fn has(&self, id: MessageId) -> bool {
        self.ids.contains(&id)
    }

    pub(super) fn was_at(&self, room: &RoomId, seq: u64) -> bool {
        self.places.contains(&(room.clone(), seq))
    }
}

impl<'a> Sends<'a> {
    pub(super) fn of(traces: &'a [Trace]) -> Self {
        let mut all = Vec::new();
        for trace in traces {
            gather(trace, &mut all);
        }
        Self { all }
    }

    /// Compares each send with what is stored.
    pub(super) fn check(&self, stored: &Stored, report: &mut Report) -> Lost {
        let mut places: Places<'_> = HashMap::new();
        for (room, log) in &stored.rooms {
            for (seq, said) in log.iter().filter_map(|kept| Some((kept.seq, kept.said?))) {
                places.entry((room, said.user, said.id)).or_default().push((seq, said.body));
            }
        }
        for ((room, _user, id), found) in &places {
            if found.len() > 1 {
                let seqs: Vec<u64> = found.iter().map(|(seq, _)| *seq).collect();
                report.count(Column::Duplicated, || format!("{id} is in {room} at {seqs:?}"));
            }
        }
        let mut lost = Lost::default();
        for send in &self.all {
            let found = send.user.and_then(|user| places.get(&(send.room, user, send.id)));
            send.check(found.map_or(&[], Vec::as_slice), &mut lost, report);
        }
        lost
    }
}

impl Send<'_> {
    fn check(&self, found: &[(u64, Digest)], lost: &mut Lost, report: &mut Report) {
        let Self { client, id, room, .. } = self;
        report.attempts += 1;
        if !self.acks.is_empty() {
            report.acknowledged += 1;
            if found.is_empty() {
                lost.ids.insert(*id);
                lost.places.extend(self.acks.iter().map(|seq| ((*room).clone(), *seq)));
                report.count(Column::Lost, || {
                    format!("client {client} has an ack {:?} for {id}: not in {room}", self.acks)
                });
            } else if found.iter().any(|(_, body)| *body != self.body) {
                lost.ids.insert(*id);
                report.count(Column::Lost, || format!("{id} of client {client} is in {room} with another body"));
            } else if !self.acks.iter().all(|ack| found.iter().any(|(seq, _)| seq == ack)) {
                report.count(Column::Duplicated, || {
                    format!("{id} of client {client} has ack {:?}, but is in {room} at {found:?}", self.acks)
                });
            }
        } else if let Some(code) = self.refused {
            report.refused += 1;
            if !found.is_empty() {
                report.count(Column::Ghosts, || {
                    format!("{id} of client {client} was refused ({code}), but is in {room}")
                });
            }
        } else {
            report.unsettled += 1;
            report.note(|| format!("unsettled: {id} of client {client} in {room} never got an answer"));
        }
        if self.unanswered && !found.is_empty() {
            report.recovered += 1;
        }
    }
}

fn gather<'a>(trace: &'a Trace, all: &mut Vec<Send<'a>>) {
    let mut places: HashMap<MessageId, usize> = HashMap::new();
    for (at, fact) in &trace.facts {
        match fact {
            Fact::Invoked { room, id, body } => {
                places.entry(*id).or_insert_with(|| {
                    all.push(Send {
                        client: trace.client,
                        user: trace.user,
                        room,
                        id: *id,
                        body: *body,
                        invoked: *at,
                        acks: BTreeSet::new(),
                        acked_at: None,
                        refused: None,
                        unanswered: false,
                    });
                    all.len() - 1
                });
            }
            Fact::Acked { id, seq, .. } => {
                if let Some(send) = places.get(id).and_then(|place| all.get_mut(*place)) {
                    send.acks.insert(*seq);
                    send.acked_at.get_or_insert(*at);
                }
            }
            Fact::Refused { id, code, .. } => {
                if let Some(send) = places.get(id).and_then(|place| all.get_mut(*place)) {
                    send.refused = Some(code);
                }
            }
            Fact::Unanswered { id, .. } => {
                if let Some(send) = places.get(id).and_then(|place| all.get_mut(*place)) {
                    send.unanswered = true;
                }
            }
            Fact::Connected
            | Fact::Welcomed { .. }
            | Fact::Closed(_)
            | Fact::Entered { .. }
            | Fact::Left { .. }
            | Fact::Read { .. }
            | Fact::Delivered { .. } => {}
        }
    }
}
