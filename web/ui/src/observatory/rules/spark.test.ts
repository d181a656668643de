import { describe, expect, test } from 'vitest';
import { areaUnder, sparkline } from './spark';

describe('sparkline', () => {
  test('the newest stands at the right edge', () => {
    expect(sparkline([2, 1], 3, 20, 10)).toBe('M10 0L20 5');
  });

  test('only the last so many are drawn', () => {
    expect(sparkline([9, 9, 1, 1], 2, 10, 10)).toBe('M0 0L10 0');
  });

  test('a gap is a gap', () => {
    expect(sparkline([1, null, 1, 1], 4, 30, 10)).toBe('M0 0M20 0L30 0');
  });

  test('nothing but noughts is a line along the ground, and nothing known no line', () => {
    expect(sparkline([0, 0], 2, 10, 10)).toBe('M0 10L10 10');
    expect(sparkline([null], 2, 10, 10)).toBe('');
  });
});

test('the area under a line goes down to the ground at both of its ends', () => {
  expect(areaUnder('M0 5L10 3', 9)).toBe('M0 9L0 5L10 3L10 9Z');
  expect(areaUnder('M0 5M20 0L30 0', 9)).toBe('M0 9L0 5L0 9ZM20 9L20 0L30 0L30 9Z');
  expect(areaUnder('', 9)).toBe('');
});
