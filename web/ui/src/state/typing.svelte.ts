/** Who types in which room, also in those that are not opened. */
import { signed, withoutStale, type Typists } from '../rules/typing';
import type { User } from '../wire';

const NOBODY: Typists = [];

export class Typing {
  #byRoom = $state.raw<ReadonlyMap<string, Typists>>(new Map());

  in(room: string): Typists {
    return this.#byRoom.get(room) ?? NOBODY;
  }

  signed(room: string, user: User, on: boolean): void {
    const before = this.in(room);
    if (on || before.length > 0) this.#put(room, signed(before, user, on, Date.now()));
  }

  forgetStale(): void {
    for (const [room, typists] of this.#byRoom) {
      const fresh = withoutStale(typists, Date.now());
      if (fresh !== typists) this.#put(room, fresh);
    }
  }

  /** Nobody is heard any more: of all rooms, or of one. */
  clear(room?: string): void {
    if (room === undefined) this.#byRoom = new Map();
    else if (this.in(room).length > 0) this.#put(room, NOBODY);
  }

  #put(room: string, typists: Typists): void {
    const byRoom = new Map(this.#byRoom);
    if (typists.length === 0) byRoom.delete(room);
    else byRoom.set(room, typists);
    this.#byRoom = byRoom;
  }
}
