//! History, and what a session has missed.

use std::time::Duration;

use greenroom_protocol::limits::{PAGE_BYTES, PAGE_EVENTS};
use greenroom_protocol::{CloseCode, EncodedFrame, ErrorCode, HistoryPage, Seq, ServerFrame, SessionId};
use greenroom_storage::{LogEvent, Page, PageFrom};

use super::actor::{READ_AGAIN, RoomShell};
use super::command::{HistoryRequest, Inside};
use super::leaving::no_such_room;
use crate::outbox::Refusal;
use crate::store::ReadFailed;

impl RoomShell {
    pub(super) fn history(&mut self, request: Box<HistoryRequest>) {
        let from = match (request.history.before, request.history.after) {
            (Some(before), _) => PageFrom::Before(before),
            (None, Some(after)) => PageFrom::After(after),
            (None, None) => PageFrom::Newest,
        };
        let limit = request.history.limit();
        let open = self.open_room();
        match open.state.page(from, limit) {
            Some(events) => {
                let (more, gone) = (open.state.has_more(from, &events), open.state.room().gone);
                self.history_read(*request, Ok(Page { events, more, gone }));
            }
            None => self.read(from, limit, move |page| Inside::HistoryRead(request, page)),
        }
    }

    pub(super) fn history_read(&mut self, request: HistoryRequest, page: Result<Page, ReadFailed>) {
        let open = self.open_room();
        let (key, head) = (open.state.room().key, open.state.head().seq);
        if !self.directory.admits(key, request.user) {
            return request.refuse(no_such_room(&self.id));
        }
        match page {
            Ok(mut page) => {
                self.trimmed(page.gone);
                page.more |= cut(&mut page.events, head);
                let first_seq = page.first_seq();
                let events = page.events.into_iter().map(|event| event.event).collect();
                let frame = ServerFrame::History(HistoryPage {
                    reference: request.reference(),
                    room: self.id.clone(),
                    events,
                    more: page.more,
                    first_seq,
                });
                request.answer(EncodedFrame::of_room(&frame));
            }
            Err(error) => {
                let message = format!("the history can't be read now: {error}");
                request.refuse(Refusal::retry(ErrorCode::Unavailable, message, 1_000));
            }
        }
    }

    pub(super) fn pull(&mut self, session: SessionId) {
        let id = self.id.clone();
        let open = self.open_room();
        let Some(after) = open.fan_out.outbox(session).and_then(|outbox| outbox.cursor(&id)) else { return };
        match open.state.page(PageFrom::After(after), PAGE_EVENTS) {
            Some(events) => self.hand_over(session, after, events),
            None => {
                let read = move |page| Inside::PullRead { session, after, page };
                self.read(PageFrom::After(after), PAGE_EVENTS, read);
            }
        }
    }

    pub(super) fn pull_read(&mut self, session: SessionId, after: Seq, page: Result<Page, ReadFailed>) {
        match page {
            Ok(page) => {
                self.trimmed(page.gone);
                self.hand_over(session, after, page.events);
            }
            Err(error) => {
                tracing::warn!(room = %self.id, %error, "a session can't catch up yet");
                let read = move |page| Inside::PullRead { session, after, page };
                self.read_later(PageFrom::After(after), read);
            }
        }
    }

    /// Hands over a page of what was missed; from the last page on, live events follow without a gap,
    /// since both happen in this room's own handlers.
    pub(super) fn hand_over(&mut self, session: SessionId, after: Seq, mut events: Vec<LogEvent>) {
        let open = self.open_room();
        if after < open.state.room().gone.seq {
            // What comes next is no more, which `joined` tells whoever comes back.
            return open.fan_out.close(session, CloseCode::TooSlow);
        }
        cut(&mut events, open.state.head().seq);
        let last = events.last().map_or(after, |event| event.event.seq());
        let more = last < open.state.head().seq;
        let page = events.into_iter().map(|event| event.event).collect();
        open.fan_out.catch_up(session, after, page, more);
    }

    /// Reads a page off this actor; `then` makes the answer a command to it.
    pub(super) fn read(
        &mut self,
        from: PageFrom,
        limit: usize,
        then: impl FnOnce(Result<Page, ReadFailed>) -> Inside + Send + 'static,
    ) {
        self.read_after(Duration::ZERO, from, limit, then);
    }

    /// The same a little later, after a read that failed.
    pub(super) fn read_later(
        &mut self,
        from: PageFrom,
        then: impl FnOnce(Result<Page, ReadFailed>) -> Inside + Send + 'static,
    ) {
        self.read_after(READ_AGAIN, from, PAGE_EVENTS, then);
    }

    pub(super) fn read_after(
        &mut self,
        wait: Duration,
        from: PageFrom,
        limit: usize,
        then: impl FnOnce(Result<Page, ReadFailed>) -> Inside + Send + 'static,
    ) {
        let (store, myself) = (self.directory.store.clone(), self.myself.clone());
        let key = self.open_room().state.room().key;
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let page = store.page(key, from, limit, PAGE_BYTES).await;
            myself.tell(then(page));
        });
    }
}

/// Cuts off what the log has not announced to this room yet: who may read that is not known here. Says whether
/// there was any.
pub(super) fn cut(events: &mut Vec<LogEvent>, head: Seq) -> bool {
    let known = events.partition_point(|event| event.event.seq() <= head);
    let more = known < events.len();
    events.truncate(known);
    more
}

#[cfg(test)]
mod tests {
    use greenroom_protocol::{Event, RoomId};

    use super::*;

    #[test]
    fn a_page_ends_where_the_rooms_own_announcements_end() {
        let event = |seq| {
            let event = Event::Unreadable { room: RoomId::parse("attic").unwrap(), seq: Seq(seq) };
            LogEvent { event, ordinal: 0 }
        };
        let page: Vec<LogEvent> = (4..=7).map(event).collect();
        for (head, left, more) in [(9, 4, false), (7, 4, false), (5, 2, true), (3, 0, true)] {
            let mut page = page.clone();
            assert_eq!((cut(&mut page, Seq(head)), page.len()), (more, left), "announced up to {head}");
        }
    }
}
