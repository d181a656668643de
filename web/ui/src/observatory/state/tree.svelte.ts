/** How the tree of actors is looked at: what is open, what is looked for, where the keyboard stands. */
import { rungsOf, withAncestors, type Rung } from '../rules/rungs';
import { fits, wishOf, type TreeFilter } from '../rules/treeFilter';
import type { Listing, ListWish } from '../wire';
import type { Census } from './census.svelte';

/** Typing goes on meanwhile. */
const PAUSE_MS = 200;
const OPEN_AT_FIRST = ['engine', 'rooms', 'sessions'];

export class Tree {
  filter = $state.raw<TreeFilter>({ search: '', kind: 'all', troubled: false });
  open = $state.raw<ReadonlySet<string>>(new Set(OPEN_AT_FIRST));
  /** Whose children are told by name, a page at a time. */
  unfolded = $state<string | null>(null);
  listing = $state.raw<Listing | null>(null);
  drawn = $state(false);
  /** The row that has the focus, or had it last. */
  current = $state<string | null>(null);

  readonly filtered = $derived(wishOf(this.filter, null, 0) !== null);

  #census: Census;
  #list: (wish: ListWish | null) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(census: Census, list: (wish: ListWish | null) => void) {
    this.#census = census;
    this.#list = list;
  }

  /** Of those that are looked for, with whoever leads to them; `null` where all are shown. */
  readonly only = $derived.by(() => {
    if (!this.filtered) return null;
    const parentOf = (name: string): string | null => this.#census.row(name)?.parent ?? null;
    return withAncestors(this.#found(), parentOf);
  });

  readonly rungs = $derived.by<Rung[]>(() =>
    rungsOf(this.#census, (name) => this.open.has(name), this.only),
  );

  search(change: Partial<TreeFilter>): void {
    this.filter = { ...this.filter, ...change };
    this.listing = null;
    this.unfolded = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(0), PAUSE_MS);
  }

  toggle(name: string): void {
    const open = new Set(this.open);
    if (!open.delete(name)) open.add(name);
    this.open = open;
  }

  /** Opens all that leads to an actor. */
  reveal(name: string): void {
    const parent = this.#census.row(name)?.parent ?? null;
    if (parent === null) return;
    const row = (name: string): string | null => this.#census.row(name)?.parent ?? null;
    this.open = new Set([...this.open, ...withAncestors([parent], row)]);
  }

  /** All those below by name, from their first page on; or no longer. */
  unfold(below: string | null): void {
    this.unfolded = below;
    this.listing = null;
    this.#ask(0);
  }

  turnTo(page: number): void {
    this.#ask(page);
  }

  #ask(page: number): void {
    const wish = wishOf(this.filter, this.unfolded, page);
    if (wish === null) this.#census.rank([]);
    this.#list(wish);
  }

  /** As the server says it; until then, of those that are known. */
  #found(): string[] {
    const names = this.listing?.names ?? [...this.#census.all].map(({ row }) => row.name);
    return names.filter((name) => {
      const row = this.#census.row(name);
      return row !== undefined && fits(row, this.filter);
    });
  }
}
