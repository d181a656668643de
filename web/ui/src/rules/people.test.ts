import { expect, test } from 'vitest';
import type { Person, RoomRow } from '../wire';
import { contactsOf, hueOf, isCalled, listed, reached, shownName } from './people';

function person(name: string, more: Partial<Person> = {}): Person {
  const said = { display_name: '', status_text: '', hue: 1, status: 'offline', guest: false };
  return { id: name, name, ...said, ...more } as Person;
}

function direct(name: string, unread = 0): RoomRow {
  const user = { id: name, name };
  return { room: `d-${name}`, kind: 'direct', last_seq: 1, read_seq: 0, unread, with: user };
}

test('the reachable stand first, oneself nowhere', () => {
  const people = [person('zoe', { status: 'online' }), person('bob'), person('ana')];
  const known = listed(new Map(), [...people, person('amy', { status: 'away' })]);
  const names = contactsOf(known, [], 'ana').map((contact) => contact.person.name);
  expect(names).toEqual(['zoe', 'amy', 'bob']);
});

test('what waits from somebody stands beside them, also of a guest nobody lists', () => {
  const known = listed(new Map(), [person('bob')]);
  const contacts = contactsOf(known, [direct('bob', 2), direct('gus')], 'ana');
  expect(contacts.map(({ room, unread }) => ({ room, unread }))).toEqual([
    { room: 'd-bob', unread: 2 },
    { room: 'd-gus', unread: 0 },
  ]);
});

test('who comes and goes keeps what they say of themselves', () => {
  const known = listed(new Map(), [person('bob', { status_text: 'at lunch' })]);
  const user = { id: 'bob', name: 'bob' };
  const gone = '2026-01-01T12:00:00.000Z';
  const left = reached(known, [{ user, status: 'offline', last_seen: gone }]);
  const back = reached(left, [{ user, status: 'online' }]);
  expect(back.get('bob')).toMatchObject({ status: 'online', status_text: 'at lunch' });
  expect(back.get('bob')?.last_seen).toBe(gone);
});

test('a person without a chosen colour has the one that the server gives them', () => {
  expect(hueOf('01a1f978-4eb1-7647-8ff1-fba53a0ff377')).toBe(335);
  expect(hueOf('01a1f978-4edc-75c7-8a1b-8c9dfac0defd')).toBe(229);
});

test('people are called as they want to be', () => {
  expect(shownName(person('ana', { display_name: 'Ana M.' }))).toBe('Ana M.');
  expect(shownName(person('ana'))).toBe('ana');
});

test('people are found by the beginning of any of their names', () => {
  const ana = person('ana', { display_name: 'Dr. Maria Lopez' });
  for (const typed of ['', 'an', 'MAR', 'lop', 'dr. maria'])
    expect(isCalled(ana, typed)).toBe(true);
  for (const typed of ['na', 'opez']) expect(isCalled(ana, typed)).toBe(false);
});
