/** The tree of actors as rows, one below the other: who is shown, how deep, and what is folded. */
import type { Kind } from '../wire';

interface Place {
  /** From 1. */
  level: number;
  /** Among those beside it, from 1. */
  pos: number;
  size: number;
}

export type Rung = Place &
  (
    | { kind: 'actor'; name: string; expanded: boolean | null }
    /** Stands for those below `below` that are not told one by one. */
    | { kind: 'more'; name: string; below: string; expanded: null }
  );

export interface Forest {
  root: string | null;
  childrenOf(name: string): readonly string[];
  /** Whether there are more below it than are known by name. */
  hasMore(name: string): boolean;
}

/** `only`: of all actors just these; whoever leads to them must be among them. */
export function rungsOf(
  forest: Forest,
  isOpen: (name: string) => boolean,
  only: ReadonlySet<string> | null,
): Rung[] {
  const rungs: Rung[] = [];
  const add = (name: string, level: number, pos: number, size: number): void => {
    const all = forest.childrenOf(name);
    const children = only === null ? all : all.filter((child) => only.has(child));
    const more = only === null && forest.hasMore(name);
    const leaf = children.length === 0 && !more;
    const expanded = leaf ? null : only !== null || isOpen(name);
    rungs.push({ kind: 'actor', name, level, expanded, pos, size });
    if (!expanded) return;
    const below = children.length + (more ? 1 : 0);
    children.forEach((child, i) => add(child, level + 1, i + 1, below));
    if (!more) return;
    const place = { level: level + 1, pos: below, size: below };
    rungs.push({ kind: 'more', name: `more:${name}`, below: name, expanded: null, ...place });
  };
  if (forest.root !== null && (only === null || only.has(forest.root))) add(forest.root, 1, 1, 1);
  return rungs;
}

/** With all who lead to them. */
export function withAncestors(
  names: Iterable<string>,
  parentOf: (name: string) => string | null | undefined,
): Set<string> {
  const found = new Set<string>();
  for (const name of names) {
    for (let at: string | null | undefined = name; at != null && !found.has(at); at = parentOf(at))
      found.add(at);
  }
  return found;
}

const KINDS: readonly Kind[] = [
  'engine',
  'store',
  'presence',
  'lobby',
  'rooms',
  'sessions',
  'shard',
  'room',
  'relay',
  'session',
];

const natural = new Intl.Collator('en', { numeric: true });

/** Parts in the order in which they are started, then by rank where there is one, then by name. */
export function ordered(
  names: Iterable<string>,
  kindOf: (name: string) => Kind,
  ranking: readonly string[],
): string[] {
  const ranks = new Map(ranking.map((name, i) => [name, i]));
  const rank = (name: string): number => ranks.get(name) ?? ranking.length;
  const kind = (name: string): number => KINDS.indexOf(kindOf(name));
  return [...names].sort((a, b) => kind(a) - kind(b) || rank(a) - rank(b) || natural.compare(a, b));
}
