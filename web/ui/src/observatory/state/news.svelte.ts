/** What has just happened, in lines that go by themselves; screen readers are told each once. */
import { newsOf } from '../texts/stories';
import type { Story } from '../wire';

const SHOWN_MS = 15_000;
/** More at once are not read. */
const MOST = 3;

export interface Item {
  /** Of one thing only the newest is shown. */
  about: string;
  sentence: string;
  /** Where more is told. */
  story: number | null;
}

export class News {
  items = $state.raw<readonly Item[]>([]);

  tell(sentence: string, about = sentence, story: number | null = null): void {
    const item: Item = { about, sentence, story };
    const others = this.items.filter((other) => other.about !== about);
    this.items = [...others, item].slice(-MOST);
    setTimeout(() => this.drop(item), SHOWN_MS);
  }

  tellOf(story: Story): void {
    this.tell(newsOf(story), story.actor, story.n);
  }

  drop(item: Item): void {
    this.items = this.items.filter((other) => other !== item);
  }

  dropAll(): void {
    this.items = [];
  }
}
