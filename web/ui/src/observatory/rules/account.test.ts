import { expect, test } from 'vitest';
import { balanceOf } from './account';

test('what came in equals what became of it, parts and all', () => {
  const posts = { refused: { invalid: 0, not_joined: 2 }, accepted: 9, stored: 6, undecided: 1 };
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

test('the order in which a server tells it does not matter', () => {
  expect(balanceOf({ dropped: { left: 1 }, handed_over: 4, owed: 5, pending: 0 })).toMatchObject({
    name: 'owed',
    came: 5,
    holds: true,
  });
});
