/** Brings a message into view that may lie further up than what is held. */
import type { Row } from '../rules/rows';
import { newestHeld } from '../rules/timeline';
import type { Room } from './room.svelte';
import type { Rooms } from './rooms.svelte';

/** Further up than this nobody is taken in one go. */
const FARTHEST = 2_000;
const PAGE_EVENTS = 200;
const SHOWN_MS = 2_000;

export class Seeker {
  /** The row that was just found. */
  found = $state<string | null>(null);
  tooFar = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The index of what the room seeks; loads older messages until it is among the rows. */
  step(rooms: Rooms, room: Room, rows: readonly Row[]): number | null {
    const { sought } = room;
    if (sought === null) return null;
    const index = rows.findIndex((row) => row.kind === 'message' && row.seq === sought);
    if (index !== -1) {
      room.sought = null;
      this.#show(rows[index]!.key, false);
      return index;
    }
    // It will come by itself, with what was missed.
    if (sought > room.timeline.lastSeq || room.timeline.epoch === null) return null;
    if (sought > newestHeld(room.timeline)) {
      rooms.showNewest(room);
      return null;
    }
    const far = room.timeline.lastSeq - sought > FARTHEST;
    if (!room.hasOlder || far || room.older === 'failed') {
      room.sought = null;
      this.#show(null, true);
    } else if (room.older === 'idle') {
      rooms.pages.older(room, PAGE_EVENTS);
    }
    return null;
  }

  #show(found: string | null, tooFar: boolean): void {
    this.found = found;
    this.tooFar = tooFar;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hide(), tooFar ? 2 * SHOWN_MS : SHOWN_MS);
  }

  #hide(): void {
    this.found = null;
    this.tooFar = false;
  }
}
