import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Asked, Told } from '../wire';
import { Feed, type FeedState, type Socket } from './feed';

class FakeSocket implements Socket {
  readyState = 1 as const;
  sent: Asked[] = [];
  closed = false;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;

  send(data: unknown): void {
    this.sent.push(JSON.parse(String(data)) as Asked);
  }

  close(): void {
    this.closed = true;
  }

  says(...frames: object[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  ends(code: number): void {
    this.onclose?.({ code });
  }
}

let sockets: FakeSocket[];
let states: FeedState['kind'][];
let told: Told[];
let gaps: number;
let admitted: boolean | null;
let feed: Feed;

const snapshot = (n: number): object => ({ type: 'snapshot', n });
const delta = (n: number): object => ({ type: 'delta', n });
const socket = (): FakeSocket => sockets.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  sockets = [];
  states = [];
  told = [];
  gaps = 0;
  admitted = true;
  feed = new Feed(
    {
      stateChanged: ({ kind }) => states.push(kind),
      told: (frame) => told.push(frame),
      interrupted: () => gaps++,
    },
    {
      open: () => {
        sockets.push(new FakeSocket());
        return socket();
      },
      admitted: () => Promise.resolve(admitted),
    },
  );
  feed.start();
});

afterEach(() => {
  feed.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('what follows upon the snapshot is told on', () => {
  socket().says(snapshot(1), delta(2), { type: 'detail' }, delta(3), { type: 'unheard-of' });
  expect(told.map(({ type }) => type)).toEqual(['snapshot', 'delta', 'detail', 'delta']);
  expect(states).toEqual(['connecting', 'live']);
  expect(socket().sent).toEqual([]);
});

test('where a delta is missing all is asked for anew, once, and nothing is made of what comes until then', () => {
  socket().says(snapshot(1), delta(2), delta(4), delta(5));
  expect(told).toHaveLength(2);
  expect(gaps).toBe(1);
  expect(socket().sent).toEqual([{ type: 'snapshot' }]);
  socket().says(snapshot(6), delta(7));
  expect(told).toHaveLength(4);
});

test('a connection that ends comes back, and what was wanted is wanted there', () => {
  socket().says(snapshot(1));
  feed.rate = 5;
  feed.look('room:green');
  feed.list({ search: 'gre' });
  socket().ends(1001);
  expect(gaps).toBe(1);
  vi.advanceTimersByTime(300);
  expect(sockets).toHaveLength(2);
  socket().says(snapshot(1));
  expect(socket().sent).toEqual([
    { type: 'rate', per_second: 5 },
    { type: 'look', actor: 'room:green' },
    { type: 'list', search: 'gre' },
  ]);
  expect(states).toEqual(['connecting', 'live', 'waiting', 'connecting', 'live']);
});

test('a server that says nothing for long is left for another try', () => {
  socket().says(snapshot(1));
  const first = socket();
  vi.advanceTimersByTime(8_000);
  expect(first.closed).toBe(true);
  expect(states.at(-1)).toBe('waiting');
});

test('whoever wants quiet is not taken for cut off, and hears all anew after it', () => {
  socket().says(snapshot(1));
  feed.quiet = true;
  expect(socket().sent).toEqual([{ type: 'pause', on: true }]);
  expect(gaps).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(states.at(-1)).toBe('live');
  feed.quiet = false;
  socket().says(snapshot(2), delta(3));
  expect(told).toHaveLength(3);
});

test('whoever may not look is told so, and does not ask again', async () => {
  admitted = false;
  socket().ends(1006);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states.at(-1)).toBe('closed');
  expect(sockets).toHaveLength(1);
});

test('whoever is an admin no longer sees nothing more', () => {
  socket().says(snapshot(1));
  socket().ends(4401);
  vi.advanceTimersByTime(60_000);
  expect(states.at(-1)).toBe('closed');
  expect(sockets).toHaveLength(1);
});

test('a server that cannot be asked may be there later', async () => {
  admitted = null;
  socket().ends(1006);
  await vi.advanceTimersByTimeAsync(300);
  expect(sockets).toHaveLength(2);
});
