/** Words of the tree of actors. */
import { plural } from '../../texts/plural';
import type { KindChoice } from '../rules/treeFilter';

const choices: Record<KindChoice, string> = {
  all: 'All kinds',
  parts: 'Parts and supervisors',
  room: 'Rooms',
  session: 'Sessions',
};

export const tree = {
  waiting: (count: string) => `${count} waiting`,
  label: 'Actors',
  search: 'Search by name',
  kind: 'Kind',
  choices,
  troubled: 'Only troubled',
  view: 'View',
  asTable: 'Table',
  asDrawing: 'Drawing',
  found: (n: number) => plural(n, 'actor', 'actors'),
  none: 'Nobody of that name and kind lives.',
  noneTroubled: 'Nobody is in trouble.',

  columns: {
    name: 'Actor',
    kind: 'Kind',
    state: 'State',
    mailbox: 'Mailbox',
    rate: 'In/s',
    handling: 'p99',
    restarts: 'Restarts',
    age: 'Age',
  },
  hints: {
    mailbox: 'Waiting now / the most seen / what clients may have under way in it',
    rate: 'Commands handled a second',
    handling: 'Of a hundred commands ninety-nine were handled in less than this',
    restarts: 'Restarts within the window of the budget / the budget · all since the start',
    age: 'How long this incarnation has lived',
  },
  mailbox: (now: string, high: string, capacity: string) =>
    `${now} waiting, at most ${high}, of ${capacity}`,
  restarts: (done: number, limit: number, all: number) =>
    `${done} of ${limit} restarts used, ${all} since the start`,
  never: 'never',
  times: (n: string) => `× ${n}`,
  below: (mailbox: string, rate: string) => `below: ${mailbox} waiting, ${rate}/s`,
  notShown: (shown: string, all: string, kind: string) => `${shown} of ${all} ${kind} shown`,
  fullest: 'the fullest first',
  showAll: 'Show all',
  fold: 'Fold',
  page: (page: string, pages: string) => `page ${page} of ${pages}`,
  previous: 'Previous page',
  next: 'Next page',
  rooms: 'rooms',
  sessions: 'sessions',
  crash: (name: string) => `Crash ${name}…`,
  lit: {
    crashed: 'crashed',
    decided: 'decided',
    path: 'on the way up',
    touched: 'touched',
  },
  actions: 'Actions',
  drawing: 'The tree of actors, drawn',
};
