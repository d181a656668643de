import { expect, test } from 'vitest';
import type { RoomRow } from '../wire';
import { sectionsOf } from './sections';

const row = (room: string, unread = 0, kind: RoomRow['kind'] = 'group'): RoomRow => ({
  room,
  kind,
  last_seq: 0,
  read_seq: 0,
  unread,
});

const names = (rows: RoomRow[]): string[] => rows.map(({ room }) => room);

test('unread rooms and chats stand first, each room stands once', () => {
  const rows = [row('a'), row('b', 2), row('c', 0, 'direct'), row('d', 1, 'direct')];
  const { unread, rooms, direct } = sectionsOf(rows, null, false);
  expect([names(unread), names(rooms), names(direct)]).toEqual([['b', 'd'], ['a'], ['c']]);
});

test('the room that one looks at stays where it was when one opened it', () => {
  expect(names(sectionsOf([row('a')], 'a', true).unread)).toEqual(['a']);
  expect(names(sectionsOf([row('a', 3)], 'a', false).unread)).toEqual([]);
});
