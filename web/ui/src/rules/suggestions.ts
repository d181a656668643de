/** Whom somebody may mean who types `@` and a few letters. */
import type { User } from '../wire';

export interface Asked {
  /** Where the `@` stands. */
  from: number;
  /** Where what was typed behind it ends. */
  to: number;
  query: string;
}

const MOST = 8;
const BEFORE_CARET = /(?<![\p{L}\p{N}_.@-])@([\p{L}\p{N}_.-]{0,32})$/u;

/** The beginning of a name just before the caret; `null` where none is being typed. */
export function askedAt(text: string, caret: number): Asked | null {
  const found = BEFORE_CARET.exec(text.slice(0, caret));
  if (found === null) return null;
  return { from: found.index, to: caret, query: found[1]! };
}

/** Names that begin so come first, then those that hold it, then those with its letters in order. */
export function suggested(people: readonly User[], query: string): User[] {
  const wanted = query.toLowerCase();
  return people
    .map((user) => ({ user, rank: rankOf(user.name.toLowerCase(), wanted) }))
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => a.rank! - b.rank! || a.user.name.localeCompare(b.user.name))
    .slice(0, MOST)
    .map(({ user }) => user);
}

/** The text with the name in place, and where the caret goes. */
export function taken(text: string, { from, to }: Asked, name: string): [string, number] {
  const before = `${text.slice(0, from)}@${name} `;
  return [before + text.slice(to).replace(/^ /, ''), before.length];
}

function rankOf(name: string, wanted: string): number | null {
  if (name.startsWith(wanted)) return 0;
  if (name.includes(wanted)) return 1;
  let at = -1;
  for (const letter of wanted) {
    at = name.indexOf(letter, at + 1);
    if (at === -1) return null;
  }
  return 2;
}
