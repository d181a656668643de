/** Messages that are answered, and lie further up than what is held. */
import { SvelteMap } from 'svelte/reactivity';
import { readEvent } from '../net/api';
import { eventAt } from '../rules/timeline';
import type { ErasedEvent, Message } from '../wire';
import type { Room } from './room.svelte';

export class Quotes {
  #token: () => string | null;
  /** `null` for what is asked for, or can't be had. */
  #fetched = new SvelteMap<string, Message | ErasedEvent | null>();

  constructor(token: () => string | null) {
    this.#token = token;
  }

  /** The message under a number, as far as it is known here. */
  find(room: Room, seq: number): Message | ErasedEvent | null {
    const event = eventAt(room.timeline, seq) ?? this.#fetched.get(`${room.id}/${seq}`);
    return event?.type === 'message' || event?.type === 'erased' ? event : null;
  }

  /** Asks for it once, where it is not held. */
  want(room: Room, seq: number): void {
    const key = `${room.id}/${seq}`;
    const token = this.#token();
    if (token === null || eventAt(room.timeline, seq) || this.#fetched.has(key)) return;
    this.#fetched.set(key, null);
    void readEvent(token, room.id, seq).then(({ done }) => {
      const event = done?.events.find((event) => event.seq === seq);
      if (event?.type === 'message' || event?.type === 'erased') this.#fetched.set(key, event);
    });
  }

  /** What somebody had said is no more, also where it is quoted. */
  forgotten(user: string): void {
    for (const [key, event] of this.#fetched) {
      if (event?.type !== 'message' || event.user.id !== user) continue;
      this.#fetched.set(key, { type: 'erased', room: event.room, seq: event.seq });
    }
  }

  clear(): void {
    this.#fetched.clear();
  }
}
