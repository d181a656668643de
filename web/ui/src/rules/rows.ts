/** Turns a room's events and the own messages on their way into the rows of the list. */
import type { DurableEvent, Message, RoomEvent, User } from '../wire';
import { continues, isNotice, sentenceOf, type NoticeEvent } from './notices';
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
  /** The number of the message that it answers. */
  replyTo?: number;
  /** Its number in the log; none while it has no echo. */
  seq?: number;
  parcel?: Parcel;
}

export interface NoticeRow {
  kind: 'notice';
  key: string;
  sentence: string;
  /** Unknown of what was erased: it stands under the day of what is before it. */
  at: string | null;
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
  const firstNew = newSince === null ? null : firstNewOf(events, newSince, me, complete);
  const notices = new Notices(me);
  for (const event of events) {
    if (event.type === 'unknown') continue;
    if (isNotice(event)) {
      const row = notices.rowOf(event);
      if (row) add(rows, row);
      continue;
    }
    notices.interrupted();
    if (event.user.id === me.id) echoed.add(event.id);
    if (event === firstNew) rows.push({ kind: 'new', key: 'new' });
    add(rows, messageRow(event, me));
  }
  for (const parcel of parcels) if (!echoed.has(parcel.id)) add(rows, parcelRow(parcel, me));
  return rows;
}

/** Nothing while it may lie further up than what is held. */
function firstNewOf(
  events: readonly DurableEvent[],
  newSince: number,
  me: User,
  complete: boolean,
): DurableEvent | null {
  if (events[0] === undefined || (!complete && events[0].seq > newSince + 1)) return null;
  const isNew = (event: DurableEvent): boolean =>
    event.seq > newSince && event.type === 'message' && event.user.id !== me.id;
  return events.find(isNew) ?? null;
}

/** Adds a row, after a day separator where a new day begins. */
function add(rows: Row[], row: MessageRow | NoticeRow): void {
  const before = rows.at(-1);
  const dated = rows.findLast((row) => timeOf(row) !== null);
  const at = timeOf(row);
  if (at === null) {
    rows.push(row);
    return;
  }
  if (dayOf(at) !== dayOf(timeOf(dated))) {
    rows.push({ kind: 'day', key: `day/${row.key}`, at });
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
  const { user, body, at, seq, id, reply_to: replyTo } = message;
  return {
    kind: 'message',
    key: keyOf(user, id),
    user,
    body,
    at,
    replyTo,
    seq,
    head: true,
    mine: user.id === me.id,
  };
}

/** The same key as its echo will have, so that the echo takes its place without a flicker. */
function parcelRow(parcel: Parcel, me: User): MessageRow {
  const { id, body, at, replyTo, seq } = parcel;
  return {
    kind: 'message',
    key: keyOf(me, id),
    user: me,
    body,
    at,
    replyTo,
    seq,
    head: true,
    mine: true,
    parcel,
  };
}

/** Gathers what follows each other and is of one kind into one row. */
class Notices {
  #me: User;
  #row: NoticeRow | null = null;
  #gathered: NoticeEvent[] = [];
  /** What the room was called last. */
  #known: RoomEvent | undefined;

  constructor(me: User) {
    this.#me = me;
  }

  interrupted(): void {
    this.#row = null;
  }

  /** The row to add; none where the last one says it too, or there is nothing to say. */
  rowOf(event: NoticeEvent): NoticeRow | null {
    const last = this.#gathered.at(-1);
    if (this.#row !== null && last && continues(last, event)) {
      this.#gathered.push(event);
      this.#row.sentence = sentenceOf(this.#gathered, this.#me);
      return null;
    }
    this.#gathered = [event];
    const sentence = sentenceOf(this.#gathered, this.#me, this.#known);
    if (event.type === 'room') this.#known = event;
    if (sentence === '') return null;
    const at = event.type === 'erased' ? null : event.at;
    this.#row = { kind: 'notice', key: `event/${event.seq}`, sentence, at };
    return this.#row;
  }
}

/** Ids are made by clients, so only together with their maker are they unique. */
function keyOf(user: User, id: string): string {
  return `${user.id}/${id}`;
}

function timeOf(row: Row | undefined): string | null {
  if (row === undefined || row.kind === 'beginning' || row.kind === 'new') return null;
  return row.at;
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
