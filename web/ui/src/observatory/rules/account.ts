/** Accounts of the ledger: what came in on the left, and what became of it on the right. */
import type { Account } from '../wire';

export interface Entry {
  name: string;
  count: number;
  /** What it is made of, the noughts left out. */
  parts: { name: string; count: number }[];
}

export interface Balance {
  name: string;
  came: number;
  became: Entry[];
  holds: boolean;
}

/** What an account calls all that came in; what else it has is what became of that. */
const CAME: readonly string[] = ['accepted', 'owed', 'queued'];
/** As it should end comes first. */
const USUAL: readonly string[] = ['stored', 'handed_over', 'acked', 'written'];

export function balanceOf(account: Account): Balance {
  const entries = Object.entries(account);
  const [name, came] = entries.find(([name]) => CAME.includes(name)) ?? ['', 0];
  const became = entries
    .filter(([other]) => other !== name)
    .sort(([a], [b]) => Number(USUAL.includes(b)) - Number(USUAL.includes(a)))
    .map(([name, value]) => entryOf(name, value));
  const total = became.reduce((sum, { count }) => sum + count, 0);
  return { name: spoken(name), came: sumOf(came), became, holds: sumOf(came) === total };
}

function entryOf(name: string, value: number | Account): Entry {
  const parts =
    typeof value === 'number'
      ? []
      : Object.entries(value).map(([name, part]) => ({ name: spoken(name), count: sumOf(part) }));
  const some = parts.filter(({ count }) => count > 0);
  return { name: spoken(name), count: sumOf(value), parts: some };
}

const sumOf = (value: number | Account): number =>
  typeof value === 'number'
    ? value
    : Object.values(value).reduce<number>((sum, part) => sum + sumOf(part), 0);

const spoken = (name: string): string => name.replaceAll('_', ' ');
