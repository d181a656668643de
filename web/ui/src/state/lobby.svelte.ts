/** The person's list of rooms and the public ones beside it. */
import { listRooms } from '../net/api';
import * as rooms from '../rules/rooms';
import { countUnread, oldestHeld } from '../rules/timeline';
import type { DurableEvent, Joined, RoomRow, Unread } from '../wire';
import type { Room } from './room.svelte';

export class Lobby {
  rows = $state.raw<RoomRow[]>([]);
  publicRows = $state.raw<RoomRow[]>([]);
  unread = $derived(rooms.totalUnread(this.rows));
  /** Public rooms that are not on the person's list. */
  open = $derived(this.publicRows.filter((row) => row.kind === 'group' && !this.row(row.room)));
  #known = $derived(new Set([...this.rows, ...this.publicRows].map((row) => row.room)));
  /** Whether the room that one looks at had something unread when one came. */
  openedUnread = $state(false);

  row(room: string): RoomRow | undefined {
    return this.rows.find((row) => row.room === room);
  }

  /** Whether it is on the person's list, or public. */
  knows(room: string): boolean {
    return this.#known.has(room);
  }

  /** Where one was before, the last first. */
  visits: readonly string[] = [];

  visit(room: string | null): void {
    if (room !== null) this.visits = [room, ...this.visits.filter((visited) => visited !== room)];
    this.openedUnread = room !== null && (this.row(room)?.unread ?? 0) > 0;
  }

  /** A new connection tells the whole list. */
  replaced(rows: RoomRow[]): void {
    this.rows = rooms.merged([], rows);
  }

  listed(changed: RoomRow[], gone: string[] = []): void {
    this.rows = rooms.merged(this.rows, changed, gone);
  }

  joined(room: Room, frame: Joined, me: string | undefined): void {
    const { kind, title, topic, role, last_seq, read_seq } = frame;
    const known = this.row(room.id);
    const held = countUnread(room.timeline, read_seq, me);
    // Where the first unread one was not sent along, the server's own count is the better one.
    const unread =
      oldestHeld(room.timeline) > read_seq + 1 ? Math.max(held, known?.unread ?? 0) : held;
    const said = { kind, title, topic, role, last_seq, read_seq };
    const row = { ...known, room: room.id, ...said, unread };
    const last = room.timeline.events.findLast((event) => event.type === 'message');
    this.listed([last ? rooms.withEvent(row, last) : row]);
  }

  /** The server's count, for a room that is not heard or was read on another device. */
  counted({ room, last_seq, read_seq, unread, last }: Unread): void {
    this.#changed(room, (row) => ({ ...row, last_seq, read_seq, unread, last: last ?? row.last }));
  }

  /** Something happened in a room that is heard. */
  arrived(event: DurableEvent, me: string | undefined): void {
    this.#changed(event.room, (row) => rooms.afterEvent(row, event, me));
  }

  /** A room that is heard was read up to a number, here or on another device. */
  read(room: Room, seq: number, me: string | undefined): void {
    this.#changed(room.id, (row) => {
      if (row.read_seq >= seq) return row;
      return { ...row, read_seq: seq, unread: countUnread(room.timeline, seq, me) };
    });
  }

  /** What somebody had said is no more, in whatever room. */
  forgotten(user: string): void {
    const without = (row: RoomRow): RoomRow =>
      row.last?.user.id === user ? { ...row, last: null } : row;
    this.rows = this.rows.map(without);
    this.publicRows = this.publicRows.map(without);
  }

  async refreshPublic(token: string): Promise<void> {
    const { done } = await listRooms(token);
    if (done) this.publicRows = done.rooms;
  }

  clear(): void {
    this.rows = this.publicRows = [];
    this.visits = [];
  }

  #changed(room: string, change: (row: RoomRow) => RoomRow): void {
    const row = this.row(room);
    if (!row) return;
    const after = change(row);
    if (after !== row) this.rows = rooms.merged(this.rows, [after]);
  }
}
