import { expect, test } from 'vitest';
import { barsOf, tallest } from './buckets';

test('only what was measured is drawn, with the times that each bar is for', () => {
  const bars = barsOf({ unit: 'us', count: 7, buckets: [0, 0, 2, 0, 5, 0] });
  expect(bars).toEqual([
    { from: 2, to: 4, count: 2 },
    { from: 4, to: 8, count: 0 },
    { from: 8, to: 16, count: 5 },
  ]);
  expect(tallest(bars)).toEqual({ from: 8, to: 16, count: 5 });
});

test('below a microsecond is from nought, and the last is open', () => {
  expect(barsOf({ unit: 'us', count: 1, buckets: [1] })).toEqual([{ from: 0, to: 1, count: 1 }]);
  const buckets = [...Array<number>(25).fill(0), 1];
  expect(barsOf({ unit: 'us', count: 1, buckets })[0]!.to).toBeNull();
});

test('nothing measured is no bar', () => {
  expect(barsOf({ unit: 'us', count: 0, buckets: [] })).toEqual([]);
  expect(tallest([])).toBeUndefined();
});
