import { expect, test } from 'vitest';
import type { LifeEvent } from '../wire';
import { matches } from './log';

const crash: LifeEvent = {
  n: 1,
  ms: 0,
  at: '',
  actor: 'room:green',
  kind: 'crash',
  text: 'room:green crashed in post',
  cause: 'panicked: index out of bounds',
  story: 3,
};

test('all there is, where nothing is asked for', () => {
  expect(matches(crash, { group: 'all', text: ' ' })).toBe(true);
});

test('failures are apart from who comes and goes', () => {
  expect(matches(crash, { group: 'failures', text: '' })).toBe(true);
  expect(matches(crash, { group: 'lives', text: '' })).toBe(false);
  expect(matches({ ...crash, kind: 'spawn' }, { group: 'lives', text: '' })).toBe(true);
});

test('words are looked for in the actor, the text and the cause', () => {
  for (const text of ['GREEN', 'in post', 'bounds'])
    expect(matches(crash, { group: 'all', text })).toBe(true);
  expect(matches(crash, { group: 'all', text: 'attic' })).toBe(false);
});
