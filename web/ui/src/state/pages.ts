/** Asks for what is said elsewhere in a room than what it holds. */
import { firstSince } from '../rules/dates';
import { newestHeld, oldestHeld } from '../rules/timeline';
import type { HistoryPage } from '../wire';
import type { Room } from './room.svelte';
import type { Wire } from './rooms.svelte';

const PAGE_EVENTS = 50;
/** The most that the server gives at once. */
const MOST_EVENTS = 200;
/** Around a message that is jumped to. */
const WINDOW_EVENTS = 100;
/** Nearer to what is held than this, a message is reached by what lies between. */
const NEAR_EVENTS = 200;

interface Place {
  before?: number;
  after?: number;
  limit: number;
}

export class Pages {
  #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  older(room: Room, limit: number = PAGE_EVENTS): void {
    if (room.link !== 'joined' || room.older === 'loading' || !room.hasOlder) return;
    const before = oldestHeld(room.timeline);
    const asked = this.#ask(room, { before, limit }, (page) => room.tookOlder(page));
    if (asked) room.older = 'loading';
  }

  newer(room: Room): void {
    if (room.link !== 'joined' || room.newer === 'loading' || !room.hasNewer) return;
    const after = newestHeld(room.timeline);
    const place = { after, limit: PAGE_EVENTS };
    if (this.#ask(room, place, (page) => room.tookNewer(page))) room.newer = 'loading';
  }

  /** Brings a message that is not held: by what lies between, or as a window around it. */
  towards(room: Room, seq: number): void {
    const apart = oldestHeld(room.timeline) - seq;
    if (apart > 0 && apart <= NEAR_EVENTS) {
      if (room.older === 'idle') this.older(room, MOST_EVENTS);
      return;
    }
    if (room.link !== 'joined' || room.window === 'loading') return;
    const place = { before: seq + WINDOW_EVENTS / 2 + 1, limit: WINDOW_EVENTS };
    if (this.#ask(room, place, (page) => room.tookWindow(page))) room.window = 'loading';
  }

  /** What was erased while this page didn't listen is told to nobody: what is held is looked at again. */
  recheck(room: Room, before: number): void {
    const limit = Math.min(before - oldestHeld(room.timeline), MOST_EVENTS);
    this.#ask(room, { before, limit }, (page) => {
      if (page === null) return;
      room.corrected(page);
      const from = page.events[0]?.seq ?? 0;
      if (page.more && from > oldestHeld(room.timeline)) this.recheck(room, from);
    });
  }

  /** The number of the first event of a day, or of the next one; `null` where it can't be found. */
  async firstSince(room: Room, time: number): Promise<number | null> {
    const { firstSeq, lastSeq } = room.timeline;
    return firstSince(time, Math.max(1, firstSeq), lastSeq, (seq) => this.#timeAt(room, seq));
  }

  /** Of what was erased no time is known: it is at most that of what comes next. */
  async #timeAt(room: Room, seq: number): Promise<number | null> {
    for (let limit = 1, after = seq - 1; ; limit = MOST_EVENTS) {
      const page = await this.#page(room, { after, limit });
      if (page === null) return null;
      const dated = page.events.find((event) => 'at' in event && event.at !== '');
      if (dated && 'at' in dated) return Date.parse(dated.at);
      const last = page.events.at(-1)?.seq;
      if (!page.more || last === undefined) return Infinity;
      after = last;
    }
  }

  #page(room: Room, place: Place): Promise<HistoryPage | null> {
    return new Promise((resolve) => {
      if (!this.#ask(room, place, resolve)) resolve(null);
    });
  }

  /** False where there is no connection. */
  #ask(room: Room, place: Place, take: (page: HistoryPage | null) => void): boolean {
    // What comes after the room was left belongs to it no more.
    const taken = (page: HistoryPage | null): void => take(room.link === 'joined' ? page : null);
    const ref = this.#wire.ask({ what: 'page', take: taken });
    return this.#wire.send({ type: 'history', ref, room: room.id, ...place });
  }
}
