/**
 * The page's one store: who we are, whether we are connected, where we look. Frames come in here
 * and are handed to what they concern; the rules they follow stand in `rules/`.
 */
import { lookAtRoom } from '../net/api';
import { Connection, type ConnectionState } from '../net/connection';
import { pathOf, roomInPath } from '../net/route';
import { DEFAULT_BODY_BYTES } from '../rules/body';
import { levelOf } from '../rules/notify';
import { TypingSigns } from '../rules/typing';
import { sentence } from '../texts';
import { entry } from '../texts/entry';
import type {
  ClientFrame,
  Failure,
  Person,
  RoomRow,
  ServerFrame,
  Unread,
  User,
  Welcome,
} from '../wire';
import { Acts } from './acts.svelte';
import { Announcer } from './announcer.svelte';
import { Arrivals } from './arrivals';
import { Attention } from './attention.svelte';
import { Availability } from './availability.svelte';
import { Drafts } from './drafts.svelte';
import { Entrance } from './entrance.svelte';
import { Layers } from './layers.svelte';
import { Lobby } from './lobby.svelte';
import { News } from './news.svelte';
import { Notifier } from './notifier.svelte';
import { People } from './people.svelte';
import { Quotes } from './quotes.svelte';
import type { Room } from './room.svelte';
import { Rooms, type Asked } from './rooms.svelte';
import { Settings } from './settings.svelte';
import { Shelf } from './shelf.svelte';
import { Toasts } from './toasts.svelte';
import { Version } from './version.svelte';

const TYPIST_CHECK_MS = 1_000;
/** What the server tells only when asked: who there is, which rooms are public. */
const LOOK_AROUND_MS = 60_000;

/** Events that come one by one, and may wait for each other. */
const LIVE = new Set<ServerFrame['type']>(['message', 'member', 'room', 'unknown']);

/** Refusals that say nothing about who we are. */
const PASSING = new Set(['rate_limited', 'unavailable', 'internal']);

export class Chat {
  connection = $state.raw<ConnectionState>({ kind: 'off' });
  bodyBytes = $state(DEFAULT_BODY_BYTES);

