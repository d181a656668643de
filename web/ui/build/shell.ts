import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

const WORKER = 'sw.js';
const PLACEHOLDER = '__SHELL__';

/** Tells the service worker which files the page is made of. */
export function shellForWorker(): Plugin {
  return {
    name: 'greenroom-shell-for-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle[WORKER];
        if (worker?.type !== 'chunk') return this.error(`${WORKER} was not built`);
        const hash = createHash('sha256');
        const files = ['/'];
        for (const [name, file] of Object.entries(bundle)) {
          if (file === worker) continue;
          hash.update(name).update(file.type === 'chunk' ? file.code : file.source);
          if (name !== 'index.html') files.push(`/${name}`);
        }
        for (const name of readdirSync('public').sort()) {
          hash.update(name).update(readFileSync(`public/${name}`));
          files.push(`/${name}`);
        }
        const shell = { version: hash.digest('hex').slice(0, 16), files };
        worker.code = worker.code.replaceAll(PLACEHOLDER, JSON.stringify(shell));
      },
    },
  };
}
