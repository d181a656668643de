import { expect, test } from 'vitest';
import { signed, TypingSigns, withoutStale } from './typing';

const bob = { id: 'bob', name: 'Bob' };
const cy = { id: 'cy', name: 'Cy' };

test('the first character is told at once, the next at most every two seconds', () => {
  const signs = new TypingSigns();
  expect(signs.changed('H', 0)).toBe(true);
  expect(signs.changed('He', 1_999)).toBe(null);
  expect(signs.changed('Hel', 2_000)).toBe(true);
  expect(signs.changed('Hell', 3_000)).toBe(null);
});

test('an empty field and a sent message end it, once', () => {
  const signs = new TypingSigns();
  expect(signs.changed(' ', 0)).toBe(null);
  signs.changed('H', 0);
  expect(signs.changed('', 100)).toBe(false);
  expect(signs.changed('', 200)).toBe(null);
  expect(signs.changed('A', 300)).toBe(true);
  expect(signs.stopped()).toBe(false);
  expect(signs.stopped()).toBe(null);
});

test('who types is listed once, and goes when the sign ends or grows old', () => {
  let typists = signed(signed([], bob, true, 0), cy, true, 100);
  typists = signed(typists, bob, true, 200);
  expect(typists.map((typist) => typist.user.id)).toEqual(['cy', 'bob']);
  expect(signed(typists, cy, false, 300).map((typist) => typist.user.id)).toEqual(['bob']);
  expect(withoutStale(typists, 6_150).map((typist) => typist.user.id)).toEqual(['bob']);
});
