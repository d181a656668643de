//! What frames say, put together.

use greenroom_protocol::{Event, Ref, Seq, ServerFrame};

use super::room;

/// The durable events of a room in what one socket was told, from its last `joined`. Fails where they
/// are not one gapless order: that is the server's promise.
pub(crate) fn log_of(frames: &[ServerFrame], place: &str) -> Vec<Event> {
    let here = room(place);
    let mut log: Vec<Event> = Vec::new();
    let mut last: Option<Seq> = None;
    for frame in frames {
        let events: Vec<Event> = match frame {
            ServerFrame::Joined(joined) if joined.room == here => {
                log.clear();
                last = joined.events.first().map_or(Some(joined.last_seq), |first| Some(Seq(first.seq().0 - 1)));
                joined.events.clone()
            }
            ServerFrame::Events(events) if events.room == here => events.events.clone(),
            ServerFrame::Message(message) if message.room == here => vec![Event::Message(message.clone())],
            ServerFrame::Member(member) if member.room == here => vec![Event::Member(member.clone())],
            ServerFrame::Room(change) if change.room == here => vec![Event::Room(change.clone())],
            _ => continue,
        };
        for event in events {
            let expected = last.map(Seq::next);
            assert_eq!(Some(event.seq()), expected, "{place} is told in order, without a gap, each event once");
            last = Some(event.seq());
            log.push(event);
        }
    }
    log
}

/// The mark that a reply carries back.
pub(super) fn reference_of(frame: &ServerFrame) -> Option<&Ref> {
    match frame {
        ServerFrame::Welcome(welcome) => welcome.reference.as_ref(),
        ServerFrame::Joined(joined) => joined.reference.as_ref(),
        ServerFrame::Left(left) => left.reference.as_ref(),
        ServerFrame::Ack(ack) => ack.reference.as_ref(),
        ServerFrame::History(page) => page.reference.as_ref(),
        ServerFrame::Pong { reference } => reference.as_ref(),
        ServerFrame::Error(error) => error.reference.as_ref(),
        _ => None,
    }
}
