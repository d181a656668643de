/** Asks for what is said further up or down than what a room holds. */
import { newestHeld, oldestHeld } from '../rules/timeline';
import type { HistoryPage } from '../wire';
import type { Room } from './room.svelte';
import type { Wire } from './rooms.svelte';

const PAGE_EVENTS = 50;
/** The most that the server gives at once. */
const MOST_EVENTS = 200;

export class Pages {
  #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  older(room: Room, limit: number = PAGE_EVENTS): void {
    if (room.link !== 'joined' || room.older === 'loading' || !room.hasOlder) return;
    const before = oldestHeld(room.timeline);
    const ref = this.#wire.ask({ what: 'history', room: room.id });
    const page = { type: 'history', ref, room: room.id, before, limit } as const;
    if (this.#wire.send(page)) room.older = 'loading';
  }

  newer(room: Room): void {
    if (room.link !== 'joined' || room.newer === 'loading' || !room.hasNewer) return;
    const after = newestHeld(room.timeline);
    const ref = this.#wire.ask({ what: 'history', room: room.id });
    const page = { type: 'history', ref, room: room.id, after, limit: PAGE_EVENTS } as const;
    if (this.#wire.send(page)) room.newer = 'loading';
  }

  /** What was erased while this page didn't listen is told to nobody: what is held is looked at again. */
  recheck({ id, timeline }: Room, before: number): void {
    const limit = Math.min(before - oldestHeld(timeline), MOST_EVENTS);
    const ref = this.#wire.ask({ what: 'recheck', room: id });
    this.#wire.send({ type: 'history', ref, room: id, before, limit });
  }

  rechecked(room: Room, page: HistoryPage): void {
    room.corrected(page);
    const from = page.events[0]?.seq ?? 0;
    if (page.more && from > oldestHeld(room.timeline)) this.recheck(room, from);
  }
}
