/** What a chart shows: several figures over the same moments. */
import type { Ink } from '../net/inks';

export interface Line {
  label: string;
  ink: Ink;
  /** One for each moment; `null` where nothing is known. */
  values: readonly (number | null)[];
}

/** Something that happened, drawn upright through the chart. */
export interface Mark {
  /** Seconds since 1970. */
  at: number;
  label: string;
}

export interface Plot {
  /** Seconds since 1970, rising. */
  at: readonly number[];
  lines: readonly Line[];
  marks: readonly Mark[];
}

/** What happened within the last so many seconds before `until`. */
export function windowOf(plot: Plot, until: number, seconds: number): Plot {
  const from = until - seconds;
  const first = plot.at.findIndex((at) => at >= from);
  const cut = first === -1 ? plot.at.length : first;
  return {
    at: plot.at.slice(cut),
    lines: plot.lines.map((line) => ({ ...line, values: line.values.slice(cut) })),
    marks: plot.marks.filter(({ at }) => at >= from && at <= until),
  };
}

export interface Extent {
  now: number | null;
  least: number | null;
  most: number | null;
}

export function extentOf(values: readonly (number | null)[]): Extent {
  let least: number | null = null;
  let most: number | null = null;
  for (const value of values) {
    if (value === null) continue;
    least = least === null ? value : Math.min(least, value);
    most = most === null ? value : Math.max(most, value);
  }
  return { now: values.at(-1) ?? null, least, most };
}

export interface TableRow {
  at: number;
  values: (number | null)[];
}

/** The same as figures, the newest first: of each so many seconds the last that is known. */
export function tableOf(plot: Plot, step: number): TableRow[] {
  const rows = new Map<number, TableRow>();
  plot.at.forEach((at, i) => {
    const values = plot.lines.map((line) => line.values[i] ?? null);
    if (values.some((value) => value !== null)) rows.set(Math.floor(at / step), { at, values });
  });
  return [...rows.values()].reverse();
}
