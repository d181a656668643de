/** What the figures were: for the small charts above, and for those of each actor. */
import { Track } from '../rules/track';
import type { Tiles } from '../wire';
import type { Census } from './census.svelte';

export type TileName = keyof Tiles;

/** Moments that a small chart shows. */
export const POINTS = 60;
/** Sessions come and go by the thousand: of them only the one that is looked at is recorded. */
const MOST_TRACKS = 200;

export class Records {
  tiles = $state.raw<Tiles | null>(null);
  /** The last so many; `null` where nothing was heard for a while. */
  trail = $state.raw<readonly (Tiles | null)[]>([]);
  /** Grows with each moment: tracks are written in place. */
  moment = $state(0);
  looked: string | null = null;

  #tracks = new Map<string, Track>();

  trackOf(actor: string): Track {
    void this.moment;
    return this.#tracks.get(actor) ?? new Track();
  }

  note(at: number, census: Census, changed: Partial<Tiles>): void {
    this.tiles = { ...this.tiles, ...changed } as Tiles;
    this.trail = [...this.trail, this.tiles].slice(-POINTS);
    for (const { row } of census.all) {
      const recorded = row.kind !== 'session' || row.name === this.looked;
      if (recorded) this.#track(row.name)?.record(at, row);
    }
    this.moment = at;
  }

  restarted(actor: string, at: number): void {
    this.#track(actor)?.restarted(at, actor);
  }

  interrupt(): void {
    if (this.trail.at(-1)) this.trail = [...this.trail, null].slice(-POINTS);
    for (const track of this.#tracks.values()) track.interrupt();
  }

  valuesOf(tile: TileName): (number | null)[] {
    return this.trail.map((tiles) => tiles?.[tile] ?? null);
  }

  #track(actor: string): Track | undefined {
    const known = this.#tracks.get(actor);
    if (known !== undefined) return known;
    if (this.#tracks.size >= MOST_TRACKS) this.#forgetOne();
    const track = new Track();
    this.#tracks.set(actor, track);
    return track;
  }

  /** Whoever was heard of least lately. */
  #forgetOne(): void {
    let oldest: [string, number] | null = null;
    for (const [name, track] of this.#tracks) {
      const at = track.at.at(-1) ?? 0;
      if (name !== this.looked && (oldest === null || at < oldest[1])) oldest = [name, at];
    }
    if (oldest !== null) this.#tracks.delete(oldest[0]);
  }
}
