import { expect, test } from 'vitest';
import { isEmpty, isStale } from './drafts';

const DAY_MS = 24 * 3_600_000;
const written = { text: 'Half a thought', replyTo: null, at: 0 };

test('what nobody came back to for a month is kept no longer', () => {
  expect(isStale(written, 29 * DAY_MS)).toBe(false);
  expect(isStale(written, 31 * DAY_MS)).toBe(true);
});

test('blanks are no draft, but an answer that was begun is one', () => {
  expect(isEmpty({ text: ' \n', replyTo: null })).toBe(true);
  expect(isEmpty({ text: '', replyTo: 7 })).toBe(false);
  expect(isEmpty({ text: 'a', replyTo: null })).toBe(false);
});
