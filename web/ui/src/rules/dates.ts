/** Where in a log a day begins. */

/**
 * The first number whose time is at or after `time`, from `from` to `to`; one past the end where
 * all is older. Times only go forward: half of what is left goes with each question. `null` where
 * a question has no answer.
 */
export async function firstSince(
  time: number,
  from: number,
  to: number,
  timeAt: (seq: number) => Promise<number | null>,
): Promise<number | null> {
  let [low, high] = [from, to + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const at = await timeAt(middle);
    if (at === null) return null;
    if (at < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Midnight at the beginning of a day as a date field says it, in the reader's own zone. */
export function beginningOf(day: string): number | null {
  const at = new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(at) ? null : at;
}

/** A time as a date field says it. */
export function dayOf(time: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
