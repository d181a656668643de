/** Where each test plays: a server of its own, started before it and gone after it with everybody who came. */
import { test as base } from '@playwright/test';
import { Server } from './server';

export { expect } from '@playwright/test';

/** That of the test that runs: a worker runs one at a time. */
export let server: Server;

interface Stage {
  /** Whether the server is one that may be hurt. */
  lab: boolean;
  stage: void;
}

export const test = base.extend<Stage>({
  lab: [false, { option: true }],
  stage: [
    async ({ browser, lab }, use) => {
      server = await Server.start(...(lab ? ['--lab'] : []));
      try {
        await use();
        // Pages that stay open would look for their server during all tests to come.
        await Promise.all(browser.contexts().map((context) => context.close()));
      } finally {
        await server.remove();
      }
    },
    { auto: true },
  ],
});
