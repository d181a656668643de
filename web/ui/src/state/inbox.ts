/** What the server says, frame by frame: each is handed to what it concerns. */
import { countHere } from '../rules/presence';
import { entry } from '../texts/entry';
import { sentence } from '../texts';
import type { ClientFrame, Failure, ServerFrame, Unread } from '../wire';
import { Arrivals } from './arrivals';
import type { Chat } from './chat.svelte';
import { News } from './news.svelte';
import type { Asked } from './rooms.svelte';

/** Events that come one by one, and may wait for each other. */
const LIVE = new Set<ServerFrame['type']>(['message', 'member', 'room', 'erased', 'unknown']);

/** In a crowd somebody always types. */
const CROWD = 100;

/** Refusals that say nothing about who we are. */
const PASSING = new Set(['rate_limited', 'unavailable', 'internal']);

export class Inbox {
  #chat: Chat;
  #news: News;
  /** What was asked for, and has no answer yet. */
  #asked = new Map<number, Asked>();
  #lastRef = 0;
  #arrivals: Arrivals;

  constructor(chat: Chat) {
    this.#chat = chat;
    this.#news = new News(chat);
    this.#arrivals = new Arrivals((room, events) => chat.rooms.arrived(room, events));
  }

  /** The first frame of a connection: who we are. Answers to the one before it come no more. */
  greeting(): ClientFrame {
    const { token, entrance } = this.#chat;
    for (const asked of this.#asked.values()) if (asked.what === 'page') asked.take(null);
    this.#asked.clear();
    const ref = this.ask({ what: 'hello' });
    return token === null
      ? { type: 'hello', ref, guest: entrance.guestName }
      : { type: 'hello', ref, token };
  }

  /** The `ref` for a command whose refusal has to be recognised. */
  ask(asked: Asked): number {
    this.#lastRef++;
    this.#asked.set(this.#lastRef, asked);
    return this.#lastRef;
  }

  /** What waits to be drawn came before whatever happens now. */
  flush(): void {
    this.#arrivals.flush();
  }

  received(frame: ServerFrame): void {
    if (!LIVE.has(frame.type)) this.flush();
    const { rooms, lobby, people, notifier, typing } = this.#chat;
    const asked = this.#answered(frame);
    switch (frame.type) {
      case 'welcome':
        return void this.#chat.welcomed(frame);
      case 'joined':
        typing.clear(frame.room);
        return rooms.joined(frame);
      case 'events':
        return rooms.arrived(frame.room, frame.events);
      case 'message':
        this.#arrivals.add(frame);
        typing.signed(frame.room, frame.user, false);
        return notifier.heard(frame);
      case 'member':
      case 'room':
      case 'erased':
      case 'unknown':
        return this.#arrivals.add(frame);
      case 'history':
        return asked?.what === 'page' ? asked.take(frame) : undefined;
      case 'forgotten':
        return this.#chat.forgotten(frame);
      case 'ack':
        return rooms.acknowledged(frame);
      case 'typing':
        return this.#typed(frame);
      case 'presence':
        for (const user of frame.left) typing.signed(frame.room, user, false);
        return rooms.find(frame.room)?.presence(frame);
      case 'receipt':
        return rooms.receipt(frame.room, frame);
      case 'unread':
        return this.#counted(frame);
      case 'rooms':
        this.#news.ofList(frame.rooms, frame.gone);
        lobby.listed(frame.rooms, frame.gone);
        rooms.described(frame.rooms);
        return rooms.recounted(frame.rooms.map((row) => row.room));
      case 'people':
        return people.reached(frame.users);
      case 'left':
        typing.clear(frame.room);
        return frame.reason && rooms.removed(frame.room, frame.reason);
      case 'error':
        return this.#failed(frame, asked);
      case 'pong':
        return;
    }
  }

  #typed({ room, user, on }: Extract<ServerFrame, { type: 'typing' }>): void {
    const here = this.#chat.rooms.find(room)?.here;
    if (here === undefined || countHere(here) <= CROWD) this.#chat.typing.signed(room, user, on);
  }

  #counted(frame: Unread): void {
    const { rooms, lobby, notifier, typing } = this.#chat;
    const before = lobby.row(frame.room)?.last_seq ?? 0;
    lobby.counted(frame);
    if (frame.last) typing.signed(frame.room, frame.last.user, false);
    rooms.recounted([frame.room]);
    notifier.counted(frame, before);
  }

  /** What a frame is the answer to; it is asked no longer. */
  #answered(frame: ServerFrame): Asked | undefined {
    if (!('ref' in frame) || frame.ref === undefined) return undefined;
    const asked = this.#asked.get(frame.ref);
    this.#asked.delete(frame.ref);
    return asked;
  }

  #failed(failure: Failure, asked: Asked | undefined): void {
    const { rooms, connection } = this.#chat;
    if (asked === undefined) {
      if (connection.kind === 'connecting') this.#notGreeted(failure);
      return;
    }
    switch (asked.what) {
      case 'hello':
        return this.#notGreeted(failure);
      case 'join':
        return rooms.notJoined(asked.room, failure);
      case 'page':
        return asked.take(null);
      case 'send':
        return rooms.turnedDown(asked.id, failure);
    }
  }

  #notGreeted(failure: Failure): void {
    const { token, entrance } = this.#chat;
    if (PASSING.has(failure.code)) return this.#chat.backOff(failure.retry_after_ms);
    if (token !== null) return entrance.turnedAway(entry.forgotten);
    const taken = failure.code === 'conflict';
    entrance.turnedAway(taken ? entry.taken : sentence(failure.message));
  }
}
