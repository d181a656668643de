/** What fits best to a few typed letters. */

/** 0 where it begins so, 1 where it holds them, 2 where its letters come in that order. */
export function rankOf(name: string, wanted: string): number | null {
  if (name.startsWith(wanted)) return 0;
  if (name.includes(wanted)) return 1;
  let at = -1;
  for (const letter of wanted) {
    at = name.indexOf(letter, at + 1);
    if (at === -1) return null;
  }
  return 2;
}

/** The best rank among several names of one thing. */
export function bestRank(names: readonly string[], wanted: string): number | null {
  const ranks = names.map((name) => rankOf(name.toLowerCase(), wanted));
  return ranks.reduce((best, rank) => (best === null || (rank ?? 3) < best ? rank : best), null);
}
