/** The book of emoji, fetched when somebody first looks for one, and those that were used last. */
import { withRecent, type Emoji, type EmojiGroup } from '../rules/emoji';
import type { Settings } from './settings.svelte';

export class Emojis {
  groups = $state.raw<readonly EmojiGroup[]>([]);
  all = $derived(this.groups.flatMap((group) => group.emoji));

  #settings: Settings;
  #loading = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      this.groups = (await import('virtual:emoji')).default;
    } catch {
      // There is no connection: the next one who looks for an emoji asks again.
      this.#loading = false;
    }
  }

  /** The last used first, as far as the book has them. */
  get recent(): Emoji[] {
    const byEmoji = new Map(this.all.map((emoji) => [emoji.emoji, emoji]));
    return this.#settings.choices.recentEmoji.flatMap((emoji) => byEmoji.get(emoji) ?? []);
  }

  used(emoji: string): void {
    const { recentEmoji } = this.#settings.choices;
    this.#settings.choose({ recentEmoji: withRecent(recentEmoji, emoji) });
  }
}
