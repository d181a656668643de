/** What the guided tour does, or prepares: the words are in `texts/tour.ts`. */
import type { Choice } from './blows';

export type ExperimentName =
  'room' | 'store' | 'storm' | 'poison' | 'slow-reader' | 'hang' | 'kill-nine';

export type Act =
  /** Opens the dialog about an actor, with this chosen; `null`: about the room that one has chosen. */
  { kind: 'blow'; actor: string | null; choice: Choice } | { kind: 'drill'; drill: string };

export interface Experiment {
  name: ExperimentName;
  act: Act;
}

export const experiments: readonly Experiment[] = [
  { name: 'room', act: { kind: 'blow', actor: null, choice: 'crash' } },
  { name: 'store', act: { kind: 'blow', actor: 'store', choice: 'mid-batch' } },
  { name: 'storm', act: { kind: 'blow', actor: null, choice: 'storm' } },
  { name: 'poison', act: { kind: 'blow', actor: null, choice: 'poison' } },
  { name: 'slow-reader', act: { kind: 'drill', drill: 'slow-reader' } },
  { name: 'hang', act: { kind: 'blow', actor: null, choice: 'hang' } },
  { name: 'kill-nine', act: { kind: 'drill', drill: 'kill-nine' } },
];
