import { expect, test } from 'vitest';
import { texts } from '../texts';

test('up to two who type are named, of more only the first', () => {
  const { sentence } = texts.typing;
  expect(sentence([])).toBe('');
  expect(sentence(['Ana'])).toBe('Ana is typing…');
  expect(sentence(['Ana', 'Bob'])).toBe('Ana and Bob are typing…');
  expect(sentence(['Ana', 'Bob', 'Cleo'])).toBe('Ana and 2 others are typing…');
});
