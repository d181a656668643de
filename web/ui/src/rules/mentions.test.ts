import { expect, test } from 'vitest';
import { mentions } from './mentions';

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
