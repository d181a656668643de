//! What may go wrong at any step.

use greenroom_protocol::CloseCode;

use super::words;
use super::world::World;
use crate::dead_letters::PoisonCommand;
use crate::room::{Inside, RoomCommand};
use crate::supervision::Exit;

impl World {
    pub(super) fn go_wrong(&mut self) {
        match self.dice.below(21) {
            0..5 => self.a_room_dies(),
            5 => self.the_store_dies(),
            6 => self.all_rooms_die(),
            7 | 8 => self.a_session_dies(),
            9 if self.dice.one_in(3) => self.all_sessions_die(),
            10 if self.refuses => self.log.full = !self.log.full,
            11 => self.a_read_fails(),
            12 => self.a_client_reads_nothing(),
            13 | 14 => self.a_relay_is_late(),
            15 | 16 => self.a_relay_dies(),
            _ => self.a_link_ends(),
        }
    }

    /// Before a command, with it in hand, or just after it.
    fn a_room_dies(&mut self) {
        if self.living.is_empty() {
            return;
        }
        let lives: Vec<u64> = self.living.keys().copied().collect();
        let number = *self.dice.pick(&lives);
        let (in_hand, carried_out) = (self.dice.one_in(2), self.dice.one_in(2));
        let Some(life) = self.living.get_mut(&number) else { return };
        if in_hand && let Some(command) = life.mailbox.next() {
            let case = if let RoomCommand::Inside(Inside::Post { session, post }) = &command {
                let living = self.directory.session(*session);
                living.map(|living| PoisonCommand::Send { user: living.person.user.id, id: post.id })
            } else if let RoomCommand::Inside(Inside::Join(entry)) = &command {
                Some(PoisonCommand::Join { session: entry.request.session, join: entry.request.join })
            } else {
                None
            };
            if carried_out {
                life.shell.handle(command);
            }
            if let Some(case) = case {
                let _poison = life.casebook.begin(case);
            }
        }
        self.tell("a room dies", &(number, in_hand, carried_out));
        self.end_room(number, Exit::Failed("killed by the simulation".to_owned()));
    }

    fn the_store_dies(&mut self) {
        self.tell("the store dies", &());
        self.store.take().iter().for_each(|store| store.die());
    }

    fn all_rooms_die(&mut self) {
        self.tell("all rooms die", &());
        self.rooms.take().iter().for_each(|rooms| rooms.mailbox.die());
        std::mem::take(&mut self.living).values().for_each(|life| life.mailbox.die());
        self.late.extend(std::mem::take(&mut self.relays).into_values());
        self.directory.rooms_died();
    }

    fn a_session_dies(&mut self) {
        let sessions: Vec<_> = self.sessions.keys().copied().collect();
        if !sessions.is_empty() {
            let session = *self.dice.pick(&sessions);
            self.tell("a session dies", &session);
            self.end_session(session, CloseCode::SessionCrashed);
        }
    }

    fn all_sessions_die(&mut self) {
        self.tell("all sessions die", &());
        let sessions: Vec<_> = self.sessions.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.end_session(session, CloseCode::Restarting));
    }

    fn a_read_fails(&mut self) {
        if !self.reads.is_empty() {
            let read = self.dice.below(self.reads.len());
            drop(self.reads.swap_remove(read));
        }
    }

    /// Before a command, with it in hand, or just after it.
    fn a_relay_dies(&mut self) {
        let lives: Vec<u64> = self.relays.keys().copied().collect();
        if lives.is_empty() {
            return;
        }
        let number = *self.dice.pick(&lives);
        let (in_hand, carried_out) = (self.dice.one_in(2), self.dice.one_in(2));
        let Some(life) = self.relays.get_mut(&number) else { return };
        if let Some(command) = in_hand.then(|| life.mailbox.next()).flatten()
            && carried_out
        {
            life.takes(command);
        }
        self.tell("a relay dies", &(number, in_hand, carried_out));
        self.end_relay(number, Exit::Failed("killed by the simulation".to_owned()));
    }

    /// One whose room is dead has a command in hand, and carries it out before it ends, too.
    fn a_relay_is_late(&mut self) {
        if !self.late.is_empty() {
            let mut life = self.late.swap_remove(self.dice.below(self.late.len()));
            if let Some(command) = life.mailbox.next() {
                self.tell("a relay is late", &words::of_relay(&command));
                life.takes(command);
            }
        }
    }

    fn a_client_reads_nothing(&mut self) {
        let client = self.dice.below(self.clients.len());
        self.clients[client].link.iter_mut().for_each(|link| link.stalled = !link.stalled);
    }

    fn a_link_ends(&mut self) {
        let client = self.dice.below(self.clients.len());
        self.tell("a link ends", &client);
        self.clients[client].hang_up();
    }
}
