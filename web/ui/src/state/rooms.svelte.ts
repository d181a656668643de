/**
 * The rooms this page has opened: which of them it hears, and what happens in them. One hears the
 * room one looks at and those that messages wait for, and no other: being heard in a room is what
 * makes a person present there.
 */
import type { Parcel } from '../rules/outbox';
import { resumePoint } from '../rules/timeline';
import { texts } from '../texts';
import type {
  Ack,
  ClientFrame,
  DurableEvent,
  Failure,
  Forgotten,
  HistoryPage,
  Joined,
  Receipt,
  RoomRow,
  User,
} from '../wire';
import type { Announcer } from './announcer.svelte';
import type { Attention } from './attention.svelte';
import type { Lobby } from './lobby.svelte';
import { Pages } from './pages';
import { Postman } from './postman.svelte';
import { Room } from './room.svelte';

/** What an `error` may be the answer to. */
export type Asked =
  | { what: 'hello' }
  | { what: 'join'; room: string }
  | { what: 'page'; take: (page: HistoryPage | null) => void }
  | { what: 'send'; id: string };

export interface Wire {
  isOnline(): boolean;
  /** Writes a frame; false where there is no connection. */
  send(frame: ClientFrame): boolean;
  /** The `ref` for a command whose refusal has to be recognised. */
  ask(asked: Asked): number;
}

const CURSOR_PAUSE_MS = 150;
const JOIN_PAUSE_MS = 1_000;

export class Rooms {
  /** The one that is looked at. */
  current = $state.raw<Room | null>(null);
  me = $state.raw<User | null>(null);
  readonly postman = new Postman({
    deliver: (parcel) => this.#deliver(parcel),
    isJoined: (room) => this.#open.get(room)?.link === 'joined',
  });

