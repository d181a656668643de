/** Looks for what deserves a warning. */
import { warningsIn, type Warning } from '../rules/warnings';
import type { Row, Tiles } from '../wire';
import type { Census } from './census.svelte';

/** More often nobody reads it. */
const PAUSE_MS = 900;
/** Dead letters count as rising for so long. */
const RISING_MS = 60_000;

export class Watch {
  warnings = $state.raw<readonly Warning[]>([]);

  #census: Census;
  #looked = -Infinity;
  #backloggedSince = new Map<string, number>();
  #deadLetters: { ms: number; count: number }[] = [];

  constructor(census: Census) {
    this.#census = census;
  }

  note(ms: number, tiles: Tiles | null): void {
    // Backwards: another life of the server.
    if (ms >= this.#looked && ms - this.#looked < PAUSE_MS) return;
    if (ms < this.#looked) this.#forget();
    this.#looked = ms;
    const rows = [...this.#census.all].map(({ row }) => row);
    this.#follow(rows, ms);
    this.warnings = warningsIn({
      rows,
      ms,
      tiles,
      backloggedSince: this.#backloggedSince,
      moreDeadLetters: this.#rise(ms, tiles?.dead_letters ?? 0),
    });
  }

  #follow(rows: readonly Row[], ms: number): void {
    const full = new Set<string>();
    for (const { name, state } of rows) if (state === 'backlogged') full.add(name);
    for (const name of this.#backloggedSince.keys()) {
      if (!full.has(name)) this.#backloggedSince.delete(name);
    }
    for (const name of full) {
      if (!this.#backloggedSince.has(name)) this.#backloggedSince.set(name, ms);
    }
  }

  #rise(ms: number, count: number): number {
    this.#deadLetters.push({ ms, count });
    while (this.#deadLetters[0]!.ms < ms - RISING_MS) this.#deadLetters.shift();
    return count - this.#deadLetters[0]!.count;
  }

  #forget(): void {
    this.#backloggedSince.clear();
    this.#deadLetters = [];
  }
}
