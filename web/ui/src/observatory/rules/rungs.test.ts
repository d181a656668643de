import { describe, expect, test } from 'vitest';
import type { Kind } from '../wire';
import { ordered, rungsOf, withAncestors, type Forest } from './rungs';

const children: Record<string, string[]> = {
  engine: ['store', 'sessions'],
  sessions: ['shard:0', 'shard:1'],
  'shard:0': ['session:a', 'session:b'],
};

const forest: Forest = {
  root: 'engine',
  childrenOf: (name) => children[name] ?? [],
  hasMore: (name) => name === 'shard:0',
};

const names = (open: string[], only: Set<string> | null = null): string[] =>
  rungsOf(forest, (name) => open.includes(name), only).map(({ name }) => name);

describe('rungs', () => {
  test('only what is open shows what is below it', () => {
    expect(names([])).toEqual(['engine']);
    expect(names(['engine'])).toEqual(['engine', 'store', 'sessions']);
    expect(names(['sessions'])).toEqual(['engine']);
  });

  test('each knows how deep it is and how many are beside it', () => {
    const rungs = rungsOf(forest, () => true, null);
    expect(rungs.find(({ name }) => name === 'session:b')).toMatchObject({
      level: 4,
      pos: 2,
      size: 3,
      expanded: null,
    });
    expect(rungs[0]).toMatchObject({ level: 1, pos: 1, size: 1, expanded: true });
  });

  test('those who are not told one by one have a row after the others', () => {
    expect(names(['engine', 'sessions', 'shard:0']).slice(-4)).toEqual([
      'session:a',
      'session:b',
      'more:shard:0',
      'shard:1',
    ]);
  });

  test('whoever looks for some sees them with all who lead to them, open, and nobody else', () => {
    const parents = new Map(
      Object.entries(children).flatMap(([parent, all]) => all.map((child) => [child, parent])),
    );
    const only = withAncestors(['session:b'], (name) => parents.get(name));
    expect(names([], only)).toEqual(['engine', 'sessions', 'shard:0', 'session:b']);
    expect(names([], new Set())).toEqual([]);
  });
});

describe('order', () => {
  const kinds: Record<string, Kind> = { rooms: 'rooms', store: 'store', sessions: 'sessions' };

  test('parts stand in the order in which they are started', () => {
    const parts = ['sessions', 'rooms', 'store'];
    expect(ordered(parts, (name) => kinds[name]!, [])).toEqual(['store', 'rooms', 'sessions']);
  });

  test('the fullest come first, the others by name and number', () => {
    const all = ['room:9', 'room:10', 'room:b', 'room:a'];
    expect(ordered(all, () => 'room', ['room:b'])).toEqual([
      'room:b',
      'room:9',
      'room:10',
      'room:a',
    ]);
  });
});
