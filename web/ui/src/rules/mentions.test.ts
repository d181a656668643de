import { expect, test } from 'vitest';
import { mentions, withCalls } from './mentions';

test('a name is called by an @ before it', () => {
  expect(mentions('Well, @Ana?', 'ana')).toBe(true);
  expect(mentions('@ana.', 'Ana')).toBe(true);
  expect(mentions('(@j.r-r_tolkien)', 'j.r-r_tolkien')).toBe(true);
  expect(mentions('@Zoë', 'zoë'), 'however the letters are composed').toBe(true);
});

test('nobody is called by a part of a name, or by an address', () => {
  expect(mentions('@anabel', 'ana')).toBe(false);
  expect(mentions('mail@ana', 'ana')).toBe(false);
  expect(mentions('ana', 'ana')).toBe(false);
  expect(mentions('@@ana', 'ana')).toBe(false);
});

test('a room is named by its id behind a #, and by nothing that only looks like it', () => {
  const rooms = (text: string): (string | undefined)[] =>
    withCalls(text).flatMap((piece) => piece.room ?? []);
  expect(rooms('see #green, or #attic-2.')).toEqual(['green', 'attic-2']);
  expect(rooms('(#green)')).toEqual(['green']);
  expect(rooms('C#sharp, https://example.org/#part, ##green, &#39;')).toEqual([]);
  expect(rooms('# green #Green #grün')).toEqual([]);
});
