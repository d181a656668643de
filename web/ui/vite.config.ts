import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { withinBudget } from './build/budget.ts';
import { compressedTwins } from './build/compress.ts';
import { emojiData } from './build/emoji.ts';
import { observatoryPlaces } from './build/places.ts';
import { shellForWorker } from './build/shell.ts';

const SERVER = process.env.GREENROOM_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [
    svelte(),
    emojiData(),
    observatoryPlaces(),
    shellForWorker(),
    compressedTwins(),
    withinBudget(),
  ],
  build: {
    target: 'es2022',
    // A data: address would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', observatory: 'observatory.html', sw: 'worker/sw.ts' },
      output: {
        // A worker's scope is its folder, and its name must stay for the next version to be found.
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: SERVER, ws: true },
      '/ws': { target: SERVER, ws: true },
    },
  },
});
