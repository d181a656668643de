import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { compressedTwins } from './build/compress.ts';

const SERVER = process.env.GREENROOM_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [svelte(), compressedTwins()],
  build: {
    target: 'es2022',
    // A data: address would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': { target: SERVER },
      '/ws': { target: SERVER, ws: true },
    },
  },
});
