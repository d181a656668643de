/**
 * The connection over which the server tells what its actors do. It keeps coming back, asks for
 * everything anew where a part was lost, and is quiet while nobody looks.
 */
import { waitBeforeTry } from '../../rules/backoff';
import { parseTold, type Asked, type ListWish, type Told } from '../wire';

export type FeedState =
  | { kind: 'off' }
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'waiting'; until: number }
  /** Not for whoever looks: they are no admin, or are so no longer. */
  | { kind: 'closed' };

export interface Listener {
  stateChanged(state: FeedState): void;
  told(told: Told): void;
  /** Something was not heard: what comes next does not follow upon what came before. */
  interrupted(): void;
}

/** What is used of a WebSocket, so that a test can stand in for one. */
export type Socket = Pick<WebSocket, 'readyState' | 'send' | 'close'> & {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
};

export interface Doors {
  open(): Socket;
  /** Whether the server has an observatory for whoever asks; `null` where it can't be asked. */
  admitted(): Promise<boolean | null>;
}

/** The server says something each second; silence of so long is a dead connection. */
const SILENCE_MS = 8_000;
const NO_LONGER_ADMIN = 4401;
const OPEN = 1;

export class Feed {
  #listener: Listener;
  #doors: Doors;
  #socket: Socket | null = null;
  #state: FeedState = { kind: 'off' };
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  /** The number of the last frame; `null` while a snapshot is awaited. */
  #last: number | null = null;
  #rate = 2;
  #quiet = false;
  #look: string | null = null;
  #list: ListWish | null = null;

  constructor(listener: Listener, doors: Doors) {
    this.#listener = listener;
    this.#doors = doors;
  }

  start(): void {
    if (this.#state.kind !== 'connecting' && this.#state.kind !== 'live') this.#connect();
  }

  stop(): void {
    this.#abandon();
    this.#enter({ kind: 'off' });
  }

  /** Deltas a second. */
  set rate(perSecond: number) {
    this.#rate = perSecond;
    this.#say({ type: 'rate', per_second: perSecond });
  }

  /** While quiet the server does not so much as count for this page. */
  set quiet(quiet: boolean) {
    if (quiet === this.#quiet) return;
    this.#quiet = quiet;
    this.#say({ type: 'pause', on: quiet });
    if (quiet) this.#listener.interrupted();
    this.#watchSilence();
  }

  /** Of whom everything is to be told. */
  look(actor: string | null): void {
    if (actor === this.#look) return;
    this.#look = actor;
    this.#say(actor === null ? { type: 'look' } : { type: 'look', actor });
  }

  list(wish: ListWish | null): void {
    this.#list = wish;
    this.#say({ type: 'list', ...wish });
  }

  audit(): void {
    this.#say({ type: 'audit' });
  }

  #say(asked: Asked): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(asked));
  }

  #connect(): void {
    this.#abandon();
    this.#enter({ kind: 'connecting' });
    const socket = this.#doors.open();
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#heard(String(data));
    socket.onclose = ({ code }) => void this.#closed(code);
    this.#watchSilence();
  }

  #heard(text: string): void {
    this.#watchSilence();
    const told = parseTold(text);
    if (told === null) return;
    if (told.type === 'snapshot') {
      if (this.#state.kind !== 'live') this.#begun();
      this.#last = told.n;
    } else if (told.type === 'delta') {
      if (this.#last === null) return;
      if (told.n !== this.#last + 1) return this.#lost();
      this.#last = told.n;
    }
    this.#listener.told(told);
  }

  /** The server knows nothing of what this page wanted on another socket. */
  #begun(): void {
    this.#failures = 0;
    this.#enter({ kind: 'live' });
    if (this.#rate !== 2) this.#say({ type: 'rate', per_second: this.#rate });
    if (this.#look !== null) this.#say({ type: 'look', actor: this.#look });
    if (this.#list !== null) this.#say({ type: 'list', ...this.#list });
    if (this.#quiet) this.#say({ type: 'pause', on: true });
  }

  /** A delta is missing: until everything is told anew, what comes makes no sense. */
  #lost(): void {
    this.#last = null;
    this.#listener.interrupted();
    this.#say({ type: 'snapshot' });
  }

  async #closed(code: number): Promise<void> {
    const lived = this.#state.kind === 'live';
    this.#abandon();
    if (lived) this.#listener.interrupted();
    if (code === NO_LONGER_ADMIN) return this.#enter({ kind: 'closed' });
    this.#waitFor(waitBeforeTry(this.#failures));
    // A browser does not tell why no socket was opened.
    if (!lived && (await this.#doors.admitted()) === false && this.#state.kind === 'waiting') {
      this.#abandon();
      this.#enter({ kind: 'closed' });
    }
  }

  #waitFor(ms: number): void {
    this.#failures++;
    this.#enter({ kind: 'waiting', until: Date.now() + ms });
    this.#retry = setTimeout(() => this.#connect(), ms);
  }

  #watchSilence(): void {
    clearTimeout(this.#watch);
    // Who asked for quiet hears nothing, and that is well.
    if (this.#quiet && this.#state.kind === 'live') return;
    if (this.#socket === null) return;
    this.#watch = setTimeout(() => void this.#closed(1006), SILENCE_MS);
  }

  #abandon(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    this.#last = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #enter(state: FeedState): void {
    this.#state = state;
    this.#listener.stateChanged(state);
  }
}
