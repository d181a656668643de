//! One actor from near.

use serde_json::{Map, Value, json};

use super::board::policy;
use super::gauge::Gauge;
use super::histogram::trimmed;
use super::now;
use super::observer::Observer;
use crate::address::Vitals;
use crate::audit::balance;
use crate::census::ActorName;
use crate::supervision::{Escalation, Policy, Restart};

impl Observer {
    /// One actor from near, as the frame `detail`. From now on it is measured, whoever it is.
    pub(super) async fn detail(&self, name: &ActorName) -> Value {
        let directory = self.directory();
        let observatory = &directory.observatory;
        let (ms, text) = (observatory.ms(now()), name.to_string());
        let stories: Vec<u64> = {
            let stories = observatory.stories.lock();
            stories.newest(u64::MAX).filter(|story| story.actor == text).map(|story| story.n).take(50).collect()
        };
        let Some(vitals) = directory.census.vitals(name) else {
            return json!({ "type": "detail", "ms": ms, "actor": text, "alive": false, "stories": stories });
        };
        let gauge = vitals.gauge();
        let row = observatory.board.lock().row(directory, name);
        let (summary, ledger) = self.says(name).await;
        let supervisor = directory.census.supervisor(name).map(|by| by.to_string());
        json!({
            "type": "detail",
            "ms": ms,
            "actor": text,
            "alive": true,
            "row": row,
            "supervisor": supervisor,
            "strategy": strategy(policy(name)),
            "children": directory.census.children(name),
            "handled": vitals.handled(),
            "handling": histogram(&gauge.handling()),
            "waiting": histogram(&gauge.waiting()),
            "last": last(&vitals, gauge),
            "summary": summary,
            "ledger": ledger,
            "stories": stories,
        })
    }

    /// What an actor says of itself, and its ledger.
    async fn says(&self, name: &ActorName) -> (Value, Value) {
        let directory = self.directory();
        self.asks(name);
        match name {
            ActorName::Room(room) => match directory.rooms.look(room.clone()).await {
                Ok(Some(room)) => {
                    let mut ledger = json!(room.ledger);
                    ledger["balances"] = room.ledger.balances().into();
                    let summary =
                        json!({ "incarnation": room.incarnation, "last_seq": room.last_seq, "online": room.online });
                    (summary, ledger)
                }
                Ok(None) | Err(_) => (json!({}), Value::Null),
            },
            ActorName::Session(session) => match directory.session(*session) {
                Some(living) => {
                    let ledger = living.outbox.ledger();
                    let rooms: Vec<String> = directory.seats_of(*session).iter().map(ToString::to_string).collect();
                    let summary = json!({
                        "user": living.person.user.name,
                        "guest": living.person.guest,
                        "rooms": rooms.join(", "),
                        "waiting_bytes": living.outbox.waiting().1,
                    });
                    let mut told = json!(ledger);
                    told["balances"] = ledger.balances().into();
                    (summary, told)
                }
                None => (json!({}), Value::Null),
            },
            ActorName::Store => (directory.store.health().await.map_or(json!({}), |health| json!(health)), Value::Null),
            ActorName::Presence => match directory.presence.count().await {
                Ok((people, sessions)) => (json!({ "people": people, "sessions": sessions }), Value::Null),
                Err(_) => (json!({}), Value::Null),
            },
            ActorName::Engine => {
                let balance = balance(directory);
                (json!({ "audits": balance.audits, "imbalances": balance.imbalances }), Value::Null)
            }
            ActorName::Lobby | ActorName::Rooms | ActorName::Sessions | ActorName::Shard(_) | ActorName::Relay(..) => {
                (json!({}), Value::Null)
            }
        }
    }

    /// Notes whom a look at this actor asks.
    fn asks(&self, name: &ActorName) {
        let mut board = self.directory().observatory.board.lock();
        match name {
            ActorName::Room(_) => {
                // They know where it is.
                board.asks(ActorName::Rooms);
                board.asks(name.clone());
            }
            ActorName::Store | ActorName::Presence => board.asks(name.clone()),
            ActorName::Engine
            | ActorName::Lobby
            | ActorName::Rooms
            | ActorName::Sessions
            | ActorName::Session(_)
            | ActorName::Shard(_)
            | ActorName::Relay(..) => (),
        }
    }
}

fn histogram(counts: &super::histogram::Counts) -> Value {
    let count: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    json!({ "unit": "us", "count": count, "buckets": trimmed(counts) })
}

/// The last commands, by kind and size.
pub(super) fn last(vitals: &Vitals, gauge: &Gauge) -> Value {
    let in_hand = u64::from(vitals.in_hand().is_some());
    let told = gauge.last(vitals.handled() + in_hand).into_iter().map(|heard| {
        let mut one = Map::new();
        one.insert("kind".into(), vitals.kind(heard.kind).into());
        one.insert("bytes".into(), heard.bytes.into());
        Value::from(one)
    });
    told.collect()
}

/// A policy as a sentence.
fn strategy(policy: Option<&Policy>) -> String {
    let Some(policy) = policy else { return "never started again: the process ends with it".to_owned() };
    let (limit, window) = (policy.budget.restarts, policy.budget.within.as_secs());
    let then = match policy.escalation {
        Escalation::Fail => "then its supervisor fails, too".to_owned(),
        Escalation::Quarantine(time) => format!("then it is quarantined for {} s", time.as_secs()),
    };
    match policy.restart {
        Restart::Permanent => format!("permanent: always started again, at most {limit} times in {window} s; {then}"),
        Restart::Transient => {
            format!("transient: started again after a failure, at most {limit} times in {window} s; {then}")
        }
        Restart::Temporary => "temporary: never started again; its client's reconnect is its restart".to_owned(),
    }
}
