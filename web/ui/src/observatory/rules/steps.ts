/** The steps of a story, as they are drawn. */
import type { Step, Story } from '../wire';

export type Tone = 'bad' | 'work' | 'good';

const BAD = ['crashed', 'fell_with_it', 'quarantined', 'escalated'];
const GOOD = ['first_handled', 'came_back', 'caught_up', 'replayed', 'reconnected', 'audited'];

export function toneOf(what: string): Tone {
  if (BAD.includes(what)) return 'bad';
  return GOOD.includes(what) ? 'good' : 'work';
}

/** Milliseconds since the crash: exact while they are few. */
export function sinceCrash(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export interface Tick {
  /** From 0 to 1. */
  at: number;
  step: Step;
  tone: Tone;
}

export interface Scale {
  ticks: Tick[];
  /** Up to where it took to recover, from 0 to 1. */
  recovered: number;
  /** In milliseconds. */
  length: number;
}

/** All steps on one line of time; `null` where it has no length. */
export function scaleOf({ steps, took_ms }: Story): Scale | null {
  const length = Math.max(took_ms ?? 0, ...steps.map(({ ms }) => ms));
  if (length <= 0) return null;
  return {
    length,
    recovered: took_ms === null ? 0 : took_ms / length,
    ticks: steps.map((step) => ({ at: step.ms / length, step, tone: toneOf(step.what) })),
  };
}

export type FigureName = 'took' | 'restored' | 'replayed' | 'lost' | 'doubled' | 'waited';

export interface FigureOf {
  name: FigureName;
  value: number;
  /** What must not be. */
  wrong: boolean;
}

/** What was measured, in the order in which one asks. */
export function figuresOf(story: Story): FigureOf[] {
  const all: [FigureName, number | null][] = [
    ['took', story.took_ms],
    ['lost', story.lost],
    ['doubled', story.doubled],
    ['waited', story.waited],
    ['restored', story.restored_events],
    ['replayed', story.replayed],
  ];
  return all.flatMap(([name, value]) => {
    const wrong = (name === 'lost' || name === 'doubled') && value !== 0;
    return value === null ? [] : [{ name, value, wrong }];
  });
}
