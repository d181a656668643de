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
  #leaving = new Set<string>();

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  async openDirect(user: string): Promise<void> {
    const view = await this.#told((token) => api.openDirect(token, user));
    if (view) this.#actor.go(view.done.room);
  }

  makeRoom(room: api.NewRoom): Promise<Outcome<RoomView>> {
    return api.makeRoom(this.#token, room);
  }

  changeRoom(room: string, change: api.RoomChange): Promise<Outcome<RoomView>> {
    return api.changeRoom(this.#token, room, change);
  }

  async deleteRoom(room: string): Promise<void> {
    await this.#away(room, (token) => api.deleteRoom(token, room));
  }

  /** A private room is left; a public one is taken off one's list. */
  async leave(room: string): Promise<void> {
    await this.#away(room, (token) => api.removeMember(token, room, 'me'));
  }

  /** Whether it was oneself, here, who went. */
  went(room: string): boolean {
    return this.#leaving.has(room);
  }

  /** Makes somebody a member, or gives them another role. */
  async putMember(room: string, user: string, role?: Role): Promise<boolean> {
    return (await this.#told((token) => api.putMember(token, room, user, role))) !== null;
  }

  async removeMember(room: string, user: string): Promise<boolean> {
    return (await this.#told((token) => api.removeMember(token, room, user))) !== null;
  }

  async #away(room: string, work: (token: string) => Promise<Outcome<void>>): Promise<void> {
    this.#leaving.add(room);
    if ((await this.#told(work)) === null) this.#leaving.delete(room);
    else this.#actor.go(null);
  }

  get #token(): string {
    return this.#actor.token ?? '';
  }

  /** A refusal is told where nothing of its own shows it. */
  async #told<T>(work: (token: string) => Promise<Outcome<T>>): Promise<{ done: T } | null> {
    const { done, problem } = await work(this.#token);
    if (problem === undefined) return { done: done as T };
    this.#actor.tell(inWords(problem));
    return null;
  }
}
