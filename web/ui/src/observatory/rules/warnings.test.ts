import { describe, expect, test } from 'vitest';
import type { Row, Tiles } from '../wire';
import { warningsIn, type Seen } from './warnings';

const calm: Row = {
  name: 'room:green',
  kind: 'room',
  parent: 'rooms',
  state: 'idle',
  mailbox: 0,
  high: 0,
  capacity: 64,
  in_s: 0,
  p99_us: null,
  slowest_us: null,
  wait_p99_us: null,
  restarts: 0,
  in_window: 0,
  limit: 5,
  window_s: 60,
  born_ms: 0,
  stuck_ms: 0,
  until_ms: null,
};

const kinds = (change: Partial<Row>, seen: Partial<Seen> = {}): string[] =>
  warningsIn({
    rows: [{ ...calm, ...change }],
    ms: 10_000,
    backloggedSince: new Map(),
    tiles: null,
    moreDeadLetters: 0,
    ...seen,
  }).map(({ kind }) => kind);

describe('warnings', () => {
  test('a calm actor gives none', () => {
    expect(kinds({})).toEqual([]);
  });

  test('a full mailbox is one after five seconds', () => {
    expect(kinds({}, { backloggedSince: new Map([['room:green', 5_001]]) })).toEqual([]);
    expect(kinds({}, { backloggedSince: new Map([['room:green', 5_000]]) })).toEqual([
      'backlogged',
    ]);
  });

  test('slow handling, a budget nearly spent, and standing still', () => {
    expect(kinds({ slowest_us: 100_000 })).toEqual([]);
    expect(kinds({ slowest_us: 100_001 })).toEqual(['slow']);
    expect(kinds({ in_window: 2 })).toEqual([]);
    expect(kinds({ in_window: 3 })).toEqual(['restarting']);
    expect(kinds({ in_window: null, limit: null })).toEqual([]);
    expect(kinds({ stuck_ms: 1_001 })).toEqual(['stuck']);
  });

  test('a quarantine is one until it is over', () => {
    expect(kinds({ until_ms: 10_001 })).toEqual(['quarantined']);
    expect(kinds({ until_ms: 10_000 })).toEqual([]);
  });

  test('the gravest comes first', () => {
    const tiles = { imbalances: 1 } as Tiles;
    expect(kinds({ slowest_us: 200_000, stuck_ms: 2_000 }, { tiles, moreDeadLetters: 3 })).toEqual([
      'imbalance',
      'stuck',
      'slow',
      'dead-letters',
    ]);
  });
});
