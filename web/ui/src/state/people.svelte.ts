/** The people this page knows of. */
import { listPeople } from '../net/api';
import * as rules from '../rules/people';
import type { Person, Reachable, User } from '../wire';

export class People {
  known = $state.raw<rules.Directory>(new Map());

  find(id: string): Person | undefined {
    return this.known.get(id);
  }

  nameOf(user: User): string {
    return rules.shownName(this.find(user.id) ?? rules.stranger(user));
  }

  listed(people: readonly Person[]): void {
    this.known = rules.listed(this.known, people);
  }

  reached(users: readonly Reachable[]): void {
    this.known = rules.reached(this.known, users);
  }

  /** The first of all; who is not among them is found by their name. */
  async refresh(token: string): Promise<void> {
    const { done } = await listPeople(token);
    if (done) this.listed(done.users);
  }

  /** Those whose names begin so, also further down than the first. */
  async search(token: string, query: string): Promise<void> {
    const { done } = await listPeople(token, query);
    if (done) this.listed(done.users);
  }

  clear(): void {
    this.known = new Map();
  }
}
