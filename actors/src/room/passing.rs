//! What passes: who types, who is here, how far people have got.

use std::sync::Arc;

use greenroom_protocol::{
    Forgotten, Receipt, ReceiptMoved, RoomKind, Seq, ServerFrame, SessionId, TypingChanged, User, UserId,
};
use greenroom_storage::{Cursor, RoomKey};

use super::actor::{RoomShell, now};
use super::command::Inside;
use super::fan_out::typing_key;
use crate::directory::Person;
use crate::lobby::RoomNews;
use crate::outbox::PassingKey;
use crate::store::CursorMoved;

impl RoomShell {
    /// Typing is never echoed to the typist. Where all know each other, whoever looks elsewhere hears of it from the lobby.
    pub(super) fn tell_typing(&mut self, user: &User, on: bool) {
        let typing = TypingChanged { room: self.id.clone(), user: user.clone(), on };
        let lobby = self.directory.lobby.clone();
        let open = self.open_room();
        if open.state.room().kind != RoomKind::Group {
            lobby.typing(typing.clone());
        }
        let key = typing_key(&typing.room, user);
        let own = open.state.sessions_of(user.id);
        open.fan_out.pass(&key, &ServerFrame::Typing(typing), &own);
    }

    pub(super) fn typing(&mut self, session: SessionId, on: bool) {
        if let Some(user) = self.open_room().state.typing(session, on, now()) {
            self.tell_typing(&user, on);
        }
    }

    /// Whoever has it on the screen is told: their pages are older than this.
    pub(super) fn erased(&mut self, user: UserId) {
        let room = self.id.clone();
        let open = self.open_room();
        open.state.erased(user);
        let key = PassingKey::Forgotten(room.clone(), user);
        let forgotten = Forgotten { room, user, up_to: open.state.head().seq };
        open.fan_out.pass(&key, &ServerFrame::Forgotten(forgotten), &[]);
    }

    pub(super) fn move_cursor(&mut self, session: SessionId, delivered: Seq, read: Seq) {
        self.open_room().state.move_cursor(session, delivered, read, now());
    }

    pub(super) fn cursors_moved(&mut self, moved: Vec<(User, Cursor)>) {
        let id = self.id.clone();
        let lobby = self.directory.lobby.clone();
        let open = self.open_room();
        for (user, cursor) in moved {
            open.state.know_cursor(&user, cursor);
            lobby.cursor_moved(user.id, id.clone(), cursor);
            if open.state.tells_receipts() {
                let key = PassingKey::Receipt(id.clone(), user.id);
                let receipt = Receipt { user, delivered: cursor.delivered, read: cursor.read };
                let frame = ServerFrame::Receipt(ReceiptMoved { room: id.clone(), receipt });
                open.fan_out.pass(&key, &frame, &[]);
            }
        }
    }

    pub(super) fn tick(&mut self) {
        self.next_tick = None;
        let now = now();
        for user in self.open_room().state.fallen_silent(now) {
            self.tell_typing(&user, false);
        }
        let open = self.open_room();
        let gathered = open.state.gathered(now).unwrap_or_default();
        if let Some(presence) = gathered.presence {
            open.fan_out.pass_presence(presence);
        }
        let news = gathered.changed.then(|| RoomNews {
            room: Arc::clone(open.state.room()),
            head: open.state.head(),
            last: open.state.last_message().cloned(),
            online_count: open.state.online_count(),
            said: gathered.said,
        });
        let idle = open.state.is_idle(now);
        if idle {
            open.state.stay(now);
        }
        open.account.enter();
        let key = open.state.room().key;
        if let Some(news) = news {
            self.directory.lobby.news(news);
        }
        self.store_moves(key, gathered.moves);
        if idle {
            self.ask_to_close();
        }
    }

    pub(super) fn store_moves(&self, key: RoomKey, moves: Vec<(Person, Seq, Seq)>) {
        if moves.is_empty() {
            return;
        }
        let (store, myself) = (self.directory.store.clone(), self.myself.clone());
        let asked = moves.iter().cloned().map(|(person, delivered, read)| {
            let Person { user, guest } = person;
            CursorMoved { user, guest, delivered, read }
        });
        let asked = asked.collect();
        tokio::spawn(async move {
            let answer = match store.move_cursors(key, asked).await {
                Ok(moved) => Inside::CursorsMoved(moved),
                Err(_) => Inside::CursorsKept(moves),
            };
            myself.tell(answer);
        });
    }
}
