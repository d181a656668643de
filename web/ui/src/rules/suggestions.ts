/** What somebody may mean who types `@`, `#` or `:` and a few letters. */
import { bestRank } from './ranking';

/** For people, for rooms, for emoji. */
export type Sign = '@' | '#' | ':';

export interface Asked {
  sign: Sign;
  /** Where the sign stands. */
  from: number;
  /** Where what was typed behind it ends. */
  to: number;
  query: string;
}

export const MOST_OFFERED = 8;

/** Just before the caret; a colon asks for something with its second letter only. */
const BEFORE_CARET: readonly [Sign, RegExp][] = [
  ['@', /(?<![\p{L}\p{N}_.@-])@([\p{L}\p{N}_.-]{0,32})$/u],
  ['#', /(?<![\p{L}\p{N}_#&/.-])#([\p{L}\p{N}_-]{0,64})$/u],
  [':', /(?<![\p{L}\p{N}_:/])(?::)([a-z0-9_+-]{2,32})$/iu],
];

/** What is being asked for at the caret; `null` where nothing is. */
export function askedAt(text: string, caret: number): Asked | null {
  const before = text.slice(0, caret);
  for (const [sign, pattern] of BEFORE_CARET) {
    const found = pattern.exec(before);
    if (found) return { sign, from: found.index, to: caret, query: found[1]! };
  }
  return null;
}

/**
 * What begins so comes first, then what holds it, then what has its letters in order: all of that
 * first for what is near.
 */
export function suggested<T>(
  all: readonly T[],
  query: string,
  namesOf: (one: T) => readonly string[],
  isNear: (one: T) => boolean = () => true,
): T[] {
  const wanted = query.toLowerCase();
  return all
    .map((one) => ({ one, names: namesOf(one), near: isNear(one) ? 0 : 1 }))
    .map(({ one, names, near }) => ({ one, names, near, rank: bestRank(names, wanted) }))
    .filter(({ rank }) => rank !== null)
    .sort((a, b) => a.near - b.near || a.rank! - b.rank! || a.names[0]!.localeCompare(b.names[0]!))
    .slice(0, MOST_OFFERED)
    .map(({ one }) => one);
}

/** The text with what was chosen in place, and where the caret goes. */
export function taken(text: string, { from, to }: Asked, chosen: string): [string, number] {
  const before = `${text.slice(0, from)}${chosen} `;
  return [before + text.slice(to).replace(/^ /, ''), before.length];
}
