/**
 * The page's one store: who we are, whether we are connected, where we look. Frames come in here
 * and are handed to what they concern; the rules they follow stand in `rules/`.
 */
import { endSession } from '../net/api';
import { Connection, type ConnectionState } from '../net/connection';
import * as identity from '../net/identity';
import { memberIds } from '../net/lookup';
import { pathOf, roomInPath } from '../net/route';
import { DEFAULT_BODY_BYTES } from '../rules/body';
import { TypingSigns } from '../rules/typing';
import { sentence, texts } from '../texts';
import type { ClientFrame, Failure, ServerFrame, Unread, User, Welcome } from '../wire';
import { Announcer } from './announcer.svelte';
import { Attention } from './attention.svelte';
import { Drafts } from './drafts.svelte';
import { Layers } from './layers.svelte';
import { Lobby } from './lobby.svelte';
import { Notifier } from './notifier.svelte';
import { Quotes } from './quotes.svelte';
import type { Room } from './room.svelte';
import { Rooms, type Asked } from './rooms.svelte';
import { Settings } from './settings.svelte';
import { Shelf } from './shelf.svelte';
import { Version } from './version.svelte';

const TYPIST_CHECK_MS = 1_000;

/** Refusals that say nothing about who we are. */
const PASSING = new Set(['rate_limited', 'unavailable', 'internal']);

export class Chat {
  connection = $state.raw<ConnectionState>({ kind: 'off' });
  /** What to say beside the name field. */
  refusal = $state<string | null>(null);
  entering = $state(false);
  bodyBytes = $state(DEFAULT_BODY_BYTES);

