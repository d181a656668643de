/** Words of the event log. */
import { plural } from '../../texts/plural';
import type { Group } from '../rules/log';
import type { EventKind } from '../wire';

const groups: Record<Group, string> = {
  all: 'All',
  failures: 'Failures',
  lives: 'Lives',
  lab: 'Laboratory',
};

const kinds: Record<EventKind, string> = {
  spawn: 'start',
  stop: 'stop',
  crash: 'crash',
  decision: 'decision',
  restart: 'restart',
  caught_up: 'caught up',
  quarantine: 'set aside',
  escalate: 'escalation',
  dead_letter: 'dead letter',
  lab: 'laboratory',
  sessions: 'sessions',
};

export const log = {
  title: 'Event log',
  groups,
  kinds,
  which: 'Which events',
  search: 'Search the log',
  pause: 'Stand still',
  resume: 'Go on',
  behind: (n: number) => `${plural(n, 'newer event', 'newer events')} ↓`,
  copy: 'Copy as JSON',
  save: 'Save as JSON',
  copied: (n: number) => `${plural(n, 'event', 'events')} copied.`,
  notCopied: 'This browser does not let the page copy. Save it as a file.',
  none: 'Nothing has happened yet.',
  noneFound: 'No event fits.',
  shown: (n: number) => plural(n, 'event', 'events'),
  skipped: (n: number) => `${plural(n, 'event was', 'events were')} too many to be told`,
  story: (n: number) => `story ${n}`,
};
