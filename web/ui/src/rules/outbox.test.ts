import { expect, test } from 'vitest';
import * as outbox from './outbox';

function parcel(order: number, room = 'green'): outbox.Parcel {
  return { id: `id-${order}`, room, body: `Line ${order}`, at: '', order, state: 'waiting' };
}

function filled(...parcels: outbox.Parcel[]): outbox.Outbox {
  return parcels.reduce(outbox.put, [] as outbox.Outbox);
}

const ids = (parcels: readonly outbox.Parcel[]): string[] => parcels.map((held) => held.id);
const everywhere = (): boolean => true;

function flown(held: outbox.Outbox): outbox.Outbox {
  return outbox.due(held, everywhere).reduce((box, { id }) => outbox.launched(box, id), held);
}

test('messages leave in the order in which they were written', () => {
  expect(ids(outbox.due(filled(parcel(2), parcel(1), parcel(3)), everywhere))).toEqual([
    'id-1',
    'id-2',
    'id-3',
  ]);
});

test('the same message is never queued twice', () => {
  expect(filled(parcel(1), parcel(1))).toHaveLength(1);
});

test('a message waits until its room was joined, and holds up no other room', () => {
  const held = filled(parcel(1, 'attic'), parcel(2, 'green'));
  expect(ids(outbox.due(held, (room) => room === 'green'))).toEqual(['id-2']);
});

test('what is on the wire is not sent again', () => {
  expect(outbox.due(flown(filled(parcel(1))), everywhere)).toEqual([]);
});

test('after a broken connection the unanswered go first, with the same id, then the new', () => {
  const broken = outbox.disconnected(flown(filled(parcel(1), parcel(2))));
  const held = outbox.put(broken, parcel(3));
  expect(ids(outbox.due(held, everywhere))).toEqual(['id-1', 'id-2', 'id-3']);
});

test('only so many are on the wire at once', () => {
  const held = filled(...Array.from({ length: 40 }, (_, i) => parcel(i)));
  expect(outbox.due(held, everywhere)).toHaveLength(16);
  const next = outbox.stored(flown(held), 'id-0', 1);
  expect(ids(outbox.due(next, everywhere))).toEqual(['id-16']);
});

test('a stored message stays until the log was seen up to it', () => {
  const held = outbox.stored(flown(filled(parcel(1), parcel(2))), 'id-1', 7);
  expect(ids(outbox.echoed(held, 'green', 6))).toEqual(['id-1', 'id-2']);
  expect(ids(outbox.echoed(held, 'green', 7))).toEqual(['id-2']);
  expect(ids(outbox.echoed(held, 'attic', 7))).toEqual(['id-1', 'id-2']);
});

test('a refused message waits for the person, and the others go on', () => {
  const held = outbox.refused(filled(parcel(1), parcel(2)), 'id-1', 'not that');
  expect(ids(outbox.due(held, everywhere))).toEqual(['id-2']);
  expect(ids(outbox.unsettled(held))).toEqual(['id-2']);
  expect(ids(outbox.due(outbox.again(held, 'id-1'), everywhere))).toEqual(['id-1', 'id-2']);
  expect(ids(outbox.drop(held, 'id-1'))).toEqual(['id-2']);
});
