//! MQTT 3.1.1 over WebSocket, QoS 0. A room is a topic; nothing is numbered or acknowledged.
//!
//! What is published is the frame that Greenroom would send, so that all servers carry the same number of bytes.

use super::greenroom::published;
use super::{Dialect, Greenroom, Heard, Id};
use crate::bench::frames::Kind;
use crate::bench::swarm::Upgrade;

/// Packets, by the first half of their first byte.
const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;
const SUBACK: u8 = 9;

/// Publishes frames to topics.
#[derive(Debug, Default)]
pub(crate) struct Mqtt(Greenroom);

impl Dialect for Mqtt {
    fn upgrade(&self) -> Upgrade {
        Upgrade { path: "/mqtt", subprotocol: Some("mqtt"), kind: Kind::Binary }
    }

    fn acknowledges(&self) -> bool {
        false
    }

    fn hello(&self, name: &str, say: &mut dyn FnMut(&[u8])) {
        // Protocol level 4, a clean session, and no keep-alive.
        let head = [&text("MQTT")[..], &[4, 2, 0, 0]].concat();
        say(&packet(CONNECT << 4, &[&head, &text(name)]));
    }

    fn join(&self, room: &str, say: &mut dyn FnMut(&[u8])) {
        say(&packet(SUBSCRIBE << 4 | 2, &[&[0, 1], &text(room), &[0]]));
    }

    fn send(&self, room: &str, id: &Id, body: &str, say: &mut dyn FnMut(&[u8])) {
        say(&packet(PUBLISH << 4, &[&text(room), published(room, id, body).as_bytes()]));
    }

    fn hear(&self, frame: &[u8], heard: &mut dyn FnMut(Heard<'_>)) {
        let mut rest = frame;
        while !rest.is_empty() {
            let Some((kind, body, after)) = first(rest) else {
                heard(Heard::Refused(b"a packet in pieces, which the load generator doesn't put together"));
                return;
            };
            rest = after;
            match (kind, body) {
                (PUBLISH, &[high, low, ref topic @ ..]) => {
                    let topic_length = usize::from(u16::from_be_bytes([high, low]));
                    self.0.hear(topic.get(topic_length..).unwrap_or_default(), heard);
                }
                (SUBACK, [_, _, 0]) => heard(Heard::Joined),
                (CONNACK, [_, 0]) => heard(Heard::Other),
                (SUBACK | CONNACK, _) => heard(Heard::Refused(b"refused by the broker")),
                _ => heard(Heard::Other),
            }
        }
    }
}

/// The kind and the body of the first packet, and what comes after it.
fn first(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&head, mut rest) = bytes.split_first()?;
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let (&digit, after) = rest.split_first()?;
        rest = after;
        length |= usize::from(digit & 0x7F) << shift;
        shift += 7;
        if digit & 0x80 == 0 {
            break;
        }
        if shift > 21 {
            return None;
        }
    }
    let (body, after) = rest.split_at_checked(length)?;
    Some((head >> 4, body, after))
}

fn packet(head: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut packet = vec![head];
    let mut length: usize = parts.iter().map(|part| part.len()).sum();
    while length > 0x7F {
        packet.push(0x80 | (length & 0x7F) as u8);
        length >>= 7;
    }
    packet.push(length as u8);
    packet.extend(parts.iter().copied().flatten());
    packet
}

/// A text with its length before it.
fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_heard() {
        let mut said = Vec::new();
        Mqtt::default().send("green", &[b'i'; 36], "abc", &mut |packet| said = packet.to_vec());
        let mut words = Vec::new();
        let all = [&[0x20, 2, 0, 0, 0x90, 3, 0, 1, 0], &said[..], &said[..]].concat();
        Mqtt::default().hear(&all, &mut |heard| words.push(format!("{heard:?}")));
        assert_eq!(words[..2], ["Other", "Joined"]);
        assert!(words[2].starts_with("Message { seq: None, body: [97, 98, 99, 34"), "{}", words[2]);
        assert_eq!((&words[2], words.len()), (&words[3], 4));
        words.clear();
        Mqtt::default().hear(&all[..all.len() - 1], &mut |heard| words.push(format!("{heard:?}")));
        assert!(words[3].starts_with("Refused"), "{words:?}");
    }
}
