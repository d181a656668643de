import { expect, test } from 'vitest';
import { choicesFor, hurts } from './blows';

test('what can be done depends on who it is done to', () => {
  expect(choicesFor('room')).toContain('poison');
  expect(choicesFor('room')).toContain('passivate');
  expect(choicesFor('store')).toContain('mid-batch');
  expect(choicesFor('store')).toContain('fail-next-sync');
  expect(choicesFor('lobby')).toEqual(['crash', 'panic-next', 'kill', 'hang', 'flood']);
});

test('a flood and a closing are no crash', () => {
  expect(choicesFor('room').filter((choice) => !hurts(choice))).toEqual(['flood', 'passivate']);
});
