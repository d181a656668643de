/** What deserves a look, each as a fact with the figures that its sentence needs. */
import type { Row, Tiles } from '../wire';

export type Warning =
  | { kind: 'quarantined'; actor: string; ms: number }
  | { kind: 'stuck'; actor: string; ms: number; mailbox: number }
  | { kind: 'backlogged'; actor: string; mailbox: number; capacity: number }
  | { kind: 'slow'; actor: string; us: number }
  | { kind: 'restarting'; actor: string; done: number; limit: number; window_s: number }
  | { kind: 'dead-letters'; actor: null; more: number }
  | { kind: 'imbalance'; actor: null; found: number };

/** A mailbox may be nearly full for a moment. */
export const BACKLOG_MS = 5_000;
const STUCK_MS = 1_000;
const SLOW_US = 100_000;
/** Of a budget of restarts. */
const NEAR = 0.6;

export interface Seen {
  rows: Iterable<Row>;
  /** The server's clock. */
  ms: number;
  /** Since when each backlogged actor is. */
  backloggedSince: ReadonlyMap<string, number>;
  tiles: Tiles | null;
  /** How many more dead letters there are than a minute ago. */
  moreDeadLetters: number;
}

/** The gravest first. */
export function warningsIn(seen: Seen): Warning[] {
  const found = [...ofAll(seen)];
  for (const row of seen.rows) found.push(...ofOne(row, seen));
  return found.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const ORDER: readonly Warning['kind'][] = [
  'imbalance',
  'quarantined',
  'stuck',
  'backlogged',
  'restarting',
  'slow',
  'dead-letters',
];

function* ofAll({ tiles, moreDeadLetters }: Seen): Iterable<Warning> {
  const found = tiles?.imbalances ?? 0;
  if (found > 0) yield { kind: 'imbalance', actor: null, found };
  if (moreDeadLetters > 0) yield { kind: 'dead-letters', actor: null, more: moreDeadLetters };
}

function* ofOne(row: Row, { ms, backloggedSince }: Seen): Iterable<Warning> {
  const { name: actor, mailbox, capacity } = row;
  if (row.until_ms !== null && row.until_ms > ms) {
    yield { kind: 'quarantined', actor, ms: row.until_ms - ms };
  }
  if (row.stuck_ms > STUCK_MS) yield { kind: 'stuck', actor, ms: row.stuck_ms, mailbox };
  const since = backloggedSince.get(actor);
  if (since !== undefined && ms - since >= BACKLOG_MS) {
    yield { kind: 'backlogged', actor, mailbox, capacity };
  }
  if ((row.slowest_us ?? 0) > SLOW_US) yield { kind: 'slow', actor, us: row.slowest_us! };
  const { in_window: done, limit, window_s } = row;
  if (done !== null && limit !== null && window_s !== null && done >= limit * NEAR) {
    yield { kind: 'restarting', actor, done, limit, window_s };
  }
}
