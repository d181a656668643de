/** Moments as people read them while watching: to the second, or to the millisecond. */

const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const exact = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' });
const DAY_MS = 86_400_000;

/** To the second, if it was lately; from milliseconds since 1970. */
export function whenTime(at: number, now: number): string {
  return (now - at < DAY_MS ? seconds : dayAndTime).format(new Date(at));
}

/** From seconds since 1970. */
export function clock(at: number): string {
  return seconds.format(new Date(at * 1_000));
}

/** From milliseconds since 1970. */
export function exactClock(ms: number): string {
  return exact.format(new Date(ms));
}
