import { expect, test } from 'vitest';
import { excerpt } from './excerpt';

test('a message is one line of plain words', () => {
  expect(excerpt('**Loud** and\n`code`\n\n- a\n- b')).toBe('Loud and code a, b');
  expect(excerpt('> @ana said\n\n[yes](https://a.example)')).toBe('@ana said yes');
});

test('a long one is cut between characters', () => {
  expect(excerpt('🎭'.repeat(10), 5)).toBe('🎭🎭🎭🎭…');
});
