/** What the observatory and the server say to each other; docs/protocol.md has it in words. */

export type Kind =
  | 'engine'
  | 'store'
  | 'presence'
  | 'lobby'
  | 'rooms'
  | 'sessions'
  | 'shard'
  | 'room'
  | 'relay'
  | 'session';

export type State =
  'starting' | 'idle' | 'busy' | 'backlogged' | 'restarting' | 'stopped' | 'escalated';

/** One actor. Times ending in `_ms` are of the server's clock, from its start. */
export interface Row {
  name: string;
  kind: Kind;
  parent: string | null;
  state: State;
  mailbox: number;
  high: number;
  capacity: number;
  in_s: number;
  p99_us: number | null;
  slowest_us: number | null;
  wait_p99_us: number | null;
  restarts: number;
  in_window: number | null;
  limit: number | null;
  window_s: number | null;
  born_ms: number;
  stuck_ms: number;
  until_ms: number | null;
}

/** What has changed of one actor; all of it where the name is new. */
export type RowChange = Partial<Row> & { name: string };

/** Children that are too many to tell one by one. */
export interface Fold {
  name: string;
  count: number;
  listed: boolean;
  mailbox: number;
  worst_mailbox: number;
  in_s: number;
  troubled: number;
  worst: string[];
}

export interface Tiles {
  uptime_ms: number;
  actors: number;
  rooms: number;
  sessions: number;
  people: number;
  messages_s: number;
  handled_s: number;
  wait_p99_us: number | null;
  restarts_minute: number;
  crashes: number;
  dead_letters: number;
  imbalances: number;
  memory_bytes: number;
  observers: number;
}

export type EventKind =
  | 'spawn'
  | 'stop'
  | 'crash'
  | 'decision'
  | 'restart'
  | 'caught_up'
  | 'quarantine'
  | 'escalate'
  | 'dead_letter'
  | 'lab'
  | 'sessions';

export interface LifeEvent {
  n: number;
  ms: number;
  at: string;
  actor: string;
  kind: EventKind;
  text: string;
  cause: string | null;
  story: number | null;
}

export interface Step {
  /** Since the crash. */
  ms: number;
  what: string;
  text: string;
}

export type Outcome = 'open' | 'recovered' | 'quarantined' | 'escalated' | 'ended' | 'unfinished';

export interface Story {
  n: number;
  /** Told by an earlier process: its `ms` are of that one's clock. */
  earlier: boolean;
  actor: string;
  kind: Kind;
  at: string;
  ms: number;
  cause: string;
  by_lab: boolean;
  command: string | null;
  people: number;
  sessions: number;
  steps: Step[];
  /** From the crashed one up to the supervisor that decided. */
  path: string[];
  touched: string[];
  touched_count: number;
  outcome: Outcome;
  took_ms: number | null;
  restored_events: number | null;
  replayed: number | null;
  lost: number | null;
  doubled: number | null;
  waited: number | null;
  end: string | null;
  capsule: string | null;
}

/** Counts, and counts of counts: what came in, and what became of it. */
export type Account = { [name: string]: number | Account };

export interface Ledger {
  ms: number;
  rooms: { posts: Account; deliveries: Account };
  sessions: { sends: Account; frames: Account };
  audits: number;
  imbalances: number;
  holds: boolean;
}

export interface Policy {
  restart: 'never' | 'permanent' | 'transient' | 'temporary';
  limit?: number;
  window_s?: number;
  then?: string;
  quarantine_s?: number;
}

export interface Snapshot {
  type: 'snapshot';
  n: number;
  ms: number;
  at: string;
  started_at: string;
  lab: boolean;
  per_second: number;
  tiles: Tiles;
  policies: Partial<Record<Kind, Policy>>;
  actors: Row[];
  folds: Fold[];
  events: LifeEvent[];
  stories: Story[];
  ledger: Ledger;
  drill: Drill | null;
}

/** What is missing has not changed. */
export interface Delta {
  type: 'delta';
  n: number;
  ms: number;
  tiles?: Partial<Tiles>;
  actors?: RowChange[];
  gone?: string[];
  folds?: Fold[];
  events?: LifeEvent[];
  skipped_events?: number;
  stories?: Story[];
  ledger?: Ledger;
}

/** `buckets[0]` is below 1 µs, `buckets[i]` from 2^(i−1) to below 2^i µs. */
export interface Histogram {
  unit: string;
  count: number;
  buckets: number[];
}

export interface Detail {
  type: 'detail';
  ms: number;
  actor: string;
  alive: boolean;
  /** Missing, as all below, where nobody of that name lives. */
  row?: Row;
  supervisor?: string | null;
  strategy?: string;
  children?: number;
  handled?: number;
  handling?: Histogram;
  waiting?: Histogram;
  last?: { kind: string; bytes: number }[];
  summary?: Record<string, string | number | boolean | null>;
  ledger?: ({ balances: boolean } & Record<string, Account | boolean>) | null;
  stories: number[];
}

export interface Listing {
  type: 'list';
  below: string | null;
  search: string;
  troubled: boolean;
  page: number;
  pages: number;
  total: number;
  names: string[];
}

export interface DrillReport {
  attempts: number;
  acknowledged: number;
  lost: number;
  duplicated: number;
  reordered: number;
  gaps: number;
  ghosts: number;
  leaked: number;
  imbalances: number;
}

export interface DrillResult {
  drill: string;
  verdict?: string;
  seed?: number;
  took_ms?: number;
  report?: DrillReport;
  median_ms?: number | null;
  max_ms?: number | null;
  breaches?: string[];
  notes?: string[];
  reason?: string;
}

export type DrillState = 'running' | 'passed' | 'failed' | 'skipped' | 'error' | 'stopped';

export interface Drill {
  type: 'drill';
  drill: string;
  state: DrillState;
  step: number;
  /** 0 where it is not known yet. */
  of: number;
  elapsed_ms: number;
  result: DrillResult | null;
}

export interface Complaint {
  type: 'error';
  code: string;
  message: string;
}

export type Told = Snapshot | Delta | Detail | Listing | Drill | Complaint;

/** Which actors the page wants to have by name. */
export interface ListWish {
  below?: string;
  search?: string;
  kind?: Kind;
  troubled?: boolean;
  page?: number;
}

export type Asked =
  | { type: 'rate'; per_second: number }
  | { type: 'pause'; on: boolean }
  | { type: 'snapshot' }
  | { type: 'look'; actor?: string }
  | ({ type: 'list' } & ListWish)
  | { type: 'audit' };

/** Who will be touched by what somebody is about to do. */
export interface BlastRadius {
  actor: string;
  kind: Kind;
  supervisor: string | null;
  people: number;
  sessions: number;
  rooms: string[];
  rooms_count: number;
  restarts: string[];
  restarts_count: number;
  sockets_closed: number;
  process_ends: boolean;
  in_window: number | null;
  limit: number | null;
  window_s: number | null;
  next: 'restart' | 'quarantine' | 'escalate' | 'never';
  text: string;
}

export interface DrillKind {
  name: string;
  does: string;
  needs: string;
}

const TYPES: readonly string[] = ['snapshot', 'delta', 'detail', 'list', 'drill', 'error'];

/** `null` for what this page does not know, which a newer server may say. */
export function parseTold(text: string): Told | null {
  try {
    const told = JSON.parse(text) as { type?: unknown } | null;
    return TYPES.includes(String(told?.type)) ? (told as Told) : null;
  } catch {
    return null;
  }
}
