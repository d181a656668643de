import { expect, test } from 'vitest';
import { choicesFrom, DEFAULTS } from './settings';

test('what was chosen comes back, and what was not is as usual', () => {
  expect(choicesFrom('{"theme":"dark","letters":false}')).toEqual({
    ...DEFAULTS,
    theme: 'dark',
    letters: false,
  });
});

test.each([[null], ['null'], ['{'], ['[]'], ['{"volume":"loud","levels":null}']])(
  'nonsense is as if nothing was chosen: %s',
  (kept) => expect(choicesFrom(kept)).toEqual(DEFAULTS),
);
