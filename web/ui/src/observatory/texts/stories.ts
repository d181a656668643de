/** Words of the stories of crashes. */
import { plural } from '../../texts/plural';
import type { Outcome, Story } from '../wire';

const outcomes: Record<Outcome, string> = {
  open: 'going on',
  recovered: 'recovered',
  quarantined: 'set aside',
  escalated: 'escalated',
  ended: 'ended',
  unfinished: 'unfinished',
};

export const stories = {
  title: 'Stories',
  list: 'Stories, the newest first',
  explain:
    'Each crash is a story, from its cause to the first message that was handled after it. All figures are measured by the server.',
  none: 'No actor has crashed yet.',
  older: 'Older stories',
  loading: 'Loading…',
  pick: 'Choose a story.',
  missing: 'There is no such story, or it is no longer kept.',
  outcomes,
  numbered: (n: number) => `Story ${n}`,
  byLab: 'from the laboratory',
  earlier: 'told by an earlier process',
  inHand: (command: string) => `while handling “${command}”`,
  people: (people: number, sessions: number) =>
    `${plural(people, 'person', 'people')} there, over ${plural(sessions, 'socket', 'sockets')}`,
  going: 'It is still going on.',
  figures: {
    took: 'recovered in',
    restored: 'events restored',
    replayed: 'said again',
    lost: 'lost',
    doubled: 'doubled',
    waited: 'people waited',
  },
  timeline: 'What happened, step by step',
  scale: 'The steps on a line of time',
  path: 'The way up, to whoever decided',
  decides: 'decides',
  crashed: 'crashed',
  touched: (n: number) => `${plural(n, 'actor', 'actors')} died or were started again`,
  andMore: (n: number) => `and ${n} more`,
  capsule: 'Crash capsule',
  capsuleHint: (name: string) =>
    `The last inputs of the actor, as a file. “greenroom replay ${name}” runs them against its state, step by step, until it fails at the same place.`,
  back: 'All stories',
};

/** "room:green: recovered in 12 ms, 0 lost, 0 doubled, 14 people waited." */
export function newsOf({ actor, outcome, end }: Story): string {
  return `${actor}: ${end ?? outcomes[outcome]}.`;
}
