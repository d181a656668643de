import { expect, test } from 'vitest';
import type { DurableEvent, User } from '../wire';
import type { Parcel } from './outbox';
import { rowsOf, type Row } from './rows';

const ana: User = { id: 'ana', name: 'Ana' };
const bob: User = { id: 'bob', name: 'Bob' };

function message(seq: number, user: User, at: string): DurableEvent {
  return { type: 'message', room: 'green', seq, id: `id-${seq}`, user, body: `Line ${seq}`, at };
}

function rows(events: DurableEvent[], parcels: Parcel[] = [], complete = false): Row[] {
  return rowsOf({ events, parcels, me: ana, complete });
}

function parcel(id: string, at: string): Parcel {
  return { id, room: 'green', body: 'Mine', at, order: 1, state: 'waiting' };
}

const heads = (shown: Row[]): (boolean | string)[] =>
  shown.map((row) => (row.kind === 'message' ? row.head : row.kind));

test('messages of one person within five minutes stand under one name', () => {
  const shown = rows([
    message(1, bob, '2026-01-01T10:00:00'),
    message(2, bob, '2026-01-01T10:04:59'),
    message(3, bob, '2026-01-01T10:09:59'),
    message(4, ana, '2026-01-01T10:10:00'),
  ]);
  expect(heads(shown)).toEqual(['day', true, false, true, true]);
});

test('a new day is marked, and begins a new group', () => {
  const shown = rows([
    message(1, bob, '2026-01-01T23:59:00'),
    message(2, bob, '2026-01-02T00:01:00'),
  ]);
  expect(heads(shown)).toEqual(['day', true, 'day', true]);
});

test('an own message on its way keeps its key when its echo comes, and shows once', () => {
  const at = '2026-01-01T10:00:00';
  const before = rows([], [parcel('id-1', at)]).at(-1);
  const after = rows([message(1, ana, at)], [parcel('id-1', at)]).filter(
    (r) => r.kind === 'message',
  );
  expect(after).toHaveLength(1);
  expect(after[0]?.key).toBe(before?.key);
  expect(after[0]?.parcel).toBeUndefined();
});

test('the same id of two people are two messages', () => {
  const at = '2026-01-01T10:00:00';
  const shown = rows(
    [{ ...message(1, bob, at), id: 'same' } as DurableEvent],
    [parcel('same', at)],
  );
  const keys = shown.map((row) => row.key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(heads(shown)).toEqual(['day', true, true]);
});

test('what is new is marked once, before the first message of someone else', () => {
  const at = '2026-01-01T10:00:00';
  const events = [
    message(1, bob, at),
    message(2, ana, at),
    message(3, bob, at),
    message(4, bob, at),
  ];
  const marked = (newSince: number): (boolean | string)[] =>
    heads(rowsOf({ events, parcels: [], me: ana, complete: false, newSince }));
  expect(marked(1)).toEqual(['day', true, true, 'new', true, false]);
  expect(marked(4)).toEqual(['day', true, true, true, false]);
  // The first new one may lie further up.
  expect(
    heads(rowsOf({ events: events.slice(2), parcels: [], me: ana, complete: false, newSince: 0 })),
  ).toEqual(['day', true, false]);
});

test('kinds of a later version leave no row, and the beginning shows where it is reached', () => {
  const unknown: DurableEvent = { type: 'unknown', room: 'green', seq: 1, at: '' };
  expect(heads(rows([unknown], [], true))).toEqual(['beginning']);
});

test('those who come one after the other are one line, until somebody speaks', () => {
  const at = '2026-01-01T10:00:00';
  const came = (seq: number, user: User): DurableEvent => ({
    type: 'member',
    room: 'green',
    seq,
    user,
    change: 'joined',
    at,
  });
  const eve: User = { id: 'eve', name: 'Eve' };
  const shown = rows([came(1, bob), came(2, eve), message(3, bob, at), came(4, eve)]);
  expect(shown.map((row) => (row.kind === 'notice' ? row.sentence : row.kind))).toEqual([
    'day',
    'Bob and Eve joined',
    'message',
    'Eve joined',
  ]);
});

test('erased messages that follow each other are one line, under the day they stood in', () => {
  const erased = (seq: number): DurableEvent => ({ type: 'erased', room: 'green', seq });
  const shown = rows([
    message(1, bob, '2026-01-01T10:00:00'),
    erased(2),
    erased(3),
    message(4, bob, '2026-01-01T10:01:00'),
    erased(5),
    message(6, bob, '2026-01-02T10:00:00'),
  ]);
  expect(heads(shown)).toEqual(['day', true, 'notice', true, 'notice', 'day', true]);
  expect(shown.filter((row) => row.kind === 'notice').map(({ sentence }) => sentence)).toEqual([
    '2 messages erased',
    'Message erased',
  ]);
});
