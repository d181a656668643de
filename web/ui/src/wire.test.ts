import { expect, test } from 'vitest';
import { parseFrame } from './wire';

test('a live event of a later kind keeps its number', () => {
  const frame = parseFrame('{"type":"reaction","room":"green","seq":7,"emoji":"x"}');
  expect(frame).toEqual({ type: 'unknown', room: 'green', seq: 7, at: '' });
});

test('so it does within a list', () => {
  const frame = parseFrame(
    '{"type":"events","room":"green","more":false,"events":[{"type":"edit","room":"green","seq":3}]}',
  );
  expect(frame).toMatchObject({ events: [{ type: 'unknown', seq: 3 }] });
});

test('other unknown frames are of no use', () => {
  expect(parseFrame('{"type":"weather","room":"green"}')).toBe(null);
  expect(parseFrame('[]')).toBe(null);
});
