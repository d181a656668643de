import { expect, test } from 'vitest';
import type { RoomRow } from '../wire';
import { contactsOf } from './people';
import { targetsFor, type Places } from './switcher';

const row = (room: string, more: Partial<RoomRow> = {}): RoomRow => ({
  room,
  kind: 'group',
  title: room,
  last_seq: 0,
  read_seq: 0,
  unread: 0,
  ...more,
});

const bob = { id: 'b', name: 'bob' };
const rows = [
  row('general'),
  row('green'),
  row('attic', { kind: 'private', title: 'The attic', unread: 1 }),
  row('d-1', { kind: 'direct', title: 'Direct', with: bob }),
];

const places: Places = {
  rows,
  open: [row('garden', { unread: 7 })],
  contacts: contactsOf(new Map(), rows, 'me'),
  visits: ['green', 'd-1', 'general'],
  current: 'green',
};

const labels = (typed: string, where = places): string[] =>
  targetsFor(typed, where).map((target) => target.label);

test('before anything is typed the unread stand first, then where one was last', () => {
  expect(labels('').slice(0, 3)).toEqual(['#The attic', 'bob', '#general']);
  expect(labels(''), 'one is there already').not.toContain('#green');
});

test('a beginning counts more than a word inside, and that more than letters in order', () => {
  const where = { ...places, rows: [row('a-great-gate'), row('gate'), row('go-at-it')], open: [] };
  expect(labels('gat', where).slice(0, 2)).toEqual(['#gate', '#a-great-gate']);
  expect(labels('goti', where)).toEqual(['#go-at-it', '#goti']);
});

test('rooms that are not on the list and people are found, too', () => {
  expect(labels('gard')).toEqual(['#garden', '#gard']);
  expect(labels('@bo')).toEqual(['bob', '#bo']);
});

test('a name that nothing has may become a room, one that is taken may not', () => {
  expect(labels('New Place')).toEqual(['#new-place']);
  expect(labels('attic')).toEqual(['#The attic']);
  expect(labels('???')).toEqual([]);
});
