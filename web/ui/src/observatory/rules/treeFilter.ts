/** What is looked for in the tree. */
import type { Kind, ListWish, Row, State } from '../wire';

export type KindChoice = 'all' | 'parts' | 'room' | 'session';

export interface TreeFilter {
  search: string;
  kind: KindChoice;
  troubled: boolean;
}

export const KIND_CHOICES: readonly KindChoice[] = ['all', 'parts', 'room', 'session'];
const TROUBLED: readonly State[] = ['backlogged', 'restarting', 'escalated'];
/** The watchdog looks once a second: who stands still for less may be between two looks. */
const STUCK_MS = 1_000;

/** What the server is to tell by name; `null` where nothing is looked for. */
export function wishOf(filter: TreeFilter, below: string | null, page: number): ListWish | null {
  const wish: ListWish = {};
  const search = filter.search.trim();
  if (below !== null) wish.below = below;
  if (search !== '') wish.search = search;
  if (filter.kind === 'room' || filter.kind === 'session') wish.kind = filter.kind;
  if (filter.troubled) wish.troubled = true;
  const something = Object.keys(wish).length > 0 || filter.kind === 'parts';
  return something ? { ...wish, page } : null;
}

export function fits(row: Row, { search, kind, troubled }: TreeFilter): boolean {
  if (!isOf(row.kind, kind) || (troubled && !isTroubled(row))) return false;
  return row.name.toLowerCase().includes(search.trim().toLowerCase());
}

export function isTroubled({ state, stuck_ms }: Row): boolean {
  return TROUBLED.includes(state) || stuck_ms > STUCK_MS;
}

function isOf(kind: Kind, choice: KindChoice): boolean {
  if (choice === 'all') return true;
  return choice === 'parts' ? !['room', 'relay', 'session'].includes(kind) : kind === choice;
}
