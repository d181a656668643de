import { expect, test } from 'vitest';
import { beginningOf, dayOf, firstSince } from './dates';

/** A log with one message an hour. */
const HOUR_MS = 3_600_000;
const timeAt = (seq: number): Promise<number | null> => Promise.resolve(seq * HOUR_MS);

test('a day begins with its first message, or where the next one stands', async () => {
  expect(await firstSince(10 * HOUR_MS, 1, 5_000, timeAt)).toBe(10);
  expect(await firstSince(10.5 * HOUR_MS, 1, 5_000, timeAt)).toBe(11);
});

test('before all that is kept it is the first, and behind all of it nothing', async () => {
  expect(await firstSince(0, 40, 5_000, timeAt)).toBe(40);
  expect(await firstSince(9_000 * HOUR_MS, 1, 5_000, timeAt)).toBe(5_001);
  expect(await firstSince(0, 1, 0, timeAt), 'an empty log').toBe(1);
});

test('among five thousand a dozen questions are enough', async () => {
  let asked = 0;
  const counted = (seq: number): Promise<number | null> => {
    asked++;
    return timeAt(seq);
  };
  await firstSince(1_234 * HOUR_MS, 1, 5_000, counted);
  expect(asked).toBeLessThanOrEqual(13);
});

test('a question without an answer ends the search', async () => {
  expect(await firstSince(HOUR_MS, 1, 5_000, () => Promise.resolve(null))).toBe(null);
});

test('a day begins at midnight where the reader is', () => {
  const midnight = beginningOf('2026-03-04')!;
  expect(new Date(midnight).getHours()).toBe(0);
  expect(dayOf(new Date(midnight))).toBe('2026-03-04');
  expect(beginningOf('')).toBe(null);
});
