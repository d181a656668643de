import { expect, test } from 'vitest';
import { rovedTo } from './roving';
import type { Row } from './rows';

const user = { id: 'bob', name: 'Bob' };
const message = (key: string): Row => ({
  kind: 'message',
  key,
  user,
  body: '',
  at: '',
  mine: false,
  head: true,
});
const rows: Row[] = [
  { kind: 'beginning', key: 'beginning' },
  { kind: 'day', key: 'day', at: '' },
  message('a'),
  { kind: 'new', key: 'new' },
  message('b'),
  { kind: 'notice', key: 'notice', sentence: 'Eve joined', at: '' },
];

test('the arrows go from message to message, past whatever stands between', () => {
  expect(rovedTo(rows, 2, 'ArrowDown')).toBe(4);
  expect(rovedTo(rows, 4, 'ArrowUp')).toBe(2);
});

test('at either end there is nowhere to go', () => {
  expect(rovedTo(rows, 4, 'ArrowDown')).toBe(null);
  expect(rovedTo(rows, 2, 'ArrowUp')).toBe(null);
  expect(rovedTo([], 0, 'End')).toBe(null);
});

test('Home and End are the first and the last message', () => {
  expect(rovedTo(rows, 4, 'Home')).toBe(2);
  expect(rovedTo(rows, 2, 'End')).toBe(4);
});
