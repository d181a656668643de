/** Turns a room's events and the own messages on their way into the rows of the list. */
import type { DurableEvent, MemberEvent, Message, RoomEvent, User } from '../wire';
import type { Parcel } from './outbox';

/** A message by the same person within this time stands under the same name. */
const GROUP_MS = 5 * 60_000;

export interface MessageRow {
  kind: 'message';
  key: string;
  user: User;
  body: string;
  at: string;
  mine: boolean;
  /** The first of its group shows the name. */
  head: boolean;
  /** Its number in the log; none while it has no echo. */
  seq?: number;
  parcel?: Parcel;
}

export interface NoticeRow {
  kind: 'notice';
  key: string;
  event: MemberEvent | RoomEvent;
}

export type Row =
  | { kind: 'beginning'; key: string }
  | { kind: 'day'; key: string; at: string }
  | { kind: 'new'; key: string }
  | NoticeRow
  | MessageRow;

export interface RowSource {
  events: readonly DurableEvent[];
  /** The own messages of this room that are on their way. */
  parcels: readonly Parcel[];
  me: User;
  /** Whether the oldest event held is the first of the room. */
  complete: boolean;
  /** What comes after this number is new to the reader. */
  newSince?: number | null;
}

export function rowsOf({ events, parcels, me, complete, newSince = null }: RowSource): Row[] {
  const rows: Row[] = complete ? [{ kind: 'beginning', key: 'beginning' }] : [];
  const echoed = new Set<string>();
  const firstNew = newSince === null ? null : firstNewOf(events, newSince, me);
  for (const event of events) {
    if (event.type === 'unknown') continue;
    if (event.type === 'message' && event.user.id === me.id) echoed.add(event.id);
    if (event === firstNew) rows.push({ kind: 'new', key: 'new' });
    add(rows, event.type === 'message' ? messageRow(event, me) : noticeRow(event));
  }
  for (const parcel of parcels) if (!echoed.has(parcel.id)) add(rows, parcelRow(parcel, me));
  return rows;
}

/** Nothing while it may lie further up than what is held. */
function firstNewOf(
  events: readonly DurableEvent[],
  newSince: number,
  me: User,
): DurableEvent | null {
  if (events[0] === undefined || events[0].seq > newSince + 1) return null;
  const isNew = (event: DurableEvent): boolean =>
    event.seq > newSince && event.type === 'message' && event.user.id !== me.id;
  return events.find(isNew) ?? null;
}

/** Adds a row, after a day separator where a new day begins. */
function add(rows: Row[], row: MessageRow | NoticeRow): void {
  const before = rows.at(-1);
  const marked = before?.kind === 'new';
  const dated = marked ? rows.at(-2) : before;
  const at = timeOf(row);
  if (dayOf(at) !== dayOf(timeOf(dated))) {
    rows.push({ kind: 'day', key: `day/${row.key}`, at: at ?? '' });
  } else if (row.kind === 'message' && before?.kind === 'message') {
    row.head = !belongsTo(row, before);
  }
  rows.push(row);
}

function belongsTo(row: MessageRow, before: MessageRow): boolean {
  const apart = Date.parse(row.at) - Date.parse(before.at);
  return row.user.id === before.user.id && apart < GROUP_MS;
}

function messageRow(message: Message, me: User): MessageRow {
  const { user, body, at, seq, id } = message;
  return {
    kind: 'message',
    key: keyOf(user, id),
    user,
    body,
    at,
    seq,
    head: true,
    mine: user.id === me.id,
  };
}

/** The same key as its echo will have, so that the echo takes its place without a flicker. */
function parcelRow(parcel: Parcel, me: User): MessageRow {
  const { id, body, at, seq } = parcel;
  return {
    kind: 'message',
    key: keyOf(me, id),
    user: me,
    body,
    at,
    seq,
    head: true,
    mine: true,
    parcel,
  };
}

function noticeRow(event: MemberEvent | RoomEvent): NoticeRow {
  return { kind: 'notice', key: `event/${event.seq}`, event };
}

/** Ids are made by clients, so only together with their maker are they unique. */
function keyOf(user: User, id: string): string {
  return `${user.id}/${id}`;
}

function timeOf(row: Row | undefined): string | null {
  if (row === undefined || row.kind === 'beginning' || row.kind === 'new') return null;
  return row.kind === 'notice' ? row.event.at : row.at;
}

const MOST_DAYS_KEPT = 5_000;
const days = new Map<string, string>();

/**
 * The calendar day in the reader's own zone. Asked for each message at each new one, so the answer
 * is kept by the minute, the finest step in which zones differ.
 */
function dayOf(at: string | null): string | null {
  if (at === null) return null;
  const minute = at.slice(0, 16);
  const known = days.get(minute);
  if (known !== undefined) return known;
  if (days.size >= MOST_DAYS_KEPT) days.clear();
  const day = new Date(at).toDateString();
  days.set(minute, day);
  return day;
}
