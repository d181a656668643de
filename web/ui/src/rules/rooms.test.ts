import { expect, test } from 'vitest';
import type { Message, RoomRow } from '../wire';
import { afterEvent, isUnguessable, merged, slug, totalUnread } from './rooms';

function row(room: string, more: Partial<RoomRow> = {}): RoomRow {
  return { room, kind: 'group', title: room, last_seq: 0, read_seq: 0, unread: 0, ...more };
}

function message(seq: number, user: string): Message {
  const at = `2026-01-01T00:00:0${seq}.000Z`;
  return {
    type: 'message',
    room: 'green',
    seq,
    id: `${seq}`,
    user: { id: user, name: user },
    body: 'Hi',
    at,
  };
}

test('a room is named by what a person would type', () => {
  expect(slug(' #Green Room ')).toBe('green-room');
  expect(slug('stage_2')).toBe('stage-2');
  for (const typed of ['', '-a', 'ä', 'a/b', 'a'.repeat(65)]) expect(slug(typed)).toBe(null);
});

test('changed rows replace, new ones are added, gone ones leave, the newest stands first', () => {
  const last = message(1, 'bob');
  const rows = merged([row('a'), row('b')], [row('c', { last }), row('a', { unread: 2 })], ['b']);
  expect(rows.map((r) => r.room)).toEqual(['c', 'a']);
  expect(totalUnread(rows)).toBe(2);
});

test('messages of others count, an own one reads the room up to itself', () => {
  const two = [message(1, 'bob'), message(2, 'bob')].reduce(
    (held, event) => afterEvent(held, event, 'ana'),
    row('green'),
  );
  expect(two).toMatchObject({ unread: 2, last_seq: 2, last: { body: 'Hi' } });
  expect(afterEvent(two, message(3, 'ana'), 'ana')).toMatchObject({ unread: 0, read_seq: 3 });
});

test('a link to a private room is told from one that anybody may follow', () => {
  expect(isUnguessable('r-01a1f9784f877146a20911f54352d5f0')).toBe(true);
  expect(isUnguessable('d-3c234318797a73a0b218968c123d5472')).toBe(true);
  for (const room of ['general', 'r-and-b', 'd-day']) expect(isUnguessable(room)).toBe(false);
});
