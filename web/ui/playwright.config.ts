import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  // Each test has a server of its own, and nothing else in common with any other.
  workers: 2,
  fullyParallel: true,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  // To trace takes as long again as the test: only what has failed is played once more with it, and listed as flaky where it
  // passes then, to be looked into.
  retries: 1,
  use: {
    trace: 'on-first-retry',
    actionTimeout: 10_000,
    launchOptions: {
      executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
