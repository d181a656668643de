import { expect, test } from 'vitest';
import { neighbour } from './shortcuts';

const rows = [
  { room: 'a', unread: 0 },
  { room: 'b', unread: 0 },
  { room: 'c', unread: 2 },
];

test('the next room is the one below, the one before the one above', () => {
  expect(neighbour(rows, 'a', 1, false)).toBe('b');
  expect(neighbour(rows, 'b', -1, false)).toBe('a');
  expect(neighbour(rows, 'c', 1, false)).toBe(null);
});

test('from nowhere one comes to the first, or to the last', () => {
  expect(neighbour(rows, null, 1, false)).toBe('a');
  expect(neighbour(rows, null, -1, false)).toBe('c');
});

test('unread rooms can be gone through alone', () => {
  expect(neighbour(rows, 'a', 1, true)).toBe('c');
  expect(neighbour(rows, 'c', -1, true)).toBe(null);
});
