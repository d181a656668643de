import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DurableEvent } from '../wire';
import { Arrivals } from './arrivals';

const event = (room: string, seq: number): DurableEvent => ({ type: 'unknown', room, seq, at: '' });

let frames: (() => void)[];
let visibilityState: string;

beforeEach(() => {
  frames = [];
  visibilityState = 'visible';
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => frames.push(draw));
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  vi.stubGlobal('document', {
    get visibilityState() {
      return visibilityState;
    },
  });
});

afterEach(() => vi.unstubAllGlobals());

function taken(): { arrivals: Arrivals; all: [string, number[]][] } {
  const all: [string, number[]][] = [];
  const arrivals = new Arrivals((room, events) => all.push([room, events.map(({ seq }) => seq)]));
  return { arrivals, all };
}

test('what comes within a frame is taken together, room by room, in its order', () => {
  const { arrivals, all } = taken();
  const came: [string, number][] = [
    ['a', 1],
    ['a', 2],
    ['b', 1],
    ['a', 3],
  ];
  for (const [room, seq] of came) arrivals.add(event(room, seq));
  expect([all, frames.length]).toEqual([[], 1]);
  frames[0]!();
  expect(all).toEqual([
    ['a', [1, 2]],
    ['b', [1]],
    ['a', [3]],
  ]);
  arrivals.add(event('a', 4));
  expect(frames.length, 'the next has a frame of its own').toBe(2);
});

test('before anything else that comes, and where nobody looks, nothing waits', () => {
  const { arrivals, all } = taken();
  arrivals.add(event('a', 1));
  arrivals.flush();
  expect(all).toEqual([['a', [1]]]);
  visibilityState = 'hidden';
  arrivals.add(event('a', 2));
  expect(all).toEqual([
    ['a', [1]],
    ['a', [2]],
  ]);
});
