import { expect, test } from 'vitest';
import type { Member } from '../wire';
import { rosterOf } from './roster';

const member = (name: string, role: Member['role']): Member => ({ id: name, name, role });
const here = (...names: string[]) => new Map(names.map((name) => [name, { id: name, name }]));

test('a private room lists its members, whoever decides first', () => {
  const members = [member('bob', 'member'), member('zoe', 'owner'), member('ana', 'moderator')];
  const roster = rosterOf('private', members, here('bob'));
  expect(roster.map(({ user }) => user.name)).toEqual(['zoe', 'ana', 'bob']);
  expect(roster.map((place) => place.here)).toEqual([false, false, true]);
});

test('a public room lists those who are here, then those who have a role', () => {
  const roster = rosterOf('group', [member('ana', 'owner')], here('zoe', 'bob'));
  expect(roster.map(({ user, role }) => [user.name, role])).toEqual([
    ['bob', null],
    ['zoe', null],
    ['ana', 'owner'],
  ]);
});
