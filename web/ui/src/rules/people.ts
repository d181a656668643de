/** Who there is besides oneself: how reachable they are, and what waits from each. */
import type { Availability, Person, Reachable, RoomRow, User } from '../wire';

export type Directory = ReadonlyMap<string, Person>;

/** Somebody as the list shows them. */
export interface Contact {
  person: Person;
  /** The direct room with them, where there is one. */
  room: string | null;
  unread: number;
}

/** Made once: the list is sorted at each message that comes. */
const collator = new Intl.Collator();
const DEGREES = 360;
const RANK: Record<Availability, number> = { online: 0, dnd: 1, away: 1, offline: 2 };

/** The hue of somebody who chose none, as the server counts it: their id as one large number. */
export function hueOf(id: string): number {
  let hue = 0;
  for (const digit of id) {
    const value = Number.parseInt(digit, 16);
    if (!Number.isNaN(value)) hue = (hue * 16 + value) % DEGREES;
  }
  return hue;
}

export function shownName(person: Pick<Person, 'name' | 'display_name'>): string {
  return person.display_name || person.name;
}

/** Somebody of whom only the name is known. */
export function stranger({ id, name }: User): Person {
  const said = { display_name: '', status_text: '', hue: hueOf(id) };
  return { id, name, ...said, status: 'offline', guest: true };
}

export function listed(known: Directory, people: readonly Person[]): Directory {
  return new Map([...known, ...people.map((person) => [person.id, person] as const)]);
}

export function reached(known: Directory, users: readonly Reachable[]): Directory {
  return listed(
    known,
    users.map(({ user, status, last_seen }) => {
      const person = known.get(user.id) ?? stranger(user);
      return { ...person, name: user.name, status, last_seen: last_seen ?? person.last_seen };
    }),
  );
}

/** Everybody but oneself, the reachable first. */
export function contactsOf(
  known: Directory,
  rows: readonly RoomRow[],
  me: string | undefined,
): Contact[] {
  const direct = rows.filter((row) => row.kind === 'direct' && row.with);
  const rowOf = new Map(direct.map((row) => [row.with!.id, row]));
  const unlisted = direct.map((row) => row.with!).filter((user) => !known.has(user.id));
  return [...known.values(), ...unlisted.map(stranger)]
    .filter((person) => person.id !== me)
    .map((person) => {
      const row = rowOf.get(person.id);
      const room = row?.room ?? person.direct?.room ?? null;
      return { person, room, unread: row?.unread ?? person.direct?.unread ?? 0 };
    })
    .sort((a, b) => byReach(a.person, b.person));
}

function byReach(a: Person, b: Person): number {
  return RANK[a.status] - RANK[b.status] || collator.compare(shownName(a), shownName(b));
}

/** Whether a name, or a word of the shown name, begins with what was typed. */
export function isCalled(person: Person, typed: string): boolean {
  const start = typed.trim().toLocaleLowerCase();
  const words = [person.name, ...person.display_name.split(/\s+/), person.display_name];
  return words.some((word) => word.toLocaleLowerCase().startsWith(start));
}
