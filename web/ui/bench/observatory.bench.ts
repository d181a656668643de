import { test, type CDPSession } from '@playwright/test';
import { Crowd } from '../e2e/crowd';
import { Server } from '../e2e/server';
import { Watcher } from '../e2e/watcher';

const SESSIONS = 10_000;
const UPDATES = 60;
/** About as many rows as the server tells at once. */
const USUAL = 150;
/** A server with so many sessions that runs already, with --lab. */
const OBSERVED = process.env.GREENROOM_OBSERVED;
const OBSERVED_MS = 20_000;

const PARTS = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'] as const;

/** Processor time of the page's own thread so far: in all, and at scripts, styles and layout. */
class Work {
  private constructor(
    readonly session: CDPSession,
    readonly watcher: Watcher,
  ) {}

  static async of(watcher: Watcher): Promise<Work> {
    const session = await watcher.page.context().newCDPSession(watcher.page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new Work(session, watcher);
  }

  /** Tells what each of so many updates has cost meanwhile. */
  async at(what: string, go: () => Promise<number>): Promise<void> {
    const before = await this.#soFar();
    const updates = await go();
    const after = await this.#soFar();
    const [all, ...parts] = after.map((ms, i) => ((ms - before[i]!) / updates).toFixed(1));
    const rows = await this.watcher.page.locator('[data-row]').count();
    console.log(
      `${what}: ${all} ms an update, mean of ${updates} (script, style, layout: ${parts.join(', ')}); ${rows} rows in the page`,
    );
  }

  async #soFar(): Promise<number[]> {
    const { metrics } = await this.session.send('Performance.getMetrics');
    return PARTS.map((part) => (metrics.find(({ name }) => name === part)?.value ?? NaN) * 1_000);
  }
}

async function opensShards(watcher: Watcher): Promise<void> {
  for (let i = 7; i >= 0; i--) await watcher.row(`shard:${i}`).locator('.twist').click();
}

test('updates with ten thousand sessions in the tree', async ({ browser }) => {
  const server = await Server.start();
  const watcher = await Watcher.opens(browser, 'data:text/html,');
  const { page } = watcher;
  const crowd = await Crowd.behind(page, SESSIONS);
  await page.goto(`${server.url}/observatory`);
  await watcher.live();
  const work = await Work.of(watcher);
  const stirs = (changed: number) => async (): Promise<number> => {
    for (let round = 1; round <= UPDATES; round++) {
      crowd.stirs(round, changed);
      await page.waitForTimeout(60);
    }
    return UPDATES;
  };
  await work.at(`folded, ${USUAL} rows changed`, stirs(USUAL));
  await opensShards(watcher);
  await work.at(`all shards open, ${USUAL} rows changed`, stirs(USUAL));
  await work.at('all shards open, all rows changed', stirs(SESSIONS));
  await server.remove();
});

test('updates of a server that runs', async ({ browser }) => {
  test.skip(OBSERVED === undefined, 'GREENROOM_OBSERVED names none');
  const watcher = await Watcher.opens(browser, 'data:text/html,');
  const { page } = watcher;
  let told = 0;
  page.on('websocket', (socket) => socket.on('framereceived', () => told++));
  await page.goto(`${OBSERVED}/observatory`);
  await watcher.live();
  const work = await Work.of(watcher);
  const looks = async (): Promise<number> => {
    const before = told;
    await page.waitForTimeout(OBSERVED_MS);
    return told - before;
  };
  await work.at('folded', looks);
  await opensShards(watcher);
  await work.at('all shards open', looks);
  await page.getByRole('button', { name: 'Show all' }).first().click();
  await work.at('a page of sessions unfolded', looks);
});
