/** How far an own message has come, from everyone's cursors. */
import type { Receipt } from '../wire';
import type { ParcelState } from './outbox';

export type Tick = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

export interface Cursor {
  readonly delivered: number;
  readonly read: number;
}

/** Cursors by user id. They only ever move forward. */
export type Cursors = ReadonlyMap<string, Cursor>;

export function moved(cursors: Cursors, receipt: Receipt): Cursors {
  const user = typeof receipt.user === 'string' ? receipt.user : receipt.user.id;
  const held = cursors.get(user) ?? { delivered: 0, read: 0 };
  const read = Math.max(held.read, receipt.read);
  // What was read has arrived, whatever the other cursor says.
  const delivered = Math.max(held.delivered, receipt.delivered, read);
  if (read === held.read && delivered === held.delivered) return cursors;
  return new Map(cursors).set(user, { delivered, read });
}

/**
 * Two ticks where at least one other person has it. In a public room people come and go, so
 * "everyone" would never be reached; in a room of two it is the same.
 */
export function tickOf(seq: number, cursors: Cursors, me: string): Tick {
  let tick: Tick = 'sent';
  for (const [user, cursor] of cursors) {
    if (user === me) continue;
    if (cursor.read >= seq) return 'read';
    if (cursor.delivered >= seq) tick = 'delivered';
  }
  return tick;
}

/** How many others have read up to a message. */
export function readersOf(seq: number, cursors: Cursors, me: string): number {
  return [...cursors].filter(([user, cursor]) => user !== me && cursor.read >= seq).length;
}

/** The tick of a message that has no echo yet. */
export function tickOfParcel(state: ParcelState): Tick {
  if (state === 'refused') return 'failed';
  return state === 'stored' ? 'sent' : 'sending';
}
