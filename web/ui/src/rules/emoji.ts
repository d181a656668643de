/** Emoji: which messages are of nothing else, and which of them somebody looks for. */
import { rankOf } from './ranking';

export interface Emoji {
  emoji: string;
  name: string;
  /** What it is called between colons. */
  codes: readonly string[];
  tags: readonly string[];
}

export interface EmojiGroup {
  name: string;
  emoji: readonly Emoji[];
}

const MOST = 3;
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[0-9#*]\uFE0F?\u20E3)/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function isOnlyEmoji(body: string): boolean {
  const text = body.replace(/\s/g, '');
  // An emoji of a family with skins has some thirty units; anything longer is a text.
  if (text === '' || text.length > MOST * 30) return false;
  const signs = [...segmenter.segment(text)].map(({ segment }) => segment);
  return signs.length <= MOST && signs.every((sign) => EMOJI.test(sign));
}

/** By their codes, as one types them behind a colon: those that begin so first. */
export function coded(all: readonly Emoji[], query: string, most: number): Emoji[] {
  const wanted = query.toLowerCase();
  return sorted(all, most, ({ codes }) => best(codes, wanted));
}

/** By all that they are called; each word that was typed has to fit. */
export function searched(all: readonly Emoji[], query: string, most: number): Emoji[] {
  const words = query
    .toLowerCase()
    .split(/[\s_:]+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  return sorted(all, most, ({ name, codes, tags }) => {
    let worst = 0;
    for (const word of words) {
      const names = [name, ...name.split(' '), ...codes];
      const rank = Math.min(
        ...names.map((called) => fit(called.toLowerCase(), word)),
        ...tags.map((tag) => fit(tag, word) + 1),
      );
      worst = Math.max(worst, rank);
    }
    return worst < NOT_FOUND ? worst : null;
  });
}

const NOT_FOUND = 9;

function fit(called: string, word: string): number {
  if (called === word) return 0;
  if (called.startsWith(word)) return 1;
  return called.includes(word) ? 3 : NOT_FOUND;
}

function best(codes: readonly string[], wanted: string): number | null {
  let found: number | null = null;
  for (const code of codes) {
    const rank = code === wanted ? -1 : rankOf(code, wanted);
    if (rank !== null && (found === null || rank < found)) found = rank;
  }
  return found;
}

/** In the order of their ranks; among equals as they stand in the book. */
function sorted(
  all: readonly Emoji[],
  most: number,
  rank: (emoji: Emoji) => number | null,
): Emoji[] {
  const found: { emoji: Emoji; rank: number }[] = [];
  for (const emoji of all) {
    const of = rank(emoji);
    if (of !== null) found.push({ emoji, rank: of });
  }
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ emoji }) => emoji);
}

/** The last one first, each once. */
export function withRecent(recent: readonly string[], emoji: string, most = 24): string[] {
  return [emoji, ...recent.filter((other) => other !== emoji)].slice(0, most);
}
