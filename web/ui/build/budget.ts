import type { Plugin } from 'vite';

/** Bytes, as Brotli leaves them: what stands between a person and the first message, and all that may ever follow. */
const FIRST_SCRIPT = 90_000;
const ALL_SCRIPTS = 260_000;
/** Fetched by whoever looks for an emoji; a book, and no script. */
const BOOK = /virtual_emoji/;

/** Refuses to build a page that has become too large to be quick. */
export function withinBudget(): Plugin {
  return {
    name: 'greenroom-within-budget',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const sizes = Object.entries(bundle)
          .filter(([name]) => name.endsWith('.js.br') && !BOOK.test(name))
          .map(([name, file]) => [name, file.type === 'asset' ? file.source.length : 0] as const);
        const first = sizes.find(([name]) => name.startsWith('assets/index-'))?.[1] ?? Infinity;
        const all = sizes.reduce((sum, [, size]) => sum + size, 0);
        if (first > FIRST_SCRIPT) this.error(`the first script has ${first} bytes`);
        if (all > ALL_SCRIPTS) this.error(`all scripts together have ${all} bytes`);
      },
    },
  };
}
