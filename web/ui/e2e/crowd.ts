/** A server with so many sessions that it can't be started here, played to the page's own feed. */
import type { Page, WebSocketRoute } from '@playwright/test';
import type { Asked, Delta, Fold, Row, Snapshot } from '../src/observatory/wire';

const SHARDS = 8;

export class Crowd {
  readonly asked: Asked[] = [];
  /** One for each time that the page came. */
  sockets = 0;
  #socket: WebSocketRoute | undefined;
  #n = 0;
  #ms = 1_000;
  readonly #sessions: readonly string[];

  private constructor(sessions: number) {
    this.#sessions = Array.from(
      { length: sessions },
      (_, i) => `session:${String(i).padStart(6, '0')}`,
    );
  }

  static async behind(page: Page, sessions: number): Promise<Crowd> {
    const crowd = new Crowd(sessions);
    await page.routeWebSocket('**/api/observatory', (socket) => crowd.#receives(socket));
    return crowd;
  }

  #receives(socket: WebSocketRoute): void {
    this.#socket = socket;
    this.sockets++;
    this.#n = 0;
    socket.onMessage((text) => {
      const asked = JSON.parse(String(text)) as Asked;
      this.asked.push(asked);
      if (asked.type === 'snapshot' || (asked.type === 'pause' && !asked.on)) this.tellsAll();
    });
    this.tellsAll();
  }

  tellsAll(): void {
    const at = new Date(1_700_000_000_000 + this.#ms).toISOString();
    const snapshot: Snapshot = {
      type: 'snapshot',
      n: ++this.#n,
      ms: this.#ms,
      at,
      started_at: at,
      lab: false,
      per_second: 2,
      tiles: { ...TILES, sessions: this.#sessions.length },
      policies: {},
      actors: this.#rows(),
      folds: this.#folds(),
      events: [],
      stories: [],
      ledger: LEDGER,
      drill: null,
    };
    this.#tell(snapshot);
  }

  /** So many have something new, and other ones are the fullest. */
  stirs(round: number, some = this.#sessions.length): void {
    const actors = this.#sessions.slice(0, some).map((name, i) => ({
      name,
      mailbox: (i + round) % 7,
      in_s: round,
    }));
    this.tells({ actors, folds: this.#folds(round) });
  }

  /** `lost`: one that never arrives. */
  tells(change: Partial<Delta>, lost = false): void {
    this.#ms += 500;
    this.#n += lost ? 2 : 1;
    this.#tell({ type: 'delta', n: this.#n, ms: this.#ms, ...change });
  }

  #tell(told: object): void {
    this.#socket?.send(JSON.stringify(told));
  }

  #rows(): Row[] {
    const parts = (['store', 'presence', 'lobby', 'rooms', 'sessions'] as const).map((name) =>
      row(name, name, 'engine'),
    );
    const shards = Array.from({ length: SHARDS }, (_, i) => row(`shard:${i}`, 'shard', 'sessions'));
    const sessions = this.#sessions.map((name, i) => row(name, 'session', `shard:${i % SHARDS}`));
    return [row('engine', 'engine', null), ...parts, ...shards, ...sessions];
  }

  #folds(round = 0): Fold[] {
    return Array.from({ length: SHARDS }, (_, i) => ({
      name: `shard:${i}`,
      count: Math.ceil(this.#sessions.length / SHARDS),
      listed: false,
      mailbox: round,
      worst_mailbox: 6,
      in_s: 10,
      troubled: 0,
      worst: this.#sessions.filter((_, at) => at % SHARDS === i).slice(round % 5, (round % 5) + 10),
    }));
  }
}

const row = (name: string, kind: Row['kind'], parent: string | null): Row => ({
  name,
  kind,
  parent,
  state: 'idle',
  mailbox: 0,
  high: 4,
  capacity: 64,
  in_s: 0,
  p99_us: null,
  slowest_us: null,
  wait_p99_us: null,
  restarts: 0,
  in_window: null,
  limit: null,
  window_s: null,
  born_ms: 0,
  stuck_ms: 0,
  until_ms: null,
});

const TILES: Snapshot['tiles'] = {
  uptime_ms: 1_000,
  actors: 10_014,
  rooms: 0,
  sessions: 10_000,
  people: 9_000,
  messages_s: 0,
  handled_s: 0,
  wait_p99_us: null,
  restarts_minute: 0,
  crashes: 0,
  dead_letters: 0,
  imbalances: 0,
  memory_bytes: 1,
  observers: 1,
};

const LEDGER: Snapshot['ledger'] = {
  ms: 0,
  rooms: { posts: { accepted: 0, stored: 0 }, deliveries: { owed: 0, handed_over: 0 } },
  sessions: { sends: { accepted: 0, acked: 0 }, frames: { queued: 0, written: 0 } },
  audits: 0,
  imbalances: 0,
  holds: true,
};
