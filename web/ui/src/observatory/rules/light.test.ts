import { expect, test } from 'vitest';
import type { Story } from '../wire';
import { litBy } from './light';

const story = (change: Partial<Story>): Story =>
  ({ n: 1, actor: 'room:green', path: [], touched: [], ...change }) as Story;

test('the way of a failure is lit up to whoever decided, and who went with it is marked', () => {
  const lights = litBy([
    story({
      n: 4,
      actor: 'rooms',
      path: ['rooms', 'engine'],
      touched: ['rooms', 'room:green', 'room:attic'],
    }),
  ]);
  expect(Object.fromEntries([...lights].map(([name, { part }]) => [name, part]))).toEqual({
    rooms: 'crashed',
    engine: 'decided',
    'room:green': 'touched',
    'room:attic': 'touched',
  });
  expect(lights.get('room:attic')!.story).toBe(4);
});

test('an escalation passes by those between', () => {
  const path = ['shard:0', 'sessions', 'engine'];
  const lights = litBy([story({ actor: 'shard:0', path })]);
  expect([...lights.values()].map(({ part }) => part)).toEqual(['crashed', 'decided', 'path']);
});

test('of two stories the graver part is shown', () => {
  const lights = litBy([
    story({ n: 1, actor: 'rooms', path: ['rooms', 'engine'], touched: ['room:green'] }),
    story({ n: 2, path: ['room:green', 'rooms'] }),
  ]);
  expect(lights.get('room:green')).toEqual({ part: 'crashed', story: 2 });
  expect(lights.get('rooms')).toEqual({ part: 'crashed', story: 1 });
});
