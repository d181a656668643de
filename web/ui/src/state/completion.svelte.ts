/** What the field offers to whoever has typed `@`, `#` or `:` and a few letters. */
import { coded, type Emoji } from '../rules/emoji';
import { mentions } from '../rules/mentions';
import { isUnguessable, title } from '../rules/rooms';
import { askedAt, MOST_OFFERED, suggested, taken } from '../rules/suggestions';
import { speakers } from '../rules/timeline';
import type { RoomRow, User } from '../wire';
import type { Chat } from './chat.svelte';
import type { Room } from './room.svelte';

export type Offer =
  | { kind: 'person'; key: string; user: User; outside: boolean }
  | { kind: 'room'; key: string; row: RoomRow }
  | { kind: 'emoji'; key: string; emoji: Emoji };

export class Completion {
  caret = $state(0);
  chosen = $state(0);

  #chat: Chat;
  #room: Room;
  /** The text for which the list was closed. */
  #dismissed = $state<string | null>(null);
  /** Who was called, and is not in the room. */
  #outsiders = $state.raw<readonly User[]>([]);

  asked = $derived.by(() =>
    this.#dismissed === this.#room.draft ? null : askedAt(this.#room.draft, this.caret),
  );
  offers = $derived.by(() => this.#offers());
  /** Those of them who are still called in what is written. */
  outside = $derived.by(() =>
    this.#outsiders.filter(({ name }) => mentions(this.#room.draft, name)),
  );

  constructor(chat: Chat, room: Room) {
    this.#chat = chat;
    this.#room = room;
  }

  get open(): boolean {
    return this.offers.length > 0;
  }

  dismiss(): void {
    this.#dismissed = this.#room.draft;
  }

  move(by: 1 | -1): void {
    const { length } = this.offers;
    this.chosen = (this.chosen + by + length) % length;
  }

  /** The text with an offer in place, and where the caret goes. */
  take(offer = this.offers[Math.min(this.chosen, this.offers.length - 1)]): [string, number] {
    const { draft } = this.#room;
    if (this.asked === null || offer === undefined) return [draft, this.caret];
    return taken(draft, this.asked, this.#textOf(offer));
  }

  #textOf(offer: Offer): string {
    switch (offer.kind) {
      case 'person':
        if (offer.outside) this.#outsiders = [...this.#outsiders, offer.user];
        return `@${offer.user.name}`;
      case 'room':
        return `#${offer.row.room}`;
      case 'emoji':
        this.#chat.emojis.used(offer.emoji.emoji);
        return offer.emoji.emoji;
    }
  }

  #offers(): Offer[] {
    const { asked } = this;
    switch (asked?.sign) {
      case '@':
        return this.#people(asked.query);
      case '#':
        return suggested(this.#rooms(), asked.query, namesOfRoom).map((row) => {
          return { kind: 'room', key: row.room, row };
        });
      case ':':
        return coded(this.#chat.emojis.all, asked.query, MOST_OFFERED).map((emoji) => {
          return { kind: 'emoji', key: emoji.emoji, emoji };
        });
      default:
        return [];
    }
  }

  #people(query: string): Offer[] {
    const { people, me } = this.#chat;
    const inside = this.#inside();
    const all = new Map<string, User>(inside);
    // Whoever is not here has to be asked for by a letter.
    if (query !== '' && this.#tellsWhoIsIn) {
      for (const [id, person] of people.known) if (!all.has(id)) all.set(id, person);
    }
    all.delete(me?.id ?? '');
    const names = ({ id, name }: User): string[] => [name, people.find(id)?.display_name || name];
    return suggested([...all.values()], query, names, ({ id }) => inside.has(id)).map((user) => {
      return { kind: 'person', key: user.id, user, outside: !inside.has(user.id) };
    });
  }

  /** Who is in the room, and who has spoken there. */
  #inside(): Map<string, User> {
    const { people } = this.#chat;
    const { timeline, here, members } = this.#room;
    const known = (members ?? []).flatMap((id) => people.find(id) ?? []);
    return new Map([
      ...known.map((person): [string, User] => [person.id, person]),
      ...speakers(timeline),
      ...here.users,
    ]);
  }

  /** In a chat of two there is nobody else, and of a private room all members have to be known. */
  get #tellsWhoIsIn(): boolean {
    return this.#room.kind === 'group' || this.#room.members !== null;
  }

  /** Those that others can follow to; with a name that nobody can guess it would be no name. */
  #rooms(): RoomRow[] {
    const { rows, open } = this.#chat.lobby;
    return [...rows, ...open].filter(({ room, kind }) => kind !== 'direct' && !isUnguessable(room));
  }
}

function namesOfRoom(row: RoomRow): string[] {
  return [row.room, title(row)];
}
