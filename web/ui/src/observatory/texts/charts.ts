/** What is said of a chart. */
import { plural } from '../../texts/plural';

export const charts = {
  sentence: (label: string, [now, least, most]: [string, string, string]) =>
    `${label}: now ${now}, at least ${least}, at most ${most}.`,
  restarts: (n: number) =>
    n === 0
      ? 'No restart.'
      : `${plural(n, 'restart', 'restarts')}, each marked by an upright line.`,
  unknown: 'unknown',
  time: 'Time',
  tableOf: (title: string) => `${title}, as a table`,
  asTable: 'Show as table',
  windows: 'Time shown',
  twoMinutes: '2 min',
  quarter: '15 min',
};
