/** Who this page is to the server: how one comes in, becomes somebody with an account, and leaves. */
import * as api from '../net/api';
import type { Outcome } from '../net/http';
import * as identity from '../net/identity';
import { entry } from '../texts/entry';
import type { User, Welcome } from '../wire';

export type Way = 'guest' | 'sign-in' | 'register';

/** What lies behind the entrance. */
export interface Inside {
  connect(): void;
  disconnect(): void;
  /** Who is expected, before the server has said so. */
  expect(user: User | null): void;
  /** Nothing of whoever was here stays for the next one. */
  forgetPerson(): void;
}

export class Entrance {
  way = $state<Way>('guest');
  /** What to say beside the name, or above the form. */
  refusal = $state<string | null>(null);
  entering = $state(false);
  /** Without an account. */
  guest = $state(true);
  thisTabOnly = $state(false);
  token = $state.raw<string | null>(null);
  guestName = '';

  #inside: Inside;
  /** Whose things are still here. */
  #last: User | null = null;
  /** While a guest registers, their sockets close before the answer comes. */
  #becoming = false;

  constructor(inside: Inside) {
    this.#inside = inside;
  }

  open(): void {
    identity.onChangedElsewhere((now) => this.#changedElsewhere(now));
    const known = identity.remembered();
    const linked = identity.nameInLink();
    this.thisTabOnly = known !== null && identity.isOfThisTab();
    if (known !== null) this.#adopt(known);
    else if (linked !== null) this.enter(linked);
  }

  enter(name: string): void {
    // What someone left unsent is not for another to send, nor what they read for another to see.
    if (name !== this.guestName) this.#forgetPerson();
    this.guestName = name;
    this.guest = true;
    this.refusal = null;
    this.entering = true;
    this.#inside.connect();
  }

  async signIn(email: string, password: string): Promise<Outcome<api.SignedIn>> {
    const outcome = await api.signIn(email, password);
    if (outcome.done) this.#arrive(outcome.done);
    return outcome;
  }

  /** A guest stays who they are: the same rooms, the same unread messages. */
  async register(form: api.Registration): Promise<Outcome<api.SignedIn>> {
    this.#becoming = true;
    const outcome = await api.register(this.guest ? this.token : null, form);
    this.#becoming = false;
    if (outcome.done) this.#arrive(outcome.done);
    else if (this.token !== null) this.#inside.connect();
    return outcome;
  }

  welcomed(frame: Welcome): void {
    this.#last = frame.user;
    this.guest = frame.guest;
    this.token = frame.token ?? this.token;
    this.entering = false;
    this.refusal = null;
    this.#remember(frame.user);
  }

  renamed({ id, name }: User): void {
    if (this.token === null) return;
    this.#arrive({ user: { id, name }, token: this.token });
  }

  signOut(): void {
    if (this.token !== null) {
      void api.endSession(this.token);
      identity.forget(this.token);
    }
    this.#leave();
    // With `?name=` still in the address the next reload would enter again.
    history.replaceState(null, '', location.pathname);
  }

  /** The server said no to who we say we are. */
  turnedAway(reason: string): void {
    this.#inside.disconnect();
    if (this.#becoming) return;
    const other = identity.remembered();
    if (other !== null && other.token !== this.token) return this.#adopt(other);
    const known = this.token;
    if (known !== null) identity.lapse(known);
    this.token = null;
    this.entering = false;
    this.#inside.expect(null);
    if (known === null) this.refusal = reason;
    else if (this.guest) this.#forgotten(reason);
    else {
      this.way = 'sign-in';
      this.refusal = entry.ended;
    }
  }

  /** A name in the link asks to enter without a question, also after the server forgot the guest. */
  #forgotten(reason: string): void {
    this.guestName = this.#last?.name ?? this.guestName;
    if (identity.nameInLink() !== null) this.enter(this.guestName);
    else this.refusal = reason;
  }

  #adopt(known: identity.Identity): void {
    if (this.#last !== null && this.#last.id !== known.user.id) this.#forgetPerson();
    this.#last = known.user;
    this.token = known.token;
    this.guest = known.guest !== false;
    this.refusal = null;
    this.#inside.expect(known.user);
    this.#inside.disconnect();
    this.#inside.connect();
  }

  #arrive({ user, token }: api.SignedIn): void {
    this.#adopt({ user: { id: user.id, name: user.name }, token, guest: false, link: null });
    this.#remember(user);
  }

  #remember({ id, name }: User): void {
    const { token, guest } = this;
    if (token !== null) identity.remember({ user: { id, name }, token, guest }, this.thisTabOnly);
  }

  #changedElsewhere(now: identity.Identity | null): void {
    if (now === null) {
      if (this.token !== null && !this.#becoming) this.#leave();
      return;
    }
    const same = this.token !== null && now.user.id === this.#last?.id;
    if (same && (now.guest !== false) === this.guest) this.token = now.token;
    else this.#adopt(now);
  }

  #leave(): void {
    this.#inside.disconnect();
    this.token = null;
    this.guestName = '';
    this.entering = false;
    this.refusal = null;
    this.way = this.guest ? 'guest' : 'sign-in';
    this.guest = true;
    this.thisTabOnly = false;
    this.#forgetPerson();
  }

  #forgetPerson(): void {
    this.#last = null;
    this.#inside.forgetPerson();
  }
}
