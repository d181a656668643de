/** Keeps the list and the opened rooms on this device, and shows them before there is a connection. */
import { correctRooms, keepRoom, keepRows, keptRoom, keptRows, releaseShelf } from '../net/shelf';
import { shelved, withoutAuthor } from '../rules/shelf';
import type { RoomRow } from '../wire';
import type { Lobby } from './lobby.svelte';
import type { Room } from './room.svelte';

const PAUSE_MS = 500;

export class Shelf {
  #user: string | null = null;
  #due = new Map<string, ReturnType<typeof setTimeout>>();

  /** The list as it was last seen, until the server tells the real one. */
  async resumeFor(user: string, lobby: Lobby): Promise<void> {
    this.#user = user;
    const rows = await keptRows(user);
    if (rows && this.#user === user && lobby.rows.length === 0) lobby.replaced(rows);
  }

  /** A room as it was last seen. Once it is asked for, only the server knows it. */
  async restore(room: Room): Promise<void> {
    if (this.#user === null) return;
    const timeline = await keptRoom(this.#user, room.id);
    const untouched = room.timeline.epoch === null && room.link === 'apart';
    if (timeline && untouched) room.timeline = timeline;
  }

  keepRows(rows: readonly RoomRow[]): void {
    if (rows.length > 0) this.#soon('', (user) => keepRows(user, rows));
  }

  keep(room: Room): void {
    const timeline = shelved(room.timeline);
    if (timeline) this.#soon(room.id, (user) => keepRoom(user, room.id, timeline));
  }

  /** What somebody had said until now is kept no longer, in whatever room. */
  async forgotten(author: string): Promise<void> {
    const user = this.#user;
    if (user !== null) await correctRooms(user, (room) => withoutAuthor(room, author));
  }

  /** Nothing of this person stays behind. */
  clear(): void {
    this.#due.forEach((timer) => clearTimeout(timer));
    this.#due.clear();
    if (this.#user !== null) void releaseShelf(this.#user);
    this.#user = null;
  }

  #soon(what: string, keep: (user: string) => unknown): void {
    clearTimeout(this.#due.get(what));
    const user = this.#user;
    if (user === null) return;
    this.#due.set(
      what,
      setTimeout(() => keep(user), PAUSE_MS),
    );
  }
}
