/** Which of the events one wants to see. */
import type { EventKind, LifeEvent } from '../wire';

export type Group = 'all' | 'failures' | 'lives' | 'lab';

export interface LogFilter {
  group: Group;
  text: string;
}

export const GROUPS: readonly Group[] = ['all', 'failures', 'lives', 'lab'];

const KINDS: Record<Exclude<Group, 'all'>, readonly EventKind[]> = {
  failures: ['crash', 'decision', 'restart', 'caught_up', 'quarantine', 'escalate', 'dead_letter'],
  lives: ['spawn', 'stop', 'sessions'],
  lab: ['lab'],
};

export function matches({ kind, actor, text, cause }: LifeEvent, filter: LogFilter): boolean {
  if (filter.group !== 'all' && !KINDS[filter.group].includes(kind)) return false;
  const wanted = filter.text.trim().toLowerCase();
  return wanted === '' || `${actor} ${text} ${cause ?? ''}`.toLowerCase().includes(wanted);
}
