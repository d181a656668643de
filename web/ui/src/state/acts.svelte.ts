/** What one does beyond talking: rooms and chats that are opened, made, changed and left. */
import * as api from '../net/api';
import type { Outcome } from '../net/http';
import { inWords } from '../rules/refusals';
import type { Role, RoomView } from '../wire';

export interface Actor {
  readonly token: string | null;
  go(room: string | null): void;
  /** Says what could not be done. */
  tell(sentence: string): void;
}

export class Acts {
  #actor: Actor;

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  async openDirect(user: string): Promise<void> {
    const view = await this.#told((token) => api.openDirect(token, user));
    if (view) this.#actor.go(view.room);
  }

  async makeRoom(room: api.NewRoom): Promise<Outcome<RoomView>> {
    const outcome = await api.makeRoom(this.#token, room);
    if (outcome.done) this.#actor.go(outcome.done.room);
    return outcome;
  }

  changeRoom(room: string, change: { title: string; topic: string }): Promise<Outcome<RoomView>> {
    return api.changeRoom(this.#token, room, change);
  }

  async deleteRoom(room: string): Promise<boolean> {
    return (await this.#told((token) => api.deleteRoom(token, room))) !== null;
  }

  /** Makes somebody a member, or gives them another role. */
  async putMember(room: string, user: string, role?: Role): Promise<boolean> {
    return (await this.#told((token) => api.putMember(token, room, user, role))) !== null;
  }

  /** Takes somebody out, or oneself. */
  async removeMember(room: string, user: string): Promise<boolean> {
    return (await this.#told((token) => api.removeMember(token, room, user))) !== null;
  }

  get #token(): string {
    return this.#actor.token ?? '';
  }

  /** A refusal is told where nothing of its own shows it. */
  async #told<T>(work: (token: string) => Promise<Outcome<T>>): Promise<T | null> {
    const { done, problem } = await work(this.#token);
    if (problem === undefined) return done as T;
    this.#actor.tell(inWords(problem));
    return null;
  }
}
