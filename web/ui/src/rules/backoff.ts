/** How long to wait before the next try to connect. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * Full jitter: anything between nothing and a ceiling that doubles with each failed try, so that
 * the pages of a restarted server do not come back all at once.
 */
export function waitBeforeTry(failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(random() * ceiling);
}
