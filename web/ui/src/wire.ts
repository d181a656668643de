/**
 * The frames of the Greenroom protocol, version 1, as this page uses them: one JSON object a frame,
 * told apart by `type`. Unknown types and fields are no error; they belong to a newer server.
 */

export interface User {
  id: string;
  name: string;
}

export type Availability = 'online' | 'away' | 'dnd' | 'offline';

/** Somebody as lists of people show them. */
export interface Person extends User {
  /** Empty where nothing was chosen. */
  display_name: string;
  status_text: string;
  hue: number;
  status: Availability;
  last_seen?: string;
  guest: boolean;
  /** The direct room with them, where there is one. */
  direct?: { room: string; unread: number };
  /** Told to themselves only. */
  email?: string;
}

/** How reachable somebody is. */
export interface Reachable {
  user: User;
  status: Availability;
  last_seen?: string;
}

export type RoomKind = 'group' | 'private' | 'direct';

export type Role = 'owner' | 'moderator' | 'member';

export interface Member extends User {
  role: Role;
}

/** The newest message of a room, shortened for a list. */
export interface LastMessage {
  seq: number;
  user: User;
  body: string;
  at: string;
  /** Names that stand behind an `@` after what was left of it. */
  mentions?: string[];
}

/** One line of a person's list of rooms. */
export interface RoomRow {
  room: string;
  kind: RoomKind;
  title?: string | null;
  topic?: string | null;
  /** None where one may do what everybody may. */
  role?: Role | null;
  /** For how many seconds it keeps what is said; for ever without it. */
  retention_s?: number | null;
  last_seq: number;
  read_seq: number;
  unread: number;
  last?: LastMessage | null;
  with?: User | null;
  online_count?: number;
}

/** A room looked at: its row, and the first of its members. */
export interface RoomView extends RoomRow {
  members: Member[];
  member_count: number;
}

export interface Receipt {
  user: User | string;
  delivered: number;
  read: number;
}

/** What a person said. */
export interface Message {
  type: 'message';
  room: string;
  seq: number;
  id: string;
  user: User;
  body: string;
  at: string;
  reply_to?: number;
}

/** A coming or going in a private or direct room. */
export interface MemberEvent {
  type: 'member';
  room: string;
  seq: number;
  user: User;
  change: 'joined' | 'left' | 'added' | 'removed' | 'role';
  role?: Role | null;
  by?: User | null;
  at: string;
}

/** A change of the room itself. */
export interface RoomEvent {
  type: 'room';
  room: string;
  seq: number;
  change: 'created' | 'changed';
  title?: string | null;
  topic?: string | null;
  /** For how many seconds the room keeps what is said; for ever without it. */
  retention_s?: number | null;
  by?: User | null;
  at: string;
}

/** Somebody had said something here, and it is no more. */
export interface ErasedEvent {
  type: 'erased';
  room: string;
  seq: number;
}

/** A later kind: not shown, but its number counts. */
export interface UnknownEvent {
  type: 'unknown';
  room: string;
  seq: number;
  at: string;
}

/** Anything that stands in a room's log under a number. */
export type DurableEvent = Message | MemberEvent | RoomEvent | ErasedEvent | UnknownEvent;

export type Ref = number;

export type ClientFrame =
  | { type: 'hello'; ref?: Ref; guest?: string; token?: string }
  | { type: 'join'; ref?: Ref; room: string; since?: number; epoch?: Epoch; limit?: number }
  | { type: 'leave'; ref?: Ref; room: string }
  | { type: 'send'; ref?: Ref; room: string; id: string; body: string; reply_to?: number }
  | { type: 'typing'; room: string; on: boolean }
  | { type: 'delivered'; room: string; seq: number }
  | { type: 'read'; room: string; seq: number }
  | { type: 'history'; ref?: Ref; room: string; before?: number; after?: number; limit?: number }
  | { type: 'status'; status: Exclude<Availability, 'offline'> }
  | { type: 'ping'; ref?: Ref };

