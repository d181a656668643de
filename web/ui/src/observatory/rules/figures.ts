/** Figures as people read them: short, with their unit, and as exact as they are of use. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const NONE = '–';

type Maybe = number | null | undefined;

const isFigure = (n: Maybe): n is number => typeof n === 'number' && Number.isFinite(n);

/** Three digits are enough to compare by. */
function brief(n: number): string {
  return Math.abs(n) < 10 ? tenth.format(n) : whole.format(n);
}

export function count(n: Maybe): string {
  return isFigure(n) ? whole.format(n) : NONE;
}

/** "12,400" becomes "12k": for places where many figures stand side by side. */
export function compact(n: Maybe): string {
  if (!isFigure(n)) return NONE;
  if (Math.abs(n) < 10_000) return whole.format(n);
  return Math.abs(n) < 1_000_000 ? `${brief(n / 1_000)}k` : `${brief(n / 1_000_000)}M`;
}

export function rate(perSecond: Maybe): string {
  if (!isFigure(perSecond)) return NONE;
  return perSecond > 0 && perSecond < 0.1 ? '<0.1' : brief(perSecond);
}

/** From microseconds, as the server counts them. */
export function span(us: Maybe): string {
  if (!isFigure(us)) return NONE;
  if (us < 1_000) return `${whole.format(us)} µs`;
  if (us < 1_000_000) return `${brief(us / 1_000)} ms`;
  return `${brief(us / 1_000_000)} s`;
}

const UNITS: [number, string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** How long something has lived, by its two largest units: "3 h 12 min". */
export function age(seconds: Maybe): string {
  if (!isFigure(seconds)) return NONE;
  const left = Math.max(0, Math.floor(seconds));
  const at = UNITS.findIndex(([length]) => left >= length);
  const [length, unit] = UNITS[at] ?? [1, 's'];
  const next = UNITS[at + 1];
  const first = `${Math.floor(left / length)} ${unit}`;
  const rest = next && Math.floor((left % length) / next[0]);
  return rest ? `${first} ${rest} ${next[1]}` : first;
}

export function bytes(n: Maybe): string {
  if (!isFigure(n)) return NONE;
  if (n < 1_000) return `${whole.format(n)} B`;
  if (n < 1_000_000) return `${brief(n / 1_000)} kB`;
  return n < 1_000_000_000 ? `${brief(n / 1_000_000)} MB` : `${brief(n / 1_000_000_000)} GB`;
}