  readonly pages: Pages;
  #wire: Wire;
  #lobby: Lobby;
  #announcer: Announcer;
  #attention: Pick<Attention, 'here'>;
  #open = new Map<string, Room>();
  #cursorTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire, lobby: Lobby, announcer: Announcer, attention: Pick<Attention, 'here'>) {
    this.#wire = wire;
    this.pages = new Pages(wire);
    this.#lobby = lobby;
    this.#announcer = announcer;
    this.#attention = attention;
  }

  find(id: string): Room | undefined {
    return this.#open.get(id);
  }

  show(id: string | null): void {
    this.current = id === null ? null : this.#openRoom(id);
    if (this.current) {
      // Who comes again asks again, and finds other messages new.
      this.current.trouble = null;
      this.current.markNew(undefined);
      this.current.sought = null;
    }
    this.settle();
  }

  described(rows: readonly RoomRow[]): void {
    for (const row of rows) this.#open.get(row.room)?.describe(row);
  }

  /** The server counted before it knew what was read here meanwhile. */
  recounted(rooms: readonly string[]): void {
    for (const id of rooms) {
      const room = this.#open.get(id);
      if (room?.link === 'joined') this.#lobby.read(room, room.toTell.read, this.me?.id);
    }
  }

  /** Joins what is to be heard, leaves the rest, sends what is due. */
  settle(): void {
    if (!this.#wire.isOnline()) return;
    const wanted = new Set(this.postman.destinations);
    if (this.current) wanted.add(this.current.id);
    for (const id of wanted) this.#join(this.#openRoom(id));
    for (const room of this.#open.values()) {
      if (!wanted.has(room.id) && room.link !== 'apart') this.#part(room);
    }
    this.postman.pump();
  }

  disconnected(): void {
    for (const room of this.#open.values()) room.disconnected();
    this.postman.disconnected();
  }

  clear(): void {
    this.#open.clear();
    this.me = null;
  }

  /** Brings back the newest at once, for whoever comes from far up. */
  showNewest(room: Room): void {
    if (room.link !== 'joined' || !room.hasNewer) return;
    room.startOver();
    this.#join(room);
  }

  /** Someone looks at the end of the room. */
  readToEnd(room: Room): void {
    if (room.timeline.epoch === null) return;
    const seq = room.timeline.lastSeq;
    this.#lobby.read(room, seq, this.me?.id);
    room.toTell.read = Math.max(room.toTell.read, seq);
    this.#tellCursorsSoon();
  }

  // ---- what the server says ---------------------------------------------------------------

  joined(frame: Joined): void {
    const room = this.#open.get(frame.room);
    // The answer to a join that was taken back by leaving.
    if (room?.link !== 'joining') return;
    const { lastSeq: before, events } = room.timeline;
    const kept = room.timeline.epoch === frame.epoch && !frame.reset ? events.at(-1) : undefined;
    const fresh = room.joined(frame);
    if (kept) this.pages.recheck(room, kept.seq + 1);
    this.#lobby.joined(room, frame, this.me?.id);
    this.recounted([room.id]);
    this.#took(room, fresh, before);
    this.settle();
  }

  arrived(id: string, events: readonly DurableEvent[]): void {
    const room = this.#open.get(id);
    if (room?.link !== 'joined') return;
    const before = room.timeline.lastSeq;
    const { fresh, gap } = room.append(events);
    for (const event of fresh) {
      room.took(event, this.me?.id);
      this.#lobby.arrived(event, this.me?.id);
    }
    this.#took(room, fresh, before);
    if (room === this.current) this.#announce(fresh);
    if (gap) {
      room.link = 'apart';
      this.#join(room);
    }
  }

  /** Somebody's words are to be shown no longer. */
  forgotten(frame: Forgotten): void {
    this.#open.get(frame.room)?.forgotten(frame);
    this.#lobby.forgotten(frame.user);
  }

  acknowledged(ack: Ack): void {
    const room = this.#open.get(ack.room);
    this.postman.acknowledged(ack, room?.timeline.lastSeq ?? Infinity);
    this.settle();
  }

  turnedDown(id: string, failure: Failure): void {
    const room = this.postman.parcels.find((parcel) => parcel.id === id)?.room;
    this.postman.turnedDown(id, failure);
    if (failure.code !== 'not_joined' || room === undefined) return;
    this.#openRoom(room).link = 'apart';
    this.settle();
  }

  receipt(id: string, receipt: Receipt): void {
    const room = this.#open.get(id);
    const user = typeof receipt.user === 'string' ? receipt.user : receipt.user.id;
    room?.receipt(receipt);
    if (room && user === this.me?.id) this.#lobby.read(room, receipt.read, user);
  }

  removed(id: string, reason: 'removed' | 'deleted'): void {
    const room = this.#open.get(id);
    if (!room) return;
    room.disconnected();
    this.#close(room, texts.conversation[reason]);
  }

  notJoined(id: string, failure: Failure): void {
    const room = this.#openRoom(id);
    room.link = 'apart';
    if (failure.retry_after_ms !== undefined || failure.code === 'unavailable') {
      setTimeout(() => this.settle(), failure.retry_after_ms ?? JOIN_PAUSE_MS);
      return;
    }
    const { missing, forbidden, failed } = texts.conversation;
    const known: Record<string, string> = { not_found: missing, forbidden };
    this.#close(room, known[failure.code] ?? failed(failure.message));
  }

  // ---- helpers ----------------------------------------------------------------------------

  #openRoom(id: string): Room {
    const known = this.#open.get(id);
    if (known) return known;
    const room = new Room(id, this.#lobby.row(id));
    this.#open.set(id, room);
    return room;
  }

  #join(room: Room): void {
    if (room.link !== 'apart' || room.trouble !== null) return;
    const ref = this.#wire.ask({ what: 'join', room: room.id });
    const join = { type: 'join', ref, room: room.id, ...resumePoint(room.timeline) } as const;
    if (this.#wire.send(join)) room.link = 'joining';
  }

  #part(room: Room): void {
    this.#wire.send({ type: 'leave', room: room.id });
    room.disconnected();
    room.put();
  }

  /** Nothing can be sent to a room that one may not enter. */
  #close(room: Room, reason: string): void {
    room.trouble = reason;
    for (const parcel of this.postman.of(room.id)) this.postman.refuse(parcel.id, reason);
  }

  #deliver({ id, room, body, replyTo }: Parcel): boolean {
    const ref = this.#wire.ask({ what: 'send', id });
    return this.#wire.send({ type: 'send', ref, room, id, body, reply_to: replyTo });
  }

  /** Whatever way new events came: own ones are settled, those of others have arrived here. */
  #took(room: Room, fresh: readonly DurableEvent[], before: number): void {
    // Whoever looks away finds a mark before what came meanwhile.
    const unmarked = room.newSince === null || room.newSeen;
    if (!this.#attention.here && fresh.length > 0 && unmarked) room.markNew(before);
    for (const event of fresh) {
      if (event.type !== 'message') continue;
      if (event.user.id !== this.me?.id) {
        room.toTell.delivered = event.seq;
        continue;
      }
      this.postman.echoed(event);
      // Whoever speaks has read: the server moves the cursor by itself.
      room.told.read = Math.max(room.told.read, event.seq);
    }
    this.postman.seen(room.id, room.timeline.lastSeq);
    this.#tellCursorsSoon();
  }

  #announce(fresh: readonly DurableEvent[]): void {
    for (const event of fresh) {
      if (event.type === 'message' && event.user.id !== this.me?.id) this.#announcer.arrived(event);
    }
  }

  /** A burst of messages is worth one cursor. */
  #tellCursorsSoon(): void {
    this.#cursorTimer ??= setTimeout(() => {
      this.#cursorTimer = undefined;
      for (const room of this.#open.values()) this.#tellCursors(room);
    }, CURSOR_PAUSE_MS);
  }

  #tellCursors(room: Room): void {
    if (room.link !== 'joined') return;
    const { told, toTell, id } = room;
    if (toTell.read > told.read) {
      const sent = this.#wire.send({ type: 'read', room: id, seq: toTell.read });
      if (sent) told.read = toTell.read;
    }
    if (toTell.delivered > Math.max(told.delivered, told.read)) {
      const sent = this.#wire.send({ type: 'delivered', room: id, seq: toTell.delivered });
      if (sent) told.delivered = toTell.delivered;
    }
  }
}