  readonly attention = new Attention();
  readonly settings = new Settings();
  readonly drafts = new Drafts();
  readonly shelf = new Shelf();
  readonly version = new Version();
  readonly layers = new Layers();
  readonly quotes = new Quotes(() => this.#token);
  readonly announcer = new Announcer();
  readonly lobby = new Lobby();
  readonly rooms = new Rooms(
    {
      isOnline: () => this.connection.kind === 'online',
      send: (frame) => this.#wire.send(frame),
      ask: (asked) => this.#ask(asked),
    },
    this.lobby,
    this.announcer,
    this.attention,
  );

  readonly notifier = new Notifier({
    lobby: this.lobby,
    settings: this.settings,
    attention: this.attention,
    me: () => this.me,
    current: () => this.rooms.current?.id ?? null,
    open: (room, seq) => this.go(room, seq),
  });

  #wire = new Connection({
    greeting: () => this.#greeting(),
    stateChanged: (state) => this.#connectionChanged(state),
    received: (frame) => this.#received(frame),
    signedOut: (reason) => this.#turnedAway(reason || texts.enter.unknown),
  });
  #token: string | null = null;
  #guestName = '';
  #asked = new Map<number, Asked>();
  #lastRef = 0;
  #signs = new TypingSigns();

  get me(): User | null {
    return this.rooms.me;
  }

  // ---- coming and going -------------------------------------------------------------------

  start(): void {
    addEventListener('popstate', () => this.#show(roomInPath()));
    addEventListener('online', () => this.#wire.tryNow());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#wire.tryNow();
    });
    identity.onForgottenElsewhere(() => this.#leave());
    setInterval(() => this.rooms.current?.forgetStaleTypists(), TYPIST_CHECK_MS);
    this.#show(roomInPath());
    this.#startAs(identity.remembered(), identity.nameInLink());
    this.version.start((room, seq) => this.go(room, seq));
  }

  #startAs(known: identity.Identity | null, linked: string | null): void {
    if (known !== null) {
      this.rooms.me = known.user;
      this.#token = known.token;
      void this.rooms.postman.resumeFor(known.user.id);
      this.drafts.resumeFor(known.user.id);
      void this.shelf.resumeFor(known.user.id, this.lobby);
      this.#wire.start();
    } else if (linked !== null) {
      this.enter(linked);
    }
  }

  /** The name to offer in the form. */
  get suggestedName(): string {
    return this.#guestName;
  }

  enter(name: string): void {
    // What someone left unsent is not for another to send, nor what they read for another to see.
    if (name !== this.#guestName) this.#forgetPerson();
    this.#guestName = name;
    this.refusal = null;
    this.entering = true;
    this.#wire.start();
  }

  signOut(): void {
    if (this.#token !== null) void endSession(this.#token);
    identity.forget();
    this.#leave();
    // With `?name=` still in the address the next reload would enter again.
    history.replaceState(null, '', location.pathname);
  }

  #leave(): void {
    this.#wire.stop();
    this.#token = null;
    this.#guestName = '';
    this.entering = false;
    this.refusal = null;
    this.#forgetPerson();
  }

  #forgetPerson(): void {
    this.lobby.clear();
    this.rooms.clear();
    this.rooms.postman.clear();
    this.drafts.clear();
    this.quotes.clear();
    this.shelf.clear();
    this.#show(roomInPath());
  }

  /** The server said no to who we say we are. */
  #turnedAway(reason: string): void {
    const wasKnown = this.#token !== null;
    this.#guestName = this.me?.name ?? this.#guestName;
    this.#wire.stop();
    identity.forget();
    this.#token = null;
    this.rooms.me = null;
    this.entering = false;
    // A name in the link asks to enter without a question, also after the server forgot the guest.
    if (wasKnown && identity.nameInLink() !== null) this.enter(this.#guestName);
    else this.refusal = reason;
  }

  retryConnection(): void {
    this.#wire.tryNow();
  }

  // ---- where one looks, what one does -----------------------------------------------------

  /** To a room, and to a message in it. */
  go(room: string | null, seq?: number): void {
    if (room !== (this.rooms.current?.id ?? null)) history.pushState(null, '', pathOf(room));
    this.#show(room);
    if (seq !== undefined && this.rooms.current) this.rooms.current.sought = seq;
  }

  #show(room: string | null): void {
    this.stoppedTyping();
    this.rooms.show(room);
    if (room === null) this.#refreshPublicRooms();
  }

  #refreshPublicRooms(): void {
    if (this.#token !== null) void this.lobby.refreshPublic(this.#token);
  }

  post(body: string, replyTo?: number): void {
    const room = this.rooms.current;
    if (room === null) return;
    this.stoppedTyping();
    // Who answers has read.
    room.newSince = null;
    this.rooms.postman.post(room.id, body, replyTo);
  }

  typed(text: string): void {
    this.#sign(this.#signs.changed(text, Date.now()));
  }

  stoppedTyping(): void {
    this.#sign(this.#signs.stopped());
  }

  #sign(on: boolean | null): void {
    const room = this.rooms.current;
    if (on !== null && room?.link === 'joined') {
      this.#wire.send({ type: 'typing', room: room.id, on });
    }
  }

  // ---- frames -----------------------------------------------------------------------------

  #greeting(): ClientFrame {
    this.#asked.clear();
    const ref = this.#ask({ what: 'hello' });
    return this.#token === null
      ? { type: 'hello', ref, guest: this.#guestName }
      : { type: 'hello', ref, token: this.#token };
  }

  #ask(asked: Asked): number {
    this.#lastRef++;
    this.#asked.set(this.#lastRef, asked);
    return this.#lastRef;
  }

  #connectionChanged(state: ConnectionState): void {
    this.connection = state;
    if (state.kind !== 'online') this.rooms.disconnected();
  }

  #received(frame: ServerFrame): void {
    const asked = this.#answered(frame);
    switch (frame.type) {
      case 'welcome':
        return void this.#welcomed(frame);
      case 'joined':
        return this.rooms.joined(frame);
      case 'events':
        return this.rooms.arrived(frame.room, frame.events);
      case 'message':
        this.rooms.arrived(frame.room, [frame]);
        return this.notifier.heard(frame);
      case 'member':
      case 'room':
      case 'unknown':
        return this.rooms.arrived(frame.room, [frame]);
      case 'history':
        return this.rooms.find(frame.room)?.page(frame);
      case 'ack':
        return this.rooms.acknowledged(frame);
      case 'typing':
        return this.rooms.find(frame.room)?.typing(frame.user, frame.on);
      case 'presence':
        return this.rooms.find(frame.room)?.presence(frame);
      case 'receipt':
        return this.rooms.receipt(frame.room, frame);
      case 'unread':
        return this.#counted(frame);
      case 'rooms':
        this.lobby.listed(frame.rooms, frame.gone);
        this.rooms.described(frame.rooms);
        return this.rooms.recounted(frame.rooms.map((row) => row.room));
      case 'left':
        return frame.reason && this.rooms.removed(frame.room, frame.reason);
      case 'error':
        return this.#failed(frame, asked);
      case 'pong':
        return;
    }
  }

  /** Who the members of a private room are: only when all of them have read is a message read. */
  async learnMembers(room: Room): Promise<void> {
    if (this.#token === null || room.kind !== 'private') return;
    room.members = await memberIds(this.#token, room.id);
  }

  #counted(frame: Unread): void {
    const before = this.lobby.row(frame.room)?.last_seq ?? 0;
    this.lobby.counted(frame);
    this.rooms.recounted([frame.room]);
    this.notifier.counted(frame, before);
  }

  /** What a frame is the answer to; it is asked no longer. */
  #answered(frame: ServerFrame): Asked | undefined {
    if (!('ref' in frame) || frame.ref === undefined) return undefined;
    const asked = this.#asked.get(frame.ref);
    this.#asked.delete(frame.ref);
    return asked;
  }

  async #welcomed(frame: Welcome): Promise<void> {
    this.rooms.me = frame.user;
    this.#token = frame.token ?? this.#token;
    this.entering = false;
    this.refusal = null;
    this.bodyBytes = frame.limits?.body_bytes ?? DEFAULT_BODY_BYTES;
    if (this.#token !== null) identity.remember(frame.user, this.#token);
    this.lobby.replaced(frame.rooms);
    this.rooms.described(frame.rooms);
    // What an earlier life of this page left unsent goes before anything new.
    this.drafts.resumeFor(frame.user.id);
    void this.shelf.resumeFor(frame.user.id, this.lobby);
    await this.rooms.postman.resumeFor(frame.user.id);
    this.rooms.settle();
    this.version.look();
    this.#refreshPublicRooms();
  }

  #failed(failure: Failure, asked: Asked | undefined): void {
    if (asked === undefined) {
      if (this.connection.kind === 'connecting') this.#notGreeted(failure);
      return;
    }
    switch (asked.what) {
      case 'hello':
        return this.#notGreeted(failure);
      case 'join':
        return this.rooms.notJoined(asked.room, failure);
      case 'history':
        return this.rooms.find(asked.room)?.pageFailed();
      case 'send':
        return this.rooms.turnedDown(asked.id, failure);
    }
  }

  #notGreeted(failure: Failure): void {
    if (PASSING.has(failure.code)) return this.#wire.backOff(failure.retry_after_ms);
    if (this.#token !== null) return this.#turnedAway(texts.enter.unknown);
    this.#turnedAway(failure.code === 'conflict' ? texts.enter.taken : sentence(failure.message));
  }
}
