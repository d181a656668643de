/** Each state has a shape of its own, in a box of 16 by 16: colour is never the only sign. */
import type { State } from '../wire';

export const shapes: Record<State, string> = {
  starting:
    'M8 2v2.500M8 11.500V14M2 8h2.500M11.500 8H14M4 4l1.500 1.500M10.500 10.500 12 12M4 12l1.500-1.500M10.500 5.500 12 4',
  idle: 'M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z',
  busy: 'M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z',
  backlogged: 'M8 3 13.500 13h-11z',
  restarting: 'M13 8a5 5 0 1 1-1.600-3.700M13 2v3h-3',
  stopped: 'M4 4h8v8H4z',
  escalated: 'M8 14V3M3.500 7.500 8 3l4.500 4.500',
};

export const FILLED: readonly State[] = ['busy', 'backlogged'];
