import { expect, test } from 'vitest';
import { audienceOf, moved, readersOf, tickOf, tickOfParcel, type Cursors } from './ticks';

const nobody: Cursors = new Map();
const bob = { id: 'bob', name: 'Bob' };

test('a message is sent, then delivered, then read', () => {
  expect(tickOf(5, nobody, 'ana')).toBe('sent');
  const delivered = moved(nobody, { user: bob, delivered: 5, read: 4 });
  expect(tickOf(5, delivered, 'ana')).toBe('delivered');
  expect(tickOf(5, moved(delivered, { user: bob, delivered: 5, read: 5 }), 'ana')).toBe('read');
});

test('ticks never go back, in whatever order the cursors come', () => {
  const read = moved(nobody, { user: 'bob', delivered: 9, read: 9 });
  const late = moved(read, { user: 'bob', delivered: 3, read: 1 });
  expect(late).toBe(read);
  expect(tickOf(5, late, 'ana')).toBe('read');
});

test('what was read was delivered', () => {
  const read = moved(nobody, { user: bob, delivered: 0, read: 5 });
  expect(read.get('bob')).toEqual({ delivered: 5, read: 5, user: bob });
});

test('one does not read oneself', () => {
  const own = moved(nobody, { user: 'ana', delivered: 9, read: 9 });
  expect(tickOf(5, own, 'ana')).toBe('sent');
  const read = moved(own, { user: bob, delivered: 5, read: 5 });
  expect(readersOf(5, read, 'ana').read).toMatchObject([{ user: bob }]);
});

test('a message without an echo shows how far it came', () => {
  expect(tickOfParcel('waiting')).toBe('sending');
  expect(tickOfParcel('flying')).toBe('sending');
  expect(tickOfParcel('stored')).toBe('sent');
  expect(tickOfParcel('refused')).toBe('failed');
});

test('among members a message is read when all of them have read it', () => {
  const eve = { id: 'eve', name: 'Eve' };
  const members = audienceOf(['ana', 'bob', 'eve'], []);
  const one = moved(nobody, { user: bob, delivered: 5, read: 5 });
  expect(tickOf(5, one, 'ana'), 'in a public room one is enough').toBe('read');
  expect(tickOf(5, one, 'ana', members)).toBe('sent');
  const both = moved(one, { user: eve, delivered: 5, read: 4 });
  expect(tickOf(5, both, 'ana', members)).toBe('delivered');
  expect(tickOf(5, moved(both, { user: eve, delivered: 5, read: 5 }), 'ana', members)).toBe('read');
  expect(tickOf(5, nobody, 'ana', audienceOf(['ana'], [])), 'alone').toBe('sent');
  expect(readersOf(5, both, 'ana')).toMatchObject({
    read: [{ user: bob }],
    delivered: [{ user: eve }],
  });
});

test('who comes later takes nothing back', () => {
  const read = moved(nobody, { user: bob, delivered: 9, read: 9 });
  const eve = { id: 'eve', name: 'Eve' };
  const came = {
    type: 'member',
    room: 'attic',
    seq: 7,
    user: eve,
    change: 'added',
    at: '',
  } as const;
  const members = audienceOf(['ana', 'bob', 'eve'], [came]);
  expect(tickOf(5, read, 'ana', members)).toBe('read');
  expect(tickOf(8, read, 'ana', members), 'but has yet to read what is said from now on').toBe(
    'sent',
  );
});
