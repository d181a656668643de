/** Times as people read them, in their own zone and manner. */
import { texts } from './texts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

const DAY_MS = 86_400_000;

export function clockTime(at: string): string {
  return clock.format(new Date(at));
}

export function fullTime(at: string): string {
  return full.format(new Date(at));
}

/** "Today", "Yesterday", else the date. */
export function dayName(at: string, now: Date = new Date()): string {
  const date = new Date(at);
  const ago = daysBetween(date, now);
  if (ago === 0) return texts.day.today;
  if (ago === 1) return texts.day.yesterday;
  return (date.getFullYear() === now.getFullYear() ? day : dayAndYear).format(date);
}

/** For a list: the time today, else the day. */
export function briefTime(at: string, now: Date = new Date()): string {
  const date = new Date(at);
  const ago = daysBetween(date, now);
  if (ago === 0) return clock.format(date);
  return ago === 1 ? texts.day.yesterday : shortDay.format(date);
}

/** Whole calendar days; rounding takes care of days of 23 or 25 hours. */
function daysBetween(date: Date, now: Date): number {
  return Math.round((startOfDay(now) - startOfDay(date)) / DAY_MS);
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

const UNITS = [
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

/** "5 minutes ago", "yesterday". */
export function agoTime(at: string, now: Date = new Date()): string {
  const passed = now.getTime() - new Date(at).getTime();
  const [unit, length] = UNITS.find(([, ms]) => passed >= ms) ?? ['minute', 60_000];
  return ago.format(-Math.round(passed / length), unit);
}