/** Names one life of a room's log; only ever compared and handed back. */
export type Epoch = string | number;

export interface Welcome {
  type: 'welcome';
  ref?: Ref;
  session: string;
  user: User;
  guest: boolean;
  token?: string;
  server_time: string;
  heartbeat_ms: number;
  limits?: { body_bytes?: number };
  rooms: RoomRow[];
}

export interface Joined {
  type: 'joined';
  ref?: Ref;
  room: string;
  kind: RoomKind;
  title?: string | null;
  topic?: string | null;
  role?: Role | null;
  /** For how many seconds it keeps what is said; for ever without it. */
  retention_s?: number | null;
  last_seq: number;
  read_seq: number;
  events: DurableEvent[];
  epoch: Epoch;
  first_seq: number;
  reset: boolean;
  more: boolean;
  online_count: number;
  online: User[];
  receipts: Receipt[];
}

export interface HistoryPage {
  type: 'history';
  ref?: Ref;
  room: string;
  events: DurableEvent[];
  more: boolean;
  first_seq: number;
}

export interface Ack {
  type: 'ack';
  ref?: Ref;
  room: string;
  id: string;
  seq: number;
  at: string;
}

export interface Presence {
  type: 'presence';
  room: string;
  online_count: number;
  joined: User[];
  left: User[];
}

/** The counts of a room that this socket has not joined. */
export interface Unread {
  type: 'unread';
  room: string;
  last_seq: number;
  read_seq: number;
  unread: number;
  last?: LastMessage | null;
}

/** All that somebody had said in a room up to a number was erased. */
export interface Forgotten {
  type: 'forgotten';
  room: string;
  user: string;
  up_to: number;
}

export interface Failure {
  type: 'error';
  ref?: Ref;
  code: string;
  message: string;
  retry_after_ms?: number;
}

export type ServerFrame =
  | Welcome
  | Joined
  | { type: 'events'; room: string; events: DurableEvent[]; more: boolean }
  | { type: 'left'; ref?: Ref; room: string; reason?: 'removed' | 'deleted' }
  | Ack
  | Message
  | MemberEvent
  | RoomEvent
  | ErasedEvent
  | Forgotten
  | { type: 'typing'; room: string; user: User; on: boolean }
  | ({ type: 'receipt'; room: string } & Receipt)
  | Presence
  | Unread
  | { type: 'rooms'; rooms: RoomRow[]; gone: string[] }
  | { type: 'people'; users: Reachable[] }
  | HistoryPage
  | { type: 'pong'; ref?: Ref }
  | Failure
  | UnknownEvent;

const KNOWN = new Set(
  [
    'welcome joined events left ack message member room erased forgotten typing receipt',
    'presence unread rooms people history pong error',
  ]
    .join(' ')
    .split(' '),
);

/** Reads one text frame; `null` for what this page has no use for. */
export function parseFrame(text: string): ServerFrame | null {
  const frame: unknown = JSON.parse(text);
  if (typeof frame !== 'object' || frame === null || !('type' in frame)) return null;
  if (KNOWN.has(String(frame.type))) return withKnownEvents(frame as ServerFrame);
  return isNumbered(frame) ? asUnknown(frame) : null;
}

/** Within a list of events, a kind of a later version keeps its place but loses its shape. */
function withKnownEvents(frame: ServerFrame): ServerFrame {
  if (!('events' in frame)) return frame;
  return { ...frame, events: frame.events.map((e) => (isDurable(e.type) ? e : asUnknown(e))) };
}

const DURABLE = new Set(['message', 'member', 'room', 'erased']);

function isDurable(type: string): boolean {
  return DURABLE.has(type);
}

function isNumbered(frame: object): frame is UnknownEvent {
  return 'room' in frame && 'seq' in frame && typeof frame.seq === 'number';
}

function asUnknown(event: { room: string; seq: number; at?: string }): UnknownEvent {
  return { type: 'unknown', room: event.room, seq: event.seq, at: event.at ?? '' };
}
