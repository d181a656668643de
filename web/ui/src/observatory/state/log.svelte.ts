/** What happened to actors, one after the other. */
import { matches, type LogFilter } from '../rules/log';
import type { LifeEvent } from '../wire';

/** Older ones go: the server has told them, and stories keep what matters of them. */
const KEPT = 2_000;

export class LifeLog {
  events = $state.raw<readonly LifeEvent[]>([]);
  filter = $state.raw<LogFilter>({ group: 'all', text: '' });
  /** What is shown while it stands still; `null` where it goes on. */
  held = $state.raw<readonly LifeEvent[] | null>(null);
  /** Those that were too many to be told. */
  skipped = $state(0);

  readonly shown = $derived(
    (this.held ?? this.events).filter((event) => matches(event, this.filter)),
  );
  readonly behind = $derived(this.held === null ? 0 : newer(this.events, this.held));

  hold(still: boolean): void {
    if (still) this.held ??= this.events;
    else this.held = null;
  }

  /** After an interruption much of it is known already. */
  begin(events: readonly LifeEvent[]): void {
    const last = this.events.at(-1)?.n ?? 0;
    const newest = events.at(-1)?.n ?? 0;
    // Another life of the server counts from the beginning.
    this.events = newest < last ? events : this.events.concat(events.filter(({ n }) => n > last));
  }

  follow(events: readonly LifeEvent[], skipped: number): void {
    this.skipped += skipped;
    if (events.length > 0) this.events = this.events.concat(events).slice(-KEPT);
  }
}

function newer(all: readonly LifeEvent[], held: readonly LifeEvent[]): number {
  const last = held.at(-1)?.n ?? 0;
  return all.filter(({ n }) => n > last).length;
}
