/**
 * What this page holds of one room's log: a stretch of events without a hole, oldest first.
 * Whatever arrives twice is dropped, whatever would leave a hole is refused.
 */
import type { DurableEvent, Epoch, Forgotten, HistoryPage, Joined, User } from '../wire';

export interface Timeline {
  /** Which life of the log the numbers belong to; `null` before the first join. */
  readonly epoch: Epoch | null;
  readonly events: readonly DurableEvent[];
  /** Where the log begins on the server; older ones were removed. */
  readonly firstSeq: number;
  /** The last number of the log that has come. Where one reads far up, what is held ends before it. */
  readonly lastSeq: number;
}

export interface Appended {
  timeline: Timeline;
  fresh: readonly DurableEvent[];
  /** An event was missing in between: the room has to be joined again from `lastSeq`. */
  gap: boolean;
}

/** How many events of a room a page keeps. */
const MOST_HELD = 2_000;

export const EMPTY: Timeline = { epoch: null, events: [], firstSeq: 1, lastSeq: 0 };

/** What to ask for when joining: all since the last held, or the newest where nothing is held. */
export function resumePoint(held: Timeline): { since?: number; epoch?: Epoch } {
  return held.epoch === null ? {} : { since: held.lastSeq, epoch: held.epoch };
}

/** Takes the answer to a join: what was missed, or a fresh start where the server says so. */
export function afterJoin(held: Timeline, joined: Joined): Appended {
  if (held.epoch !== null && !joined.reset && held.epoch === joined.epoch) {
    return append({ ...held, firstSeq: joined.first_seq }, joined.events);
  }
  const before = (joined.events[0]?.seq ?? joined.last_seq + 1) - 1;
  const blank = { epoch: joined.epoch, events: [], firstSeq: joined.first_seq, lastSeq: before };
  return append(blank, joined.events);
}

/** Adds newer events at the end, up to the first hole. */
export function append(held: Timeline, arrived: readonly DurableEvent[]): Appended {
  const fresh: DurableEvent[] = [];
  let lastSeq = held.lastSeq;
  let gap = false;
  for (const event of arrived) {
    if (event.seq <= lastSeq) continue;
    gap = event.seq > lastSeq + 1;
    if (gap) break;
    fresh.push(event);
    lastSeq = event.seq;
  }
  if (fresh.length === 0) return { timeline: held, fresh, gap };
  // Behind what was let go there is no place for it: it is loaded when somebody comes back.
  const events = hasNewer(held) ? held.events : [...held.events, ...fresh];
  return { timeline: { ...held, events, lastSeq }, fresh, gap };
}

/** Adds an older page at the front; a page that does not adjoin (asked for before a reset) is dropped. */
export function prepend(held: Timeline, page: HistoryPage): Timeline {
  const first = oldestHeld(held);
  const older = page.events.filter((event) => event.seq < first);
  // A page that says there is nothing more settles where the log begins.
  const firstSeq = page.more ? page.first_seq : (older[0]?.seq ?? first);
  if (older.length === 0) return page.more ? held : { ...held, firstSeq };
  if (older.at(-1)?.seq !== first - 1) return held;
  return { ...held, events: [...older, ...held.events], firstSeq };
}

/** Whether one is the other with more, or less, at its beginning: else a list can't keep its place. */
export function growsAtFront(before: Timeline, after: Timeline): boolean {
  const [from, to] = [oldestHeld(before), oldestHeld(after)];
  const adjoins = to <= newestHeld(before) + 1 && from <= newestHeld(after) + 1;
  return before.epoch === after.epoch && from !== to && adjoins;
}

/** Adds a page at the end, where the newest were let go. */
export function extend(held: Timeline, page: HistoryPage): Timeline {
  const last = newestHeld(held);
  const newer = page.events.filter((event) => event.seq > last && event.seq <= held.lastSeq);
  if (newer[0]?.seq !== last + 1) return held;
  return { ...held, events: [...held.events, ...newer] };
}

/** A page from elsewhere in the log takes the place of what is held. */
export function windowOf(held: Timeline, page: HistoryPage): Timeline {
  // What has not come yet comes by itself, behind what has.
  const events = page.events.filter((event) => event.seq <= held.lastSeq);
  const { first_seq: firstSeq } = page;
  return events.length === 0 ? { ...held, firstSeq } : { ...held, events, firstSeq };
}

/** Lets go of the newest, for whoever reads far up: they are loaded again when wanted. */
export function trimmedAtEnd(held: Timeline, most: number = MOST_HELD): Timeline {
  if (held.events.length <= most * 1.25) return held;
  return { ...held, events: held.events.slice(0, most) };
}

/** Lets go of the oldest where more than a quarter above the bound is held. */
export function trimmed(held: Timeline, most: number = MOST_HELD): Timeline {
  if (held.events.length <= most * 1.25) return held;
  return { ...held, events: held.events.slice(-most) };
}

/** What somebody had said up to a number is no more. */
export function erased(
  held: Timeline,
  { user, up_to }: Pick<Forgotten, 'user' | 'up_to'>,
): Timeline {
  const isGone = (event: DurableEvent): boolean =>
    event.type === 'message' && event.user.id === user && event.seq <= up_to;
  if (!held.events.some(isGone)) return held;
  return { ...held, events: held.events.map((event) => (isGone(event) ? blank(event) : event)) };
}

/** What was held while nobody listened, beside a page of today: it may have been erased meanwhile. */
export function corrected(held: Timeline, page: readonly DurableEvent[]): Timeline {
  const gone = new Set(page.filter((event) => event.type === 'erased').map(({ seq }) => seq));
  const isGone = (event: DurableEvent): boolean => event.type === 'message' && gone.has(event.seq);
  if (!held.events.some(isGone)) return held;
  return { ...held, events: held.events.map((event) => (isGone(event) ? blank(event) : event)) };
}

function blank({ room, seq }: DurableEvent): DurableEvent {
  return { type: 'erased', room, seq };
}

/** The number of the oldest event that is held; one past the end where none is. */
export function oldestHeld(held: Timeline): number {
  return held.events[0]?.seq ?? held.lastSeq + 1;
}

/** The number of the newest event that is held. */
export function newestHeld(held: Timeline): number {
  return held.events.at(-1)?.seq ?? held.lastSeq;
}

/** Whether newer events have come than those held. */
export function hasNewer(held: Timeline): boolean {
  return newestHeld(held) < held.lastSeq;
}

/** What stands under a number, where it is held: numbers follow each other without a hole. */
export function eventAt(held: Timeline, seq: number): DurableEvent | undefined {
  return held.events[seq - oldestHeld(held)];
}

/** Whether the server has older events than those held. */
export function hasOlder(held: Timeline): boolean {
  return held.epoch !== null && oldestHeld(held) > Math.max(1, held.firstSeq);
}

/** Messages of others after a read cursor, as far as they are held. */
export function countUnread(held: Timeline, readSeq: number, me: string | undefined): number {
  let count = 0;
  for (let i = held.events.length - 1; i >= 0; i--) {
    const event = held.events[i]!;
    if (event.seq <= readSeq) break;
    if (event.type === 'message' && event.user.id !== me) count++;
  }
  return count;
}

/** Everybody of whom a message is held. */
export function speakers(held: Timeline): Map<string, User> {
  const found = new Map<string, User>();
  for (const event of held.events) {
    if (event.type === 'message') found.set(event.user.id, event.user);
  }
  return found;
}
