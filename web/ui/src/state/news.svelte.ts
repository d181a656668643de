/** Says at once that one was brought somewhere, or put out. */
import { labelOf } from '../rules/rooms';
import { rooms as texts } from '../texts/rooms';
import type { RoomRow } from '../wire';
import type { Acts } from './acts.svelte';
import type { Lobby } from './lobby.svelte';
import type { Rooms } from './rooms.svelte';
import type { Toasts } from './toasts.svelte';

interface Parts {
  lobby: Lobby;
  rooms: Rooms;
  acts: Acts;
  toasts: Toasts;
}

export class News {
  #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The list changes; asked before it has. */
  ofList(rows: readonly RoomRow[], gone: readonly string[]): void {
    const { lobby } = this.#parts;
    for (const row of rows) if (!lobby.row(row.room)) this.#came(row);
    for (const id of gone) {
      const row = lobby.row(id);
      if (row) this.#went(row);
    }
  }

  #came(row: RoomRow): void {
    const { rooms, toasts } = this.#parts;
    const closed = rooms.current?.id === row.room && rooms.current.trouble !== null;
    if (closed) rooms.show(row.room);
    else if (row.kind === 'private' && row.role === 'member') {
      toasts.tell(texts.added(labelOf(row)), row.room);
    }
  }

  /** Whoever looks at the room sees it there; whoever left it knows. */
  #went(row: RoomRow): void {
    const { rooms, acts, toasts } = this.#parts;
    if (rooms.current?.id === row.room || acts.went(row.room)) return;
    toasts.tell(texts.gone(labelOf(row)));
  }
}
