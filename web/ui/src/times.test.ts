import { expect, test } from 'vitest';
import { agoTime, briefTime, dayName } from './times';

const now = new Date('2026-03-02T09:00:00');

test('the last two days have names', () => {
  expect(dayName('2026-03-02T00:00:01', now)).toBe('Today');
  expect(dayName('2026-03-01T23:59:59', now)).toBe('Yesterday');
  expect(dayName('2026-02-28T12:00:00', now)).toContain('28');
  expect(dayName('2025-12-31T12:00:00', now)).toContain('2025');
});

test('a list shows the time of today and the day of what is older', () => {
  expect(briefTime('2026-03-02T08:05:00', now)).toMatch(/8:05|08:05/);
  expect(briefTime('2026-03-01T08:05:00', now)).toBe('Yesterday');
});

test('when somebody was last there is said in words', () => {
  expect(agoTime('2026-03-02T08:55:10', now)).toMatch(/^5 min/);
  expect(agoTime('2026-03-02T06:00:00', now)).toMatch(/^3 h/);
  expect(agoTime('2026-03-01T08:05:00', now)).toBe('yesterday');
  expect(agoTime('2026-03-02T09:00:05', now), 'clocks differ').toBe('this minute');
});
