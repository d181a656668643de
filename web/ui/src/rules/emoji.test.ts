import { expect, test } from 'vitest';
import { isOnlyEmoji } from './emoji';

test('up to three emoji and nothing else are a picture rather than a text', () => {
  for (const body of ['🎭', '👩🏽‍🚀 🇩🇪', '❤️', '1️⃣2️⃣3️⃣']) expect(isOnlyEmoji(body), body).toBe(true);
  for (const body of ['', ' ', '123', '🎭!', '🎭🎭🎭🎭', '©', 'a🎭']) {
    expect(isOnlyEmoji(body), body).toBe(false);
  }
});
