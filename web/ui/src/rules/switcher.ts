/** Where one may jump to by name, the likeliest first. */
import type { RoomRow } from '../wire';
import { shownName, type Contact } from './people';
import { labelOf, slug, title } from './rooms';

export type Target =
  | { key: string; kind: 'room'; row: RoomRow; label: string; unread: number }
  | { key: string; kind: 'person'; contact: Contact; label: string; unread: number }
  | { key: string; kind: 'new'; room: string; label: string; unread: 0 };

export interface Places {
  rows: readonly RoomRow[];
  /** Public rooms that are not on the list. */
  open: readonly RoomRow[];
  contacts: readonly Contact[];
  /** Where one was, the last first. */
  visits: readonly string[];
  /** Where one is: nobody jumps there. */
  current: string | null;
}

const MOST = 12;

export function targetsFor(typed: string, places: Places): Target[] {
  const wanted = typed.trim().replace(/^[#@]/, '').toLocaleLowerCase();
  const all = targets(places);
  if (wanted === '') return all.sort(byNeed(places.visits)).slice(0, MOST);
  const found = all
    .map((target) => ({ target, rank: likeness(namesOf(target), wanted) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank || b.target.unread - a.target.unread)
    .map(({ target }) => target)
    .slice(0, MOST);
  return [...found, ...newRoom(wanted, places)];
}

function targets({ rows, open, contacts, current }: Places): Target[] {
  const rooms = [...rows, ...open].filter((row) => row.kind !== 'direct' && row.room !== current);
  const people = contacts.filter(({ room }) => room === null || room !== current);
  return [
    ...rooms.map((row): Target => {
      const unread = open.includes(row) ? 0 : row.unread;
      return { key: row.room, kind: 'room', row, label: labelOf(row), unread };
    }),
    ...people.map((contact): Target => {
      const { person, unread } = contact;
      return { key: person.id, kind: 'person', contact, label: shownName(person), unread };
    }),
  ];
}

/** A name that nothing has may be given to a new room. */
function newRoom(wanted: string, { rows, open }: Places): Target[] {
  const room = slug(wanted);
  const known = [...rows, ...open].some((row) => row.room === room);
  return room === null || known
    ? []
    : [{ key: 'new', kind: 'new', room, label: `#${room}`, unread: 0 }];
}

function byNeed(visits: readonly string[]): (a: Target, b: Target) => number {
  const visited = (target: Target): number => {
    const room = target.kind === 'person' ? target.contact.room : target.key;
    const at = room === null ? -1 : visits.indexOf(room);
    return at === -1 ? Infinity : at;
  };
  return (a, b) =>
    Number(b.unread > 0) - Number(a.unread > 0) || Math.sign(visited(a) - visited(b) || 0);
}

function namesOf(target: Target): string[] {
  if (target.kind === 'room') return [title(target.row), target.row.room];
  if (target.kind === 'person') return [target.label, target.contact.person.name];
  return [target.room];
}

/** 0 where a name begins so, up to 3 where its letters come in this order at least. */
function likeness(names: readonly string[], wanted: string): number {
  return Math.min(
    ...names.map((name) => {
      const text = name.toLocaleLowerCase();
      if (text.startsWith(wanted)) return 0;
      if (text.split(/[\s_.-]+/).some((word) => word.startsWith(wanted))) return 1;
      if (text.includes(wanted)) return 2;
      return inOrder(text, wanted) ? 3 : Infinity;
    }),
  );
}

function inOrder(text: string, letters: string): boolean {
  let from = 0;
  for (const letter of letters) {
    const at = text.indexOf(letter, from);
    if (at === -1) return false;
    from = at + letter.length;
  }
  return true;
}
