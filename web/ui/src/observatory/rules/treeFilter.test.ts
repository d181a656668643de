import { describe, expect, test } from 'vitest';
import type { Row } from '../wire';
import { fits, wishOf, type TreeFilter } from './treeFilter';

const nothing: TreeFilter = { search: '', kind: 'all', troubled: false };
const green = { name: 'room:green', kind: 'room', state: 'busy', stuck_ms: 0 } as Row;

describe('what is looked for', () => {
  test('nothing is no wish', () => {
    expect(wishOf({ ...nothing, search: ' ' }, null, 0)).toBeNull();
  });

  test('a wish has what was chosen and nothing else', () => {
    expect(wishOf({ search: ' gre ', kind: 'room', troubled: true }, null, 2)).toEqual({
      search: 'gre',
      kind: 'room',
      troubled: true,
      page: 2,
    });
    expect(wishOf(nothing, 'shard:3', 1)).toEqual({ below: 'shard:3', page: 1 });
    expect(wishOf({ ...nothing, kind: 'parts' }, null, 0)).toEqual({ page: 0 });
  });

  test('an actor fits by name, kind and trouble', () => {
    expect(fits(green, nothing)).toBe(true);
    expect(fits(green, { ...nothing, search: 'GREEN' })).toBe(true);
    expect(fits(green, { ...nothing, search: 'attic' })).toBe(false);
    expect(fits(green, { ...nothing, kind: 'parts' })).toBe(false);
    expect(fits(green, { ...nothing, troubled: true })).toBe(false);
    expect(fits({ ...green, stuck_ms: 1_500 }, { ...nothing, troubled: true })).toBe(true);
    expect(fits({ ...green, state: 'escalated' }, { ...nothing, troubled: true })).toBe(true);
  });
});
