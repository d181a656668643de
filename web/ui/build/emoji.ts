import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

const ID = 'virtual:emoji';
/** Newer ones are boxes on many devices. */
const NEWEST = 15;
/** By the numbers that Unicode gives its groups; the parts of others (2) are no emoji by themselves. */
const GROUPS: Record<number, string> = {
  0: 'smileys',
  1: 'people',
  3: 'nature',
  4: 'food',
  5: 'travel',
  6: 'activities',
  7: 'objects',
  8: 'symbols',
  9: 'flags',
};

interface Entry {
  emoji: string;
  annotation: string;
  shortcodes?: string[];
  tags?: string[];
  group: number;
  order: number;
  version: number;
}

/** All emoji with what they are called, and nothing that the page has no use for. */
export function emojiData(): Plugin {
  return {
    name: 'greenroom-emoji',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load(id) {
      if (id !== `\0${ID}`) return undefined;
      const file = createRequire(import.meta.url).resolve(
        'emoji-picker-element-data/en/github/data.json',
      );
      const all = JSON.parse(readFileSync(file, 'utf8')) as Entry[];
      all.sort((a, b) => a.order - b.order);
      const groups = Object.entries(GROUPS).map(([number, name]) => ({
        name,
        emoji: all
          .filter(({ group, version }) => group === Number(number) && version <= NEWEST)
          .map(({ emoji, annotation, shortcodes = [], tags = [] }) => ({
            emoji,
            name: annotation,
            codes: shortcodes,
            tags,
          })),
      }));
      return `export default ${JSON.stringify(groups)};`;
    },
  };
}
