import { expect, test } from 'vitest';
import type { MemberEvent, RoomEvent, User } from '../wire';
import { continues, sentenceOf } from './notices';

const person = (name: string): User => ({ id: name.toLowerCase(), name });
const [ana, bob, eve] = [person('Ana'), person('Bob'), person('Eve')];

function member(user: User, change: MemberEvent['change'], by?: User): MemberEvent {
  const at = '2026-01-01T10:00:00Z';
  return { type: 'member', room: 'attic', seq: 1, user, change, by, at, role: 'moderator' };
}

function renamed(title: string, topic = ''): RoomEvent {
  const at = '2026-01-01T10:00:00Z';
  return { type: 'room', room: 'attic', seq: 1, change: 'changed', title, topic, by: ana, at };
}

test('many who come are one sentence', () => {
  const came = ['Bob', 'Eve', 'Joe', 'Kim', 'Liv'].map((name) => member(person(name), 'joined'));
  expect(sentenceOf(came.slice(0, 1), ana)).toBe('Bob joined');
  expect(sentenceOf(came.slice(0, 2), ana)).toBe('Bob and Eve joined');
  expect(sentenceOf(came.slice(0, 3), ana)).toBe('Bob, Eve and Joe joined');
  expect(sentenceOf(came, ana)).toBe('Bob, Eve and 3 others joined');
  expect(sentenceOf([came[0]!, came[0]!], ana), 'each is named once').toBe('Bob joined');
});

test('only what is of a kind is folded', () => {
  expect(continues(member(bob, 'joined'), member(eve, 'joined'))).toBe(true);
  expect(continues(member(bob, 'joined'), member(bob, 'left'))).toBe(false);
  expect(continues(member(bob, 'added', ana), member(eve, 'added', ana))).toBe(true);
  expect(continues(member(bob, 'added', ana), member(eve, 'added', bob))).toBe(false);
  expect(continues(member(bob, 'role', ana), member(eve, 'role', ana))).toBe(false);
  expect(continues(renamed('a'), renamed('b'))).toBe(false);
});

test('whoever reads is spoken to', () => {
  expect(sentenceOf([member(ana, 'added', bob)], ana)).toBe('Bob added you');
  expect(sentenceOf([member(bob, 'removed', ana)], ana)).toBe('You removed Bob');
  expect(sentenceOf([member(ana, 'role', bob)], ana)).toBe(
    'You are now a moderator, made so by Bob',
  );
});

test('a room says what of it was changed, where that can be known', () => {
  const before = { title: 'Attic', topic: '' };
  expect(sentenceOf([renamed('Loft')], bob, before)).toBe('Ana named this room “Loft”');
  expect(sentenceOf([renamed('Attic', 'Old things')], bob, before)).toBe(
    'Ana set the topic: Old things',
  );
  const keeps = (retention_s?: number): RoomEvent => ({ ...renamed('Attic'), retention_s });
  expect(sentenceOf([keeps(604_800)], bob, before)).toBe('Ana had messages kept for 7 days only');
  expect(sentenceOf([keeps()], bob, keeps(60))).toBe('Ana had messages kept for ever');
  expect(sentenceOf([renamed('Loft')], bob)).toBe('Ana changed what this room is called or about');
});
