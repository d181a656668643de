export const plural = (n: number, one: string, many: string): string =>
  `${n} ${n === 1 ? one : many}`;

const UNITS: [number, string, string][] = [
  [86_400, 'day', 'days'],
  [3_600, 'hour', 'hours'],
  [60, 'minute', 'minutes'],
  [1, 'second', 'seconds'],
];

/** A time in the largest unit that it is a whole number of. */
export function lasting(seconds: number): string {
  const [length, one, many] = UNITS.find(([length]) => seconds % length === 0)!;
  return plural(seconds / length, one, many);
}
