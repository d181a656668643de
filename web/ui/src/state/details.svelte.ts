/** What the panel of a room shows: what the server says of it when asked. */
import { lookAtRoom, moreMembers } from '../net/api';
import { inWords } from '../rules/refusals';
import type { Member } from '../wire';

interface Asker {
  readonly token: string | null;
}

export class Details {
  members = $state.raw<readonly Member[]>([]);
  count = $state(0);
  loaded = $state(false);
  trouble = $state<string | null>(null);

  #asker: Asker;
  #room: string;

  constructor(asker: Asker, room: string) {
    this.#asker = asker;
    this.#room = room;
  }

  get hasMore(): boolean {
    return this.members.length < this.count;
  }

  async load(): Promise<void> {
    const { token } = this.#asker;
    if (token === null) return;
    const { done, problem } = await lookAtRoom(token, this.#room);
    this.trouble = problem ? inWords(problem) : null;
    if (!done) return;
    this.members = done.members;
    this.count = done.member_count;
    this.loaded = true;
  }

  async loadMore(): Promise<void> {
    const { token } = this.#asker;
    const last = this.members.at(-1);
    if (token === null || last === undefined) return;
    const { done, problem } = await moreMembers(token, this.#room, last.id);
    this.trouble = problem ? inWords(problem) : null;
    if (done) this.members = [...this.members, ...done.members];
  }
}
