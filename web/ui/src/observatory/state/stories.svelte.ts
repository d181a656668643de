/** Each crash as a story, and whom the newest of them touched. */
import { litBy, type Light } from '../rules/light';
import * as calls from '../net/calls';
import type { Story } from '../wire';

/** So many are held; older ones are asked for. */
const PAGE = 50;
/** For so long after its end a story shows in the tree. */
const LIT_MS = 10_000;

export class Stories {
  /** The newest first. */
  all = $state.raw<readonly Story[]>([]);
  more = $state(true);
  loading = $state(false);
  /** How actors are marked by what happens to them at this moment. */
  light = $state.raw<ReadonlyMap<string, Light>>(new Map());

  #finished: (story: Story) => void;
  /** By number: at which moment of the server it was first seen to be over. */
  #ends = new Map<number, number>();

  constructor(finished: (story: Story) => void) {
    this.#finished = finished;
  }

  story(n: number): Story | undefined {
    return this.all.find((story) => story.n === n);
  }

  of(actor: string): readonly Story[] {
    return this.all.filter((story) => story.actor === actor);
  }

  begin(stories: readonly Story[], ms: number): void {
    // What ended before this page looked is no news.
    for (const { n, outcome } of stories) {
      if (outcome !== 'open' && !this.#known(n)) this.#ends.set(n, -Infinity);
    }
    this.follow(stories, ms);
  }

  follow(stories: readonly Story[], ms: number): void {
    if (stories.length > 0) this.#merge(stories);
    for (const story of stories) {
      if (story.outcome === 'open' || this.#ends.has(story.n)) continue;
      this.#ends.set(story.n, ms);
      this.#finished(story);
    }
    this.#shine(ms);
  }

  /** Those before what is held. */
  async older(): Promise<void> {
    if (this.loading || !this.more) return;
    this.loading = true;
    const { done } = await calls.stories(PAGE, this.all.at(-1)?.n);
    this.loading = false;
    if (done === undefined) return;
    for (const { n } of done.stories) if (!this.#ends.has(n)) this.#ends.set(n, -Infinity);
    this.more = done.more;
    this.#merge(done.stories);
  }

  #known(n: number): boolean {
    return this.all.some((story) => story.n === n);
  }

  #merge(stories: readonly Story[]): void {
    const all = new Map(this.all.map((story) => [story.n, story]));
    for (const story of stories) all.set(story.n, story);
    this.all = [...all.values()].sort((a, b) => b.n - a.n);
  }

  #shine(ms: number): void {
    const shown = this.all.filter(
      ({ n, outcome }) => outcome === 'open' || ms - (this.#ends.get(n) ?? -Infinity) < LIT_MS,
    );
    if (shown.length > 0 || this.light.size > 0) this.light = litBy(shown);
  }
}
