import { expect, test } from 'vitest';
import type { RoomRow } from '../wire';
import {
  countedUnread,
  isWorthTelling,
  tomorrow,
  wording,
  type Circumstances,
  type News,
} from './notify';

const ana = { id: 'ana', name: 'Ana' };
const bob = { id: 'bob', name: 'Bob' };
const news: News = { room: 'green', kind: 'group', seq: 7, user: bob, body: 'Hello' };
const elsewhere: Circumstances = {
  me: ana,
  choices: { levels: {}, quietUntil: 0 },
  now: 1_000,
  watched: false,
};

const told = (change: Partial<News>, where: Partial<Circumstances> = {}): boolean =>
  isWorthTelling({ ...news, ...change }, { ...elsewhere, ...where });

test('one is told of what is said to oneself alone, and where one is called', () => {
  expect(told({})).toBe(false);
  expect(told({ body: 'Hello @ana' })).toBe(true);
  expect(told({ body: 'A long story', mentions: ['bob', 'ana'] })).toBe(true);
  expect(told({ body: 'A long story', mentions: ['bob'] })).toBe(false);
  expect(told({ kind: 'direct' })).toBe(true);
  expect(told({ kind: 'private' })).toBe(false);
});

test('a room may have another rule', () => {
  const rule = (level: 'all' | 'mentions' | 'none') => ({
    choices: { levels: { green: level }, quietUntil: 0 },
  });
  expect(told({}, rule('all'))).toBe(true);
  expect(told({ kind: 'direct' }, rule('mentions'))).toBe(false);
  expect(told({ body: '@Ana!' }, rule('none'))).toBe(false);
});

test('nobody is told of their own words, or of what they look at', () => {
  expect(told({ user: ana, body: '@Ana', kind: 'direct' })).toBe(false);
  expect(told({ kind: 'direct' }, { watched: true })).toBe(false);
});

test('who wants quiet has it until it is over', () => {
  const choices = { levels: {}, quietUntil: 2_000 };
  expect(told({ kind: 'direct' }, { choices })).toBe(false);
  expect(told({ kind: 'direct' }, { choices, now: 2_000 })).toBe(true);
});

test('muted rooms are not counted', () => {
  const row = (room: string, unread: number) => ({ room, unread }) as RoomRow;
  expect(countedUnread([row('green', 3), row('attic', 4)], { attic: 'none' })).toBe(3);
});

test('a notification says who, where and what, or only who and where', () => {
  const words = { ...news, body: '**Hello**\nthere' };
  expect(wording(words, '#green', true, 'A new message')).toEqual({
    title: 'Bob (#green)',
    body: 'Hello there',
  });
  expect(wording({ ...words, kind: 'direct' }, 'Bob', false, 'A new message')).toEqual({
    title: 'Bob',
    body: 'A new message',
  });
});

test('tomorrow begins at midnight', () => {
  expect(tomorrow(new Date(2026, 0, 31, 23, 59))).toBe(new Date(2026, 1, 1).getTime());
});
