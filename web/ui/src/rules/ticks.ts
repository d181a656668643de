/** How far an own message has come, from everyone's cursors. */
import type { DurableEvent, Receipt, User } from '../wire';
import type { ParcelState } from './outbox';

export type Tick = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

export interface Cursor {
  readonly delivered: number;
  readonly read: number;
  /** Whose it is, where that was said. */
  readonly user?: User;
}

/** Cursors by user id. They only ever move forward. */
export type Cursors = ReadonlyMap<string, Cursor>;

export function moved(cursors: Cursors, receipt: Receipt): Cursors {
  const person = typeof receipt.user === 'string' ? undefined : receipt.user;
  const user = typeof receipt.user === 'string' ? receipt.user : receipt.user.id;
  const held: Cursor = cursors.get(user) ?? { delivered: 0, read: 0 };
  const read = Math.max(held.read, receipt.read);
  // What was read has arrived, whatever the other cursor says.
  const delivered = Math.max(held.delivered, receipt.delivered, read);
  if (read === held.read && delivered === held.delivered) return cursors;
  return new Map(cursors).set(user, { delivered, read, user: person ?? held.user });
}

/** Members by id, each with the number in the log from which on they are one. */
export type Audience = ReadonlyMap<string, number>;

/** Whoever came later is not waited for by what was said before. */
export function audienceOf(members: readonly string[], events: readonly DurableEvent[]): Audience {
  const since = new Map(members.map((user) => [user, 0]));
  for (const event of events) {
    const came = event.type === 'member' && (event.change === 'joined' || event.change === 'added');
    if (came && since.has(event.user.id)) since.set(event.user.id, event.seq);
  }
  return since;
}

/**
 * Where it is known for whom a message is (`audience`, those who are members), two ticks mean that
 * all of them have it, as people know it from elsewhere. In a public room people come and go, and
 * "all" would never be reached: there one other person is enough.
 */
export function tickOf(
  seq: number,
  cursors: Cursors,
  me: string,
  audience: Audience | null = null,
): Tick {
  const everybody = audience ? [...audience.keys()] : [...cursors.keys()];
  const others = everybody.filter((user) => user !== me && (audience?.get(user) ?? 0) < seq);
  const reached = (reach: 'read' | 'delivered'): boolean => {
    const has = (user: string): boolean => (cursors.get(user)?.[reach] ?? 0) >= seq;
    return audience === null ? others.some(has) : others.length > 0 && others.every(has);
  };
  if (reached('read')) return 'read';
  return reached('delivered') ? 'delivered' : 'sent';
}

/** The others who have read up to a message, and those who only have it. */
export function readersOf(
  seq: number,
  cursors: Cursors,
  me: string,
): { read: Cursor[]; delivered: Cursor[] } {
  const others = [...cursors].filter(([user]) => user !== me).map(([, cursor]) => cursor);
  return {
    read: others.filter((cursor) => cursor.read >= seq),
    delivered: others.filter((cursor) => cursor.read < seq && cursor.delivered >= seq),
  };
}

/** The tick of a message that has no echo yet. */
export function tickOfParcel(state: ParcelState): Tick {
  if (state === 'refused') return 'failed';
  return state === 'stored' ? 'sent' : 'sending';
}
