import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { reached, type Bundle } from './reach.ts';

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
        const others = onlyOfTheObservatory(bundle);
        for (const [name, file] of Object.entries(bundle)) {
          if (file === worker || others.has(name)) continue;
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

/** Nobody who talks should fetch the page of those who watch; it is of no use without a server anyhow. */
function onlyOfTheObservatory(bundle: Bundle): Set<string> {
  const chats = reached(bundle, 'index', true);
  const only = [...reached(bundle, 'observatory', true)].filter((name) => !chats.has(name));
  return new Set(['observatory.html', ...only]);
}
