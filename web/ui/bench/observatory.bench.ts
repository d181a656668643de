import { test, type CDPSession } from '@playwright/test';
import { Crowd } from '../e2e/crowd';
import { Server } from '../e2e/server';
import { Watcher } from '../e2e/watcher';

const SESSIONS = 10_000;
const UPDATES = 60;
/** About as many rows as the server tells at once. */
const USUAL = 150;

/** Milliseconds that the page's own thread has worked so far: scripts, styles, layout and all else. */
async function worked(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1_000;
}

test('updates with ten thousand sessions in the tree', async ({ browser }) => {
  const server = await Server.start();
  const watcher = await Watcher.opens(browser, 'data:text/html,');
  const { page } = watcher;
  const crowd = await Crowd.behind(page, SESSIONS);
  await page.goto(`${server.url}/observatory`);
  await watcher.live();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');

  const measure = async (what: string, changed: number): Promise<void> => {
    const before = await worked(session);
    for (let round = 1; round <= UPDATES; round++) {
      crowd.stirs(round, changed);
      await page.waitForTimeout(60);
    }
    const each = ((await worked(session)) - before) / UPDATES;
    const rows = await page.locator('[data-row]').count();
    console.log(
      `${what}: ${each.toFixed(1)} ms an update, mean of ${UPDATES}; ${rows} rows in the page`,
    );
  };

  await measure(`folded, ${USUAL} rows changed`, USUAL);
  for (let i = 7; i >= 0; i--) await watcher.row(`shard:${i}`).locator('.twist').click();
  await measure(`all shards open, ${USUAL} rows changed`, USUAL);
  await measure(`all shards open, all rows changed`, SESSIONS);
  await server.remove();
});
