/**
 * The page's one store: who we are, whether we are connected, where we look. Frames come in by
 * the inbox; the rules that all of it follows stand in `rules/`.
 */
import { lookAtRoom } from '../net/api';
import { Connection, type ConnectionState } from '../net/connection';
import { pathOf, roomInPath } from '../net/route';
import { DEFAULT_BODY_BYTES } from '../rules/body';
import { levelOf } from '../rules/notify';
import { TypingSigns } from '../rules/typing';
import { entry } from '../texts/entry';
import type { Forgotten, Person, RoomRow, User, Welcome } from '../wire';
import { Acts } from './acts.svelte';
import { Announcer } from './announcer.svelte';
import { Attention } from './attention.svelte';
import { Availability } from './availability.svelte';
import { Drafts } from './drafts.svelte';
import { Emojis } from './emojis.svelte';
import { Entrance } from './entrance.svelte';
import { Inbox } from './inbox';
import { Layers } from './layers.svelte';
import { Lobby } from './lobby.svelte';
import { Notifier } from './notifier.svelte';
import { People } from './people.svelte';
import { Quotes } from './quotes.svelte';
import type { Room } from './room.svelte';
import { Rooms } from './rooms.svelte';
import { Settings } from './settings.svelte';
import { Shelf } from './shelf.svelte';
import { Toasts } from './toasts.svelte';
import { Typing } from './typing.svelte';
import { Version } from './version.svelte';

const TYPIST_CHECK_MS = 1_000;
/** What the server tells only when asked: who there is, which rooms are public. */
const LOOK_AROUND_MS = 60_000;

export class Chat {
  connection = $state.raw<ConnectionState>({ kind: 'off' });
  bodyBytes = $state(DEFAULT_BODY_BYTES);

  readonly attention = new Attention();
  readonly settings = new Settings();
  readonly emojis = new Emojis(this.settings);
  readonly drafts = new Drafts();
  readonly shelf = new Shelf();
  readonly version = new Version();
  readonly quotes = new Quotes(() => this.token);
  readonly announcer = new Announcer();
  readonly availability = new Availability((frame) => this.#wire.send(frame));
  readonly lobby = new Lobby();
  readonly people = new People();
  readonly typing = new Typing();
  readonly layers = new Layers();
  readonly toasts = new Toasts();
  readonly acts: Acts = new Acts(this);
  readonly rooms = new Rooms(
    {
      isOnline: () => this.connection.kind === 'online',
      send: (frame) => this.#wire.send(frame),
      ask: (asked) => this.#inbox.ask(asked),
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
    greeting: () => this.#inbox.greeting(),
    stateChanged: (state) => this.#connectionChanged(state),
    received: (frame) => this.#inbox.received(frame),
    signedOut: (reason) => this.entrance.turnedAway(reason || entry.forgotten),
  });
  readonly entrance = new Entrance({
    connect: () => this.#wire.start(),
    disconnect: () => this.#wire.stop(),
    expect: (user) => this.#expect(user),
    forgetPerson: () => this.#forgetPerson(),
  });
  #signs = new TypingSigns();
  #inbox: Inbox = new Inbox(this);

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
    setInterval(() => this.typing.forgetStale(), TYPIST_CHECK_MS);
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

  /** The server is there and can't have us now. */
  backOff(atLeastMs?: number): void {
    this.#wire.backOff(atLeastMs);
  }

  #connectionChanged(state: ConnectionState): void {
    this.#inbox.flush();
    this.connection = state;
    if (state.kind === 'online') return;
    this.rooms.disconnected();
    this.typing.clear();
  }

  /** The server knows us: what it told replaces what was kept, and what waits is sent. */
  async welcomed(frame: Welcome): Promise<void> {
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

  /** What somebody had said goes from all that is shown, and from what is kept on this device. */
  forgotten(frame: Forgotten): void {
    this.rooms.forgotten(frame);
    this.quotes.forgotten(frame.user);
    void this.shelf.forgotten(frame.user);
  }

  /** Who the members of a private room are: only when all of them have read is a message read. */
  async learnMembers(room: Room): Promise<void> {
    if (this.token === null || room.kind !== 'private') return;
    const { done } = await lookAtRoom(this.token, room.id);
    const all = done !== undefined && done.members.length === done.member_count;
    room.members = all ? done.members.map((member) => member.id) : null;
  }
}
