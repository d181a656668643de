/** Messages that are answered, and lie further up than what is held. */
import { SvelteMap } from 'svelte/reactivity';
import { readEvent } from '../net/lookup';
import { eventAt } from '../rules/timeline';
import type { Message } from '../wire';
import type { Room } from './room.svelte';

export class Quotes {
  #token: () => string | null;
  /** `null` for what is asked for, or can't be had. */
  #fetched = new SvelteMap<string, Message | null>();

  constructor(token: () => string | null) {
    this.#token = token;
  }

  /** The message under a number, as far as it is known here. */
  find(room: Room, seq: number): Message | null {
    const event = eventAt(room.timeline, seq) ?? this.#fetched.get(`${room.id}/${seq}`);
    return event?.type === 'message' ? event : null;
  }

  /** Asks for it once, where it is not held. */
  want(room: Room, seq: number): void {
    const key = `${room.id}/${seq}`;
    const token = this.#token();
    if (token === null || eventAt(room.timeline, seq) || this.#fetched.has(key)) return;
    this.#fetched.set(key, null);
    void readEvent(token, room.id, seq).then((event) => {
      if (event?.type === 'message') this.#fetched.set(key, event);
    });
  }

  clear(): void {
    this.#fetched.clear();
  }
}
