import { Crowd } from './crowd';
import { member, PASSWORD } from './member';
import { expect, server, test } from './stage';
import { Watcher } from './watcher';

const MOST_ROWS = 60;
const SESSIONS = 10_000;

async function before(
  browser: Parameters<typeof Watcher.opens>[0],
  sessions: number,
): Promise<{
  watcher: Watcher;
  crowd: Crowd;
}> {
  const watcher = await Watcher.opens(browser, 'data:text/html,');
  const crowd = await Crowd.behind(watcher.page, sessions);
  await watcher.page.goto(`${server.url}/observatory`);
  await watcher.live();
  return { watcher, crowd };
}

test('of ten thousand sessions only those in sight are in the page, whatever happens to them', async ({
  browser,
}) => {
  const { watcher, crowd } = await before(browser, SESSIONS);
  const { page, tree } = watcher;
  await expect(watcher.row('sessions')).toContainText('× 10k');
  for (let i = 7; i >= 0; i--) await watcher.row(`shard:${i}`).locator('.twist').click();
  const rows = (): Promise<number> => tree.locator('[data-row]').count();
  // Those in sight are there, and all others are counted.
  await expect(tree).toHaveAttribute('aria-rowcount', /^1\d{4}$/);
  expect(await rows()).toBeGreaterThan(10);
  expect(await rows()).toBeLessThanOrEqual(MOST_ROWS);

  for (let round = 1; round <= 5; round++) {
    crowd.stirs(round);
    await expect(watcher.row('shard:0')).toHaveAttribute('aria-setsize', '8');
    expect(await rows()).toBeLessThanOrEqual(MOST_ROWS);
  }
  await watcher.row('engine').focus();
  await page.keyboard.press('End');
  const last = tree.locator('[data-row]:focus');
  await expect(last).toHaveAttribute('aria-setsize', '1250');
  await expect(last).toHaveAttribute('aria-posinset', '1250');
  expect(await rows()).toBeLessThanOrEqual(MOST_ROWS);
  await page.keyboard.press('Home');
  await expect(watcher.row('engine')).toBeFocused();
  expect(watcher.guest.complaints).toEqual([]);
});

test('where a part was lost all is asked for anew, and what comes between is not believed', async ({
  browser,
}) => {
  const { watcher, crowd } = await before(browser, 8);
  crowd.tells({ tiles: { dead_letters: 3 } });
  const tile = watcher.page.locator('.tile').filter({ hasText: 'Dead letters' });
  await expect(tile).toContainText('3');
  crowd.tells({ tiles: { dead_letters: 77 } }, true);
  await expect.poll(() => crowd.asked.map(({ type }) => type)).toContain('snapshot');
  await expect(tile).toContainText('0');
});

test('who pauses, or looks elsewhere, is told nothing meanwhile', async ({ browser }) => {
  const { watcher, crowd } = await before(browser, 8);
  const { page } = watcher;
  await page.getByLabel('Updates a second').selectOption('5/s');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect
    .poll(() => crowd.asked.filter(({ type }) => type !== 'look' && type !== 'list'))
    .toEqual([
      { type: 'rate', per_second: 5 },
      { type: 'pause', on: true },
      { type: 'pause', on: false },
      { type: 'pause', on: true },
    ]);
});

test('to whom it is not open the page says what to do, and lets admins in', async ({ browser }) => {
  const ana = await member(browser, server.url, 'Ana');
  await ana.page.goto(`${server.url}/observatory`);
  const { page } = ana;
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'This observatory is not open to you',
  );
  await signIn();
  await expect(page.getByRole('alert')).toHaveText(
    'You are signed in, but this account is no admin.',
  );
  await server.administers('promote', 'Ana');
  await signIn();
  await expect(page.getByRole('treegrid', { name: 'Actors' })).toBeVisible();
  // Without a laboratory there is nothing to crash by.
  await expect(page.getByRole('link', { name: 'Drills' })).toHaveCount(0);
  await page.getByRole('link', { name: 'store', exact: true }).click();
  await expect(page.getByRole('complementary', { name: 'Actor' })).toContainText('Policy');
  await expect(page.getByRole('button', { name: /Crash/ })).toHaveCount(0);

  async function signIn(): Promise<void> {
    await page.getByLabel('E-mail').fill('ana@example.org');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
});
