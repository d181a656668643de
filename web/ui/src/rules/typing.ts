/** When to say that one types, and who of the others does. */
import type { User } from '../wire';

/** The server forgets a typist 3 s after the last sign. */
const REPEAT_MS = 2_000;
/** A sign whose end was lost on the way goes by itself. */
const STALE_MS = 6_000;

/** One's own signs: on with the first character, again at most every two seconds, off on empty. */
export class TypingSigns {
  #lastOn: number | null = null;

  /** The text changed: the sign to send, if any. */
  changed(text: string, now: number): boolean | null {
    if (text.trim() === '') return this.stopped();
    if (this.#lastOn !== null && now - this.#lastOn < REPEAT_MS) return null;
    this.#lastOn = now;
    return true;
  }

  /** The message was sent or the room left. */
  stopped(): false | null {
    if (this.#lastOn === null) return null;
    this.#lastOn = null;
    return false;
  }
}

export interface Typist {
  readonly user: User;
  readonly until: number;
}

export type Typists = readonly Typist[];

/** A sign of someone else arrived. */
export function signed(typists: Typists, user: User, on: boolean, now: number): Typists {
  const others = typists.filter((typist) => typist.user.id !== user.id);
  return on ? [...others, { user, until: now + STALE_MS }] : others;
}

export function withoutStale(typists: Typists, now: number): Typists {
  const fresh = typists.filter((typist) => typist.until > now);
  return fresh.length === typists.length ? typists : fresh;
}
