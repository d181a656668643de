import { expect, test } from 'vitest';
import type { Row } from '../wire';
import { KEPT_S, Track } from './track';

const row = (mailbox: number): Row => ({ mailbox, in_s: 1, p99_us: null, wait_p99_us: 2 }) as Row;
const waiting = { label: 'Waiting', ink: 'accent', figure: 'mailbox' } as const;

test('what was is told in order, with what was never sampled as unknown', () => {
  const track = new Track();
  track.record(1, row(3));
  track.record(2, row(4));
  const lines = [waiting, { label: 'Handling', ink: 'warn', figure: 'p99_us' } as const];
  const plot = track.plot(lines);
  expect(plot.at).toEqual([1, 2]);
  expect(plot.lines.map(({ values }) => values)).toEqual([
    [3, 4],
    [null, null],
  ]);
});

test('a time of which nothing was heard is one gap', () => {
  const track = new Track();
  track.interrupt();
  track.record(1, row(3));
  track.interrupt();
  track.interrupt();
  track.record(9, row(4));
  expect(track.plot([waiting]).lines[0]!.values).toEqual([3, null, 4]);
});

test('a quarter of an hour is kept, and hardly more', () => {
  const track = new Track();
  for (let at = 0; at < 3 * KEPT_S; at++) track.record(at, row(0));
  const { at } = track.plot([waiting]);
  expect(at.at(-1)).toBe(3 * KEPT_S - 1);
  expect(at[0]).toBeLessThan(2 * KEPT_S);
  expect(at.length).toBeLessThan(KEPT_S + 300);
});

test('restarts are kept as long as what they are drawn through', () => {
  const track = new Track();
  track.restarted(1, 'first');
  track.restarted(2 + KEPT_S, 'second');
  expect(track.marks.map(({ label }) => label)).toEqual(['second']);
});
