import { expect, test } from 'vitest';
import { waitBeforeTry } from './backoff';

test('the ceiling doubles from half a second to fifteen', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 60].map((failures) => waitBeforeTry(failures, () => 1));
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
});

test('any wait below the ceiling may come, down to none', () => {
  expect(waitBeforeTry(4, () => 0)).toBe(0);
  expect(waitBeforeTry(4, () => 0.5)).toBe(4000);
});
