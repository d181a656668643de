/** A person's list of rooms: its rows, their order, their counts. */
import type { DurableEvent, RoomRow } from '../wire';

const SLUG = /^[a-z0-9][a-z0-9-]{0,63}$/;
const PREVIEW_CHARACTERS = 120;

/** Makes a room's id out of what a person typed; `null` where nothing usable is left. */
export function slug(typed: string): string | null {
  const room = typed
    .trim()
    .replace(/^#/, '')
    .toLowerCase()
    .replace(/[\s_]+/g, '-');
  return SLUG.test(room) ? room : null;
}

/** Whether the server gave this id: private rooms and chats have such that nobody can guess. */
export function isUnguessable(room: string): boolean {
  return /^[rd]-[0-9a-f]{32}$/.test(room);
}

export function title(row: Pick<RoomRow, 'room' | 'kind' | 'title' | 'with'>): string {
  if (row.kind === 'direct' && row.with) return row.with.name;
  return row.title || row.room;
}

/** As it is spoken of: group rooms by their sign. */
export function labelOf(row: Pick<RoomRow, 'room' | 'kind' | 'title' | 'with'>): string {
  return row.kind === 'direct' ? title(row) : `#${title(row)}`;
}

/** Rows that came replace those of the same room; those that went are taken out. */
export function merged(
  rows: readonly RoomRow[],
  changed: readonly RoomRow[],
  gone: readonly string[] = [],
): RoomRow[] {
  const byRoom = new Map(rows.map((row) => [row.room, row]));
  for (const row of changed) byRoom.set(row.room, { ...byRoom.get(row.room), ...row });
  for (const room of gone) byRoom.delete(room);
  return newestFirst([...byRoom.values()]);
}

/** The row after something happened in the room: its preview and its last number. */
export function withEvent(row: RoomRow, event: DurableEvent): RoomRow {
  const last_seq = Math.max(row.last_seq, event.seq);
  if (event.type !== 'message' || event.seq < (row.last?.seq ?? 0)) return { ...row, last_seq };
  const { seq, user, at } = event;
  const body = [...event.body].slice(0, PREVIEW_CHARACTERS).join('');
  return { ...row, last_seq, last: { seq, user, body, at } };
}

/** The same with its count: an own message reads the room up to itself. */
export function afterEvent(row: RoomRow, event: DurableEvent, me: string | undefined): RoomRow {
  const after = withEvent(row, event);
  if (event.type !== 'message' || event.seq <= row.read_seq) return after;
  if (event.user.id === me) return { ...after, read_seq: event.seq, unread: 0 };
  return { ...after, unread: row.unread + 1 };
}

export function totalUnread(rows: readonly RoomRow[]): number {
  return rows.reduce((sum, row) => sum + row.unread, 0);
}

function newestFirst(rows: RoomRow[]): RoomRow[] {
  return rows.sort(
    (a, b) => (b.last?.at ?? '').localeCompare(a.last?.at ?? '') || a.room.localeCompare(b.room),
  );
}
