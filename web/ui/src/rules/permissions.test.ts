import { expect, test } from 'vitest';
import { mayAdd, mayDelete, mayEdit, mayGiveRoles, mayRemove } from './permissions';

const owner = { kind: 'private', role: 'owner' } as const;
const moderator = { kind: 'private', role: 'moderator' } as const;
const member = { kind: 'private', role: 'member' } as const;

test('an owner may do everything, a moderator what keeps order, a member nothing of it', () => {
  const acts = [mayEdit, mayAdd, mayGiveRoles, mayDelete];
  expect(acts.map((may) => may(owner))).toEqual([true, true, true, true]);
  expect(acts.map((may) => may(moderator))).toEqual([true, true, false, false]);
  expect(acts.map((may) => may(member))).toEqual([false, false, false, false]);
});

test('a moderator removes members, and nobody who has a role', () => {
  expect(mayRemove(moderator, 'member')).toBe(true);
  expect(mayRemove(moderator, 'moderator')).toBe(false);
  expect(mayRemove(owner, 'owner')).toBe(true);
  expect(mayRemove(member, 'member')).toBe(false);
});

test('nobody is added to or removed from a public room, and a private chat stays as it is', () => {
  const open = { kind: 'group', role: 'owner' } as const;
  expect([mayAdd(open), mayRemove(open, null), mayGiveRoles(open)]).toEqual([false, false, true]);
  const direct = { kind: 'direct', role: 'owner' } as const;
  expect([mayEdit(direct), mayDelete(direct), mayRemove(direct, 'member')]).not.toContain(true);
});
