/** All actors that the server has told of, as they are now. */
import { ordered, type Forest } from '../rules/rungs';
import type { Delta, Fold, Kind, Row, RowChange, Snapshot } from '../wire';

/** A row that is looked at is drawn anew when it changes, and no other. */
export class Actor {
  readonly kind: Kind;
  row: Row;

  constructor(row: Row) {
    this.kind = row.kind;
    this.row = $state.raw(row);
  }
}

const NOBODY: readonly string[] = [];

export class Census implements Forest {
  /** Changes with who there is, and with nothing else. */
  shape = $state(0);
  folds = $state.raw<ReadonlyMap<string, Fold>>(new Map());
  /** The server's clock, as of the last news. */
  ms = $state(0);

  #actors = new Map<string, Actor>();
  #below = new Map<string, Set<string>>();
  #orders = new Map<string, readonly string[]>();
  #root: string | null = null;
  /** Names that were asked for, in their order. */
  #ranking: readonly string[] = [];

  get root(): string | null {
    void this.shape;
    return this.#root;
  }

  get all(): Iterable<Actor> {
    void this.shape;
    return this.#actors.values();
  }

  actor(name: string): Actor | undefined {
    return this.#actors.get(name);
  }

  /** Knows of its coming and going, too. */
  row(name: string): Row | undefined {
    void this.shape;
    return this.#actors.get(name)?.row;
  }

  childrenOf(name: string): readonly string[] {
    void this.shape;
    const below = this.#below.get(name);
    if (below === undefined) return NOBODY;
    let order = this.#orders.get(name);
    if (order === undefined) {
      const ranking = [...this.#ranking, ...(this.folds.get(name)?.worst ?? [])];
      order = ordered(below, (child) => this.#actors.get(child)!.kind, ranking);
      this.#orders.set(name, order);
    }
    return order;
  }

  hasMore(name: string): boolean {
    const fold = this.folds.get(name);
    return fold !== undefined && fold.count > (this.#below.get(name)?.size ?? 0);
  }

  rank(names: readonly string[]): void {
    this.#ranking = names;
    this.#orders.clear();
    this.shape++;
  }

  begin({ actors, folds, ms }: Snapshot): void {
    const told = new Set(actors.map(({ name }) => name));
    for (const name of this.#actors.keys()) if (!told.has(name)) this.#forget(name);
    for (const row of actors) this.#take(row);
    this.ms = ms;
    this.#fold(folds, true);
    this.shape++;
  }

  follow({ actors = [], gone = [], folds = [], ms }: Delta): void {
    let moved = gone.length > 0;
    for (const name of gone) this.#forget(name);
    for (const change of actors) moved = this.#take(change) || moved;
    this.ms = ms;
    if (folds.length > 0) moved = this.#fold(folds, false) || moved;
    if (moved) this.shape++;
  }

  /** Whether somebody came. */
  #take(change: RowChange): boolean {
    const known = this.#actors.get(change.name);
    if (known !== undefined) {
      known.row = { ...known.row, ...change };
      return false;
    }
    // A change of somebody unknown, who was just forgotten.
    if (change.kind === undefined) return false;
    const row = change as Row;
    this.#actors.set(row.name, new Actor(row));
    if (row.parent === null) this.#root = row.name;
    else {
      const beside = this.#below.get(row.parent) ?? new Set();
      this.#below.set(row.parent, beside.add(row.name));
      this.#orders.delete(row.parent);
    }
    return true;
  }

  #forget(name: string): void {
    const parent = this.#actors.get(name)?.row.parent;
    this.#actors.delete(name);
    if (name === this.#root) this.#root = null;
    if (parent == null) return;
    this.#below.get(parent)?.delete(name);
    this.#orders.delete(parent);
  }

  /** Whether somebody stands elsewhere now. */
  #fold(folds: readonly Fold[], anew: boolean): boolean {
    const all = new Map(anew ? [] : this.folds);
    let moved = false;
    for (const fold of folds) {
      const before = all.get(fold.name);
      all.set(fold.name, fold);
      if (before?.count === fold.count && sameNames(before.worst, fold.worst)) continue;
      this.#orders.delete(fold.name);
      moved = true;
    }
    this.folds = all;
    return moved;
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