  readonly attention = new Attention();
  readonly settings = new Settings();
  readonly drafts = new Drafts();
  readonly shelf = new Shelf();
  readonly version = new Version();
  readonly quotes = new Quotes(() => this.token);
  readonly announcer = new Announcer();
  readonly availability = new Availability((frame) => this.#wire.send(frame));
  readonly lobby = new Lobby();
  readonly people = new People();
  readonly layers = new Layers();
  readonly toasts = new Toasts();
  readonly acts: Acts = new Acts(this);
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
    signedOut: (reason) => this.entrance.turnedAway(reason || entry.forgotten),
  });
  readonly entrance = new Entrance({
    connect: () => this.#wire.start(),
    disconnect: () => this.#wire.stop(),
    expect: (user) => this.#expect(user),
    forgetPerson: () => this.#forgetPerson(),
  });
  #news = new News(this);
  #asked = new Map<number, Asked>();
  #lastRef = 0;
  #signs = new TypingSigns();
  #arrivals = new Arrivals((room, events) => this.rooms.arrived(room, events));

  get me(): User | null {
    return this.rooms.me;
  }

  /** One's rooms as the lists show them: of one that is muted nothing counts. */
  get listed(): RoomRow[] {
    return this.lobby.rows.map((row) => (this.isMuted(row) ? { ...row, unread: 0 } : row));
  }

  isMuted({ room, kind }: Pick<RoomRow, 'room' | 'kind'>): boolean {
    return levelOf(room, kind, this.settings.choices.levels) === 'none';
  }

  get entering(): boolean {
    return this.entrance.entering;
  }

  get token(): string | null {
    return this.entrance.token;
  }

  // ---- coming and going -------------------------------------------------------------------

  start(): void {
    addEventListener('popstate', () => this.#show(roomInPath()));
    addEventListener('online', () => this.#wire.tryNow());
    document.addEventListener('visibilitychange', () => {
      const visible = document.visibilityState === 'visible';
      if (visible) this.#wire.tryNow();
      this.availability.looked(visible);
    });
    setInterval(() => this.rooms.current?.forgetStaleTypists(), TYPIST_CHECK_MS);
    setInterval(() => this.attention.here && this.lookAround(), LOOK_AROUND_MS);
    this.#show(roomInPath());
    this.entrance.open();
    this.version.start((room, seq) => this.go(room, seq));
  }

  signOut(): void {
    this.entrance.signOut();
  }

  /** What one is called is told to others by a new connection. */
  changedMyself(person: Person): void {
    this.people.listed([person]);
    if (person.name !== this.me?.name) this.entrance.renamed(person);
  }

  #expect(user: User | null): void {
    this.rooms.me = user;
    if (user === null) return;
    void this.rooms.postman.resumeFor(user.id);
    this.drafts.resumeFor(user.id);
    void this.shelf.resumeFor(user.id, this.lobby);
  }

  #forgetPerson(): void {
    this.lobby.clear();
    this.people.clear();
    this.layers.close();
    this.availability.choose('online');
    this.rooms.clear();
    this.rooms.postman.clear();
    this.drafts.clear();
    this.quotes.clear();
    this.shelf.clear();
    this.#show(roomInPath());
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
    this.lobby.visit(room);
    this.rooms.show(room);
    if (room === null) this.lookAround();
  }

  tell(sentence: string): void {
    this.toasts.tell(sentence);
  }

  lookAround(): void {
    if (this.token === null) return;
    void this.lobby.refreshPublic(this.token);
    void this.people.refresh(this.token);
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
    return this.token === null
      ? { type: 'hello', ref, guest: this.entrance.guestName }
      : { type: 'hello', ref, token: this.token };
  }

  #ask(asked: Asked): number {
    this.#lastRef++;
    this.#asked.set(this.#lastRef, asked);
    return this.#lastRef;
  }

  #connectionChanged(state: ConnectionState): void {
    this.#arrivals.flush();
    this.connection = state;
    if (state.kind !== 'online') this.rooms.disconnected();
  }

  #received(frame: ServerFrame): void {
    if (!LIVE.has(frame.type)) this.#arrivals.flush();
    const asked = this.#answered(frame);
    switch (frame.type) {
      case 'welcome':
        return void this.#welcomed(frame);
      case 'joined':
        return this.rooms.joined(frame);
      case 'events':
        return this.rooms.arrived(frame.room, frame.events);
      case 'message':
        this.#arrivals.add(frame);
        return this.notifier.heard(frame);
      case 'member':
      case 'room':
      case 'unknown':
        return this.#arrivals.add(frame);
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
        this.#news.ofList(frame.rooms, frame.gone);
        this.lobby.listed(frame.rooms, frame.gone);
        this.rooms.described(frame.rooms);
        return this.rooms.recounted(frame.rooms.map((row) => row.room));
      case 'people':
        return this.people.reached(frame.users);
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
    if (this.token === null || room.kind !== 'private') return;
    const { done } = await lookAtRoom(this.token, room.id);
    const all = done !== undefined && done.members.length === done.member_count;
    room.members = all ? done.members.map((member) => member.id) : null;
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
    this.entrance.welcomed(frame);
    this.bodyBytes = frame.limits?.body_bytes ?? DEFAULT_BODY_BYTES;
    this.availability.connected();
    this.lobby.replaced(frame.rooms);
    this.rooms.described(frame.rooms);
    // What an earlier life of this page left unsent goes before anything new.
    this.drafts.resumeFor(frame.user.id);
    void this.shelf.resumeFor(frame.user.id, this.lobby);
    await this.rooms.postman.resumeFor(frame.user.id);
    this.rooms.settle();
    this.version.look();
    this.lookAround();
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
    if (this.token !== null) return this.entrance.turnedAway(entry.forgotten);
    const taken = failure.code === 'conflict';
    this.entrance.turnedAway(taken ? entry.taken : sentence(failure.message));
  }
}
