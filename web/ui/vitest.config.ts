import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { emojiData } from './build/emoji.ts';

export default defineConfig({
  plugins: [svelte(), emojiData()],
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
