/** Carries own messages to the server: at once where it can, later where it must, each once. */
import { newId } from '../net/ids';
import { keep, kept, release, releaseAll } from '../net/keeper';
import { waitBeforeTry } from '../rules/backoff';
import * as outbox from '../rules/outbox';
import type { Ack, Failure, Message } from '../wire';

interface Wire {
  /** Writes one message to the socket; false where there is none. */
  deliver(parcel: outbox.Parcel): boolean;
  isJoined(room: string): boolean;
}

/** Refusals that pass: nothing was stored, and the same message may be later. */
const PASSING = new Set(['rate_limited', 'unavailable', 'not_joined']);
const SHORTEST_PAUSE_MS = 500;

export class Postman {
  parcels = $state.raw<outbox.Outbox>([]);
  #wire: Wire;
  #user: string | null = null;
  #resumed = Promise.resolve();
  #lastOrder = 0;
  #pausedUntil = 0;
  /** Passing refusals since the last message that got through. */
  #refusals = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Takes up what an earlier life of this page left unsent; done when all of it is here. */
  resumeFor(user: string): Promise<void> {
    if (this.#user !== user) {
      // Someone whom the server forgot comes back as another: what they wrote goes with them.
      if (this.#user !== null) releaseAll(this.#user);
      for (const parcel of this.parcels) keep(user, parcel);
      this.#user = user;
      this.#resumed = this.#takeUp(user);
    }
    return this.#resumed;
  }

  async #takeUp(user: string): Promise<void> {
    const found = await kept(user);
    // Signed out meanwhile.
    if (this.#user !== user) return;
    for (const parcel of found) this.parcels = outbox.put(this.parcels, parcel);
  }

  of(room: string): outbox.Parcel[] {
    return this.parcels.filter((parcel) => parcel.room === room);
  }

  /** The rooms that have to be joined for what waits. */
  get destinations(): string[] {
    return outbox.unsettled(this.parcels).map((parcel) => parcel.room);
  }

  post(room: string, body: string, replyTo?: number): void {
    const at = new Date();
    this.#lastOrder = Math.max(at.getTime(), this.#lastOrder + 1);
    const parcel: outbox.Parcel = {
      id: newId(),
      room,
      body,
      replyTo,
      at: at.toISOString(),
      order: this.#lastOrder,
      state: 'waiting',
    };
    this.parcels = outbox.put(this.parcels, parcel);
    if (this.#user !== null) keep(this.#user, parcel);
    this.pump();
  }

  /** Sends what is due, oldest first. */
  pump(): void {
    if (Date.now() < this.#pausedUntil) return;
    for (const parcel of outbox.due(this.parcels, (room) => this.#wire.isJoined(room))) {
      if (!this.#wire.deliver(parcel)) return;
      this.parcels = outbox.launched(this.parcels, parcel.id);
    }
  }

  acknowledged(ack: Ack, seenUpTo: number): void {
    this.parcels = outbox.stored(this.parcels, ack.id, ack.seq);
    this.#refusals = 0;
    this.#forget(ack.id);
    this.seen(ack.room, seenUpTo);
    this.pump();
  }

  /** An own message came back from the room: its row is a real one now. */
  echoed(message: Message): void {
    if (!this.parcels.some((parcel) => parcel.id === message.id)) return;
    this.parcels = outbox.drop(this.parcels, message.id);
    this.#forget(message.id);
  }

  seen(room: string, lastSeq: number): void {
    this.parcels = outbox.echoed(this.parcels, room, lastSeq);
  }

  turnedDown(id: string, failure: Failure): void {
    if (PASSING.has(failure.code)) {
      this.parcels = outbox.again(this.parcels, id);
      this.#refusals++;
      return this.#pause(
        failure.retry_after_ms ?? SHORTEST_PAUSE_MS + waitBeforeTry(this.#refusals),
      );
    }
    this.refuse(id, failure.message);
    this.pump();
  }

  refuse(id: string, reason: string): void {
    this.parcels = outbox.refused(this.parcels, id, reason);
    const parcel = this.parcels.find((held) => held.id === id);
    if (this.#user !== null && parcel) keep(this.#user, parcel);
  }

  retry(id: string): void {
    this.parcels = outbox.again(this.parcels, id);
    this.pump();
  }

  discard(id: string): void {
    this.parcels = outbox.drop(this.parcels, id);
    this.#forget(id);
  }

  disconnected(): void {
    this.parcels = outbox.disconnected(this.parcels);
  }

  /** Nothing of this person stays behind. */
  clear(): void {
    if (this.#user !== null) releaseAll(this.#user);
    this.parcels = [];
    this.#user = null;
  }

  #forget(id: string): void {
    if (this.#user !== null) release(this.#user, id);
  }

  #pause(ms: number): void {
    this.#pausedUntil = Date.now() + ms;
    setTimeout(() => this.pump(), ms + 1);
  }
}
