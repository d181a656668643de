/** What has just happened, in one line that goes by itself; screen readers are told it once. */
import { newsOf } from '../texts/stories';
import type { Story } from '../wire';

const SHOWN_MS = 15_000;

export interface Item {
  sentence: string;
  /** Where more is told. */
  story: number | null;
}

export class News {
  item = $state.raw<Item | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  tell(sentence: string, story: number | null = null): void {
    clearTimeout(this.#timer);
    this.item = { sentence, story };
    this.#timer = setTimeout(() => this.drop(), SHOWN_MS);
  }

  tellOf(story: Story): void {
    this.tell(newsOf(story), story.n);
  }

  drop(): void {
    this.item = null;
  }
}
