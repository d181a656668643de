import type { Plugin } from 'vite';
import { reached, type Bundle } from './reach.ts';

/** Bytes, as Brotli leaves them: what stands between a person and the first message, and all that may ever follow. */
const FIRST_SCRIPT = 90_000;
const ALL_SCRIPTS = 260_000;
/** Fetched by whoever looks for an emoji; a book, and no script. */
const BOOK = /virtual_emoji/;
/** What the observatory fetches before it shows anything. */
const OBSERVATORY = 90_000;

/** Refuses to build a page that has become too large to be quick. */
export function withinBudget(): Plugin {
  return {
    name: 'greenroom-within-budget',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const first = sum(bundle, reached(bundle, 'index', false));
        const observatory = sum(bundle, reached(bundle, 'observatory', false));
        const all = Object.keys(bundle).filter((name) => name.endsWith('.js') && !BOOK.test(name));
        if (first > FIRST_SCRIPT) this.error(`the first script has ${first} bytes`);
        if (observatory > OBSERVATORY) this.error(`the observatory has ${observatory} bytes`);
        if (sum(bundle, all) > ALL_SCRIPTS)
          this.error(`all scripts together have ${sum(bundle, all)} bytes`);
      },
    },
  };
}

/** Of the scripts among these files, as they go over the wire. */
function sum(bundle: Bundle, files: Iterable<string>): number {
  const scripts = [...files].filter((name) => name.endsWith('.js'));
  return scripts.reduce((sum, name) => {
    const twin = bundle[`${name}.br`];
    return sum + (twin?.type === 'asset' ? twin.source.length : Infinity);
  }, 0);
}
