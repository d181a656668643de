/** What an actor's figures were, over the last quarter of an hour. */
import type { Row } from '../wire';
import type { Line, Mark, Plot } from './plot';

/** Seconds that are kept: the longest window of a chart. */
export const KEPT_S = 900;
/** Old moments are let go in such parcels, as each costs a copy of the rest. */
const SLACK = 256;

const FIGURES = ['mailbox', 'in_s', 'p99_us', 'wait_p99_us'] as const;
export type Figure = (typeof FIGURES)[number];

export class Track {
  readonly at: number[] = [];
  readonly values: Record<Figure, (number | null)[]> = {
    mailbox: [],
    in_s: [],
    p99_us: [],
    wait_p99_us: [],
  };
  marks: Mark[] = [];

  record(at: number, row: Row): void {
    this.at.push(at);
    for (const figure of FIGURES) this.values[figure].push(row[figure]);
    this.#letGo(at - KEPT_S);
  }

  /** What comes next is not joined to what was. */
  interrupt(): void {
    const at = this.at.at(-1);
    if (at === undefined || this.values.mailbox.at(-1) === null) return;
    this.at.push(at + 0.001);
    for (const figure of FIGURES) this.values[figure].push(null);
  }

  restarted(at: number, label: string): void {
    this.marks = [...this.marks.filter((mark) => mark.at >= at - KEPT_S), { at, label }];
  }

  plot(lines: readonly (Omit<Line, 'values'> & { figure: Figure })[]): Plot {
    return {
      at: this.at,
      lines: lines.map(({ label, ink, figure }) => ({ label, ink, values: this.values[figure] })),
      marks: this.marks,
    };
  }

  #letGo(from: number): void {
    if (this.at.length < SLACK || this.at[SLACK - 1]! >= from) return;
    this.at.splice(0, SLACK);
    for (const figure of FIGURES) this.values[figure].splice(0, SLACK);
  }
}
