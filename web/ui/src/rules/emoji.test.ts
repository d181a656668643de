import { expect, test } from 'vitest';
import { coded, isOnlyEmoji, searched, withRecent, type Emoji } from './emoji';

test('up to three emoji and nothing else are a picture rather than a text', () => {
  for (const body of ['🎭', '👩🏽‍🚀 🇩🇪', '❤️', '1️⃣2️⃣3️⃣']) expect(isOnlyEmoji(body), body).toBe(true);
  for (const body of ['', ' ', '123', '🎭!', '🎭🎭🎭🎭', '©', 'a🎭']) {
    expect(isOnlyEmoji(body), body).toBe(false);
  }
});

const book: Emoji[] = [
  { emoji: '😀', name: 'grinning face', codes: ['grinning'], tags: ['smile', 'happy'] },
  { emoji: '😄', name: 'grinning face with smiling eyes', codes: ['smile'], tags: ['happy'] },
  { emoji: '😼', name: 'cat with wry smile', codes: ['smirk_cat'], tags: ['cat'] },
  { emoji: '😺', name: 'grinning cat', codes: ['smiley_cat'], tags: ['cat'] },
  { emoji: '🐈', name: 'cat', codes: ['cat2'], tags: ['pet'] },
];
const signs = (found: Emoji[]): string => found.map(({ emoji }) => emoji).join('');

test('an emoji is found by its code: as it is, as it begins, as it holds the letters', () => {
  expect(signs(coded(book, 'smile', 8))).toBe('😄😺');
  expect(signs(coded(book, 'cat', 8))).toBe('🐈😼😺');
  expect(signs(coded(book, 'smile', 1))).toBe('😄');
});

test('who looks for an emoji finds it by all that it is called, and each word has to fit', () => {
  expect(signs(searched(book, 'cat', 8))).toBe('😼😺🐈');
  expect(signs(searched(book, 'grinning cat', 8))).toBe('😺');
  expect(signs(searched(book, 'happy', 8))).toBe('😀😄');
  expect(searched(book, '  ', 8)).toEqual([]);
  expect(searched(book, 'lamp', 8)).toEqual([]);
});

test('the emoji used last stands first, and each once', () => {
  expect(withRecent(['🐈', '😀'], '😀')).toEqual(['😀', '🐈']);
  expect(withRecent(['🐈', '😀'], '😼', 2)).toEqual(['😼', '🐈']);
});
