/** Brings a message into view that may lie elsewhere than what is held. */
import { lastMessage } from '../rules/roving';
import type { Row } from '../rules/rows';
import { newestHeld, oldestHeld } from '../rules/timeline';
import type { Room } from './room.svelte';
import type { Pages } from './pages';

const SHOWN_MS = 2_000;

export class Seeker {
  /** The row that was just found. */
  found = $state<string | null>(null);
  /** Whether what was looked for can't be had. */
  missed = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The index of what the room seeks, or of what stands in its place; asks for it until it is there. */
  step(pages: Pages, room: Room, rows: readonly Row[]): number | null {
    const { sought, timeline } = room;
    // What is yet to come comes by itself, with what was missed.
    if (sought === null || timeline.epoch === null || sought > timeline.lastSeq) return null;
    // What is kept no longer is looked for where the rest begins.
    const target = Math.max(sought, timeline.firstSeq);
    if (target >= oldestHeld(timeline) && target <= newestHeld(timeline)) {
      room.sought = null;
      return this.#shown(sought, rows);
    }
    if (room.older === 'failed' || room.window === 'failed') {
      room.sought = null;
      room.window = 'idle';
      this.#show(null, true);
    } else {
      pages.towards(room, target);
    }
    return null;
  }

  /** It, or the message nearest to it, where it is none, or no more. */
  #shown(sought: number, rows: readonly Row[]): number | null {
    const behind = rows.findIndex((row) => row.kind === 'message' && (row.seq ?? 0) >= sought);
    const index = behind === -1 ? (lastMessage(rows) ?? -1) : behind;
    const row = rows[index];
    const found = row?.kind === 'message' && row.seq === sought;
    this.#show(found ? row.key : null, index === -1);
    return index === -1 ? null : index;
  }

  #show(found: string | null, missed: boolean): void {
    this.found = found;
    this.missed = missed;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hide(), missed ? 2 * SHOWN_MS : SHOWN_MS);
  }

  #hide(): void {
    this.found = null;
    this.missed = false;
  }
}
