import { describe, expect, test } from 'vitest';
import { moveBy, type Rung } from './gridKeys';

const rows: Rung[] = [
  { level: 1, expanded: true },
  { level: 2, expanded: false },
  { level: 2, expanded: true },
  { level: 3, expanded: null },
  { level: 2, expanded: null },
];

describe('keys of the tree', () => {
  test('up and down go row by row and stop at the ends', () => {
    expect(moveBy(rows, 1, 'ArrowDown')).toEqual({ go: 2 });
    expect(moveBy(rows, 4, 'ArrowDown')).toEqual({ go: 4 });
    expect(moveBy(rows, 0, 'ArrowUp')).toEqual({ go: 0 });
    expect(moveBy(rows, 0, 'PageDown')).toEqual({ go: 4 });
  });

  test('home and end', () => {
    expect(moveBy(rows, 3, 'Home')).toEqual({ go: 0 });
    expect(moveBy(rows, 0, 'End')).toEqual({ go: 4 });
  });

  test('right opens, then enters, and does nothing where nothing is below', () => {
    expect(moveBy(rows, 1, 'ArrowRight')).toEqual({ toggle: 1 });
    expect(moveBy(rows, 2, 'ArrowRight')).toEqual({ go: 3 });
    expect(moveBy(rows, 3, 'ArrowRight')).toBeNull();
  });

  test('left closes, then goes up to whoever is above', () => {
    expect(moveBy(rows, 2, 'ArrowLeft')).toEqual({ toggle: 2 });
    expect(moveBy(rows, 3, 'ArrowLeft')).toEqual({ go: 2 });
    expect(moveBy(rows, 1, 'ArrowLeft')).toEqual({ go: 0 });
  });

  test('other keys, and no rows, mean nothing', () => {
    expect(moveBy(rows, 0, 'x')).toBeNull();
    expect(moveBy([], 0, 'ArrowDown')).toBeNull();
  });
});
