import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClientFrame } from '../wire';
import { Connection, type ConnectionState, type Socket } from './connection';

class FakeSocket implements Socket {
  readyState = 1 as const;
  sent: ClientFrame[] = [];
  closed = false;
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;

  send(data: unknown): void {
    this.sent.push(JSON.parse(String(data)) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  welcomes(): void {
    this.onopen?.();
    this.says({ type: 'welcome' });
  }

  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  ends(code: number, reason = ''): void {
    this.onclose?.({ code, reason });
  }
}

let sockets: FakeSocket[];
let states: (ConnectionState['kind'] | 'slow')[];
let signedOut: string | null;
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  sockets = [];
  states = [];
  signedOut = null;
  connection = new Connection(
    {
      greeting: () => ({ type: 'hello', guest: 'Ana' }),
      stateChanged: (state) =>
        states.push(state.kind === 'online' && state.slow ? 'slow' : state.kind),
      received: () => undefined,
      signedOut: (reason) => (signedOut = reason),
    },
    () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
  );
  connection.start();
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const newest = (): FakeSocket => sockets.at(-1)!;

test('it greets first, and is online once it is welcomed', () => {
  expect(connection.send({ type: 'ping' })).toBe(false);
  newest().welcomes();
  expect(newest().sent).toEqual([{ type: 'hello', guest: 'Ana' }]);
  expect(connection.send({ type: 'ping' })).toBe(true);
  expect(states).toEqual(['connecting', 'online']);
});

test('it comes back by itself, each time a little later', () => {
  newest().welcomes();
  newest().ends(1001);
  vi.advanceTimersByTime(249);
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(sockets).toHaveLength(2);
  newest().ends(1006);
  vi.advanceTimersByTime(499);
  expect(sockets).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(sockets).toHaveLength(3);
});

test('a welcome makes it patient no longer than at first', () => {
  for (let i = 0; i < 5; i++) {
    newest().ends(1006);
    vi.advanceTimersToNextTimer();
  }
  expect(sockets).toHaveLength(6);
  newest().welcomes();
  newest().ends(1006);
  vi.advanceTimersByTime(250);
  expect(sockets).toHaveLength(7);
});

test('a crashed session is replaced at once, but not for ever', () => {
  newest().welcomes();
  newest().ends(1011);
  vi.advanceTimersByTime(0);
  expect(sockets).toHaveLength(2);
  newest().ends(1011);
  vi.advanceTimersByTime(0);
  expect(sockets).toHaveLength(2);
});

test('after flooding it stays away for a while', () => {
  newest().welcomes();
  newest().ends(4429);
  vi.advanceTimersByTime(10_000);
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(250);
  expect(sockets).toHaveLength(2);
});

test('who is not known any more is asked, not retried', () => {
  newest().welcomes();
  newest().ends(4401, 'signed out');
  vi.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(1);
  expect(signedOut).toBe('signed out');
});

test('a silent socket is asked for a sign of life and given up without one', () => {
  newest().welcomes();
  vi.advanceTimersByTime(25_000);
  expect(newest().sent.at(-1)).toEqual({ type: 'ping' });
  vi.advanceTimersByTime(9_999);
  expect(newest().closed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(sockets[0]?.closed).toBe(true);
  expect(states.at(-1)).toBe('waiting');
});

test('any word is a sign of life', () => {
  newest().welcomes();
  vi.advanceTimersByTime(30_000);
  newest().says({ type: 'pong' });
  vi.advanceTimersByTime(24_999);
  expect(newest().sent.filter((frame) => frame.type === 'ping')).toHaveLength(1);
  expect(states.at(-1)).toBe('online');
});

test('a greeting without an answer is not waited for', () => {
  newest().onopen?.();
  vi.advanceTimersByTime(10_000);
  expect(states.at(-1)).toBe('waiting');
});

test('a person may try at once', () => {
  newest().ends(1006);
  connection.tryNow();
  expect(sockets).toHaveLength(2);
  vi.advanceTimersByTime(5_000);
  expect(sockets, 'the try that was due is not made as well').toHaveLength(2);
});

test('a socket that was let go is not heard', () => {
  const first = newest();
  first.welcomes();
  first.ends(1001);
  vi.advanceTimersByTime(250);
  expect(first.onmessage).toBe(null);
  expect(first.closed).toBe(true);
});

test('whoever waits for an answer for three seconds has a slow connection, until anything is heard', () => {
  newest().welcomes();
  connection.send({ type: 'typing', room: 'green', on: true });
  vi.advanceTimersByTime(5_000);
  expect(states.at(-1), 'that has no answer').toBe('online');
  connection.send({ type: 'history', room: 'green' });
  vi.advanceTimersByTime(2_000);
  connection.send({ type: 'history', room: 'green' });
  vi.advanceTimersByTime(999);
  expect(states.at(-1)).toBe('online');
  vi.advanceTimersByTime(1);
  expect(states.at(-1)).toBe('slow');
  newest().says({ type: 'pong' });
  expect(states.at(-1)).toBe('online');
  vi.advanceTimersByTime(5_000);
  expect(states.at(-1)).toBe('online');
});

test('a connection that ends is lost, not slow', () => {
  newest().welcomes();
  connection.send({ type: 'ping' });
  newest().ends(1006);
  const before = states.length;
  vi.advanceTimersByTime(3_000);
  expect(states.slice(before)).not.toContain('slow');
});
