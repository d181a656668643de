import { expect, test } from 'vitest';
import { shelved } from './shelf';
import { EMPTY, hasOlder, resumePoint, type Timeline } from './timeline';

test('the newest fifty are kept, and the room goes on from them', () => {
  const events = Array.from({ length: 80 }, (_, i) => ({
    type: 'unknown' as const,
    room: 'green',
    seq: i + 1,
    at: '',
  }));
  const held: Timeline = { epoch: 'first', events, firstSeq: 1, lastSeq: 80 };
  const kept = shelved(held)!;
  expect(kept.events.map((event) => event.seq)).toEqual(events.slice(30).map(({ seq }) => seq));
  expect(resumePoint(kept)).toEqual({ since: 80, epoch: 'first' });
  expect(hasOlder(kept)).toBe(true);
});

test('of a room that was never opened nothing is kept', () => {
  expect(shelved(EMPTY)).toBe(null);
});
