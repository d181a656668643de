/**
 * One connection to the server that keeps coming back: when to open a socket, when to give one up,
 * how long to wait. What is said over it is no business of this file, but for the greeting and the
 * heartbeat.
 */
import { waitBeforeTry } from '../rules/backoff';
import { afterClose } from '../rules/closing';
import { parseFrame, type ClientFrame, type ServerFrame } from '../wire';

export type ConnectionState =
  | { kind: 'off' }
  | { kind: 'connecting' }
  /** `slow` where what was asked for stays without any answer. */
  | { kind: 'online'; slow?: boolean }
  | { kind: 'waiting'; until: number }
  | { kind: 'outdated' };

export interface Listener {
  /** The frame that says who we are; asked for at each new socket. */
  greeting(): ClientFrame;
  stateChanged(state: ConnectionState): void;
  received(frame: ServerFrame): void;
  /** The server no longer knows us. */
  signedOut(reason: string): void;
}

/** What is used of a WebSocket, so that a test can stand in for one. */
export type Socket = Pick<WebSocket, 'readyState' | 'send' | 'close'> & {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
};

/** Silence after which a sign of life is asked for. */
const QUIET_MS = 25_000;
/** How long an answer to a greeting or a ping may take. */
const ANSWER_MS = 10_000;
/** Whoever has waited so long for an answer notices. */
const SLOW_MS = 3_000;
/** Frames that the server answers. */
const ANSWERED = new Set<ClientFrame['type']>(['join', 'leave', 'send', 'history', 'ping']);
/** After flooding the server: at least this long. */
const LATER_MS = 10_000;

const OPEN = 1;

export class Connection {
  #listener: Listener;
  #open: () => Socket;
  #socket: Socket | null = null;
  #state: ConnectionState = { kind: 'off' };
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: Listener, open: () => Socket = openSocket) {
    this.#listener = listener;
    this.#open = open;
  }

  start(): void {
    if (this.#state.kind === 'off') this.#connect();
  }

  stop(): void {
    this.#abandon();
    this.#enter({ kind: 'off' });
  }

  /** Connects now where it would have waited; where it seems connected, makes sure. */
  tryNow(): void {
    if (this.#state.kind === 'waiting' || this.#state.kind === 'outdated') this.#connect();
    else if (this.#state.kind === 'online') this.#ask();
  }

  /** The server has no time for us now: comes back later. */
  backOff(ms = 0): void {
    this.#abandon();
    this.#waitFor(ms + this.#nextWait());
  }

  /** Writes a frame; false where nobody listens, and the caller has to come back. */
  send(frame: ClientFrame): boolean {
    if (this.#state.kind !== 'online' || this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    if (ANSWERED.has(frame.type)) this.#expectAnswer();
    return true;
  }

  #connect(): void {
    this.#abandon();
    this.#enter({ kind: 'connecting' });
    const socket = this.#open();
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify(this.#listener.greeting()));
    socket.onmessage = ({ data }) => this.#received(String(data));
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#deadline(ANSWER_MS);
  }

  #received(text: string): void {
    this.#watchSilence();
    this.#heard();
    const frame = parseFrame(text);
    if (frame === null) return;
    if (frame.type === 'welcome') {
      this.#failures = 0;
      this.#enter({ kind: 'online' });
    }
    this.#listener.received(frame);
  }

  #closed(code: number, reason: string): void {
    this.#abandon();
    switch (afterClose(code)) {
      case 'sign-in':
        this.#enter({ kind: 'off' });
        return this.#listener.signedOut(reason);
      case 'outdated':
        return this.#enter({ kind: 'outdated' });
      case 'at-once':
        return this.#waitFor(this.#failures === 0 ? 0 : this.#nextWait());
      case 'later':
        return this.#waitFor(LATER_MS + this.#nextWait());
      case 'retry':
        return this.#waitFor(this.#nextWait());
    }
  }

  #nextWait(): number {
    return waitBeforeTry(this.#failures);
  }

  #waitFor(ms: number): void {
    this.#failures++;
    this.#enter({ kind: 'waiting', until: Date.now() + ms });
    this.#retry = setTimeout(() => this.#connect(), ms);
  }

  #watchSilence(): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#ask(), QUIET_MS);
  }

  /** From when on it is slow, if nothing is heard until then. */
  #expectAnswer(): void {
    this.#patience ??= setTimeout(() => this.#enter({ kind: 'online', slow: true }), SLOW_MS);
  }

  #heard(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (this.#state.kind === 'online' && this.#state.slow) this.#enter({ kind: 'online' });
  }

  #ask(): void {
    if (this.send({ type: 'ping' })) this.#deadline(ANSWER_MS);
  }

  /** Without a word until then the socket counts as dead, whatever the browser believes. */
  #deadline(ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#closed(1006, ''), ms);
  }

  /** Lets go of the socket: whatever it still says is not heard. */
  #abandon(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    clearTimeout(this.#patience);
    this.#patience = undefined;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#listener.stateChanged(state);
  }
}

function openSocket(): Socket {
  const url = new URL('/ws', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return new WebSocket(url, 'greenroom.v1') as Socket;
}
