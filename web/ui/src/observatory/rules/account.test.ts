import { expect, test } from 'vitest';
import { balanceOf } from './account';

test('what came in equals what became of it, parts and all', () => {
  const posts = { accepted: 9, stored: 6, refused: { not_joined: 2, invalid: 0 }, undecided: 1 };
  expect(balanceOf(posts)).toEqual({
    name: 'accepted',
    came: 9,
    became: [
      { name: 'stored', count: 6, parts: [] },
      { name: 'refused', count: 2, parts: [{ name: 'not joined', count: 2 }] },
      { name: 'undecided', count: 1, parts: [] },
    ],
    holds: true,
  });
});

test('what is missing shows', () => {
  expect(balanceOf({ owed: 3, handed_over: 2 }).holds).toBe(false);
});
