import type { Page } from '@playwright/test';
import { allInReach, fitsSideways, withoutBarriers, withStrongContrast } from './barriers';
import { Bot } from './bot';
import { picture, pictured } from './picture';
import { expect, server, test } from './stage';
import { Watcher } from './watcher';

test.use({ lab: true });

const DESK = { width: 1280, height: 800 };
const NARROW = { width: 320, height: 640 };
const PHONE = { width: 390, height: 844 };

let bots: Bot[];

test.beforeEach(async () => {
  bots = [];
  for (const [name, room] of [
    ['Ana', 'green'],
    ['Bob', 'green'],
    ['Cleo', 'attic'],
    ['Dan', 'props'],
  ] as const)
    bots.push(await Bot.comes(server.url, name, room));
  bots[0]!.talks(40);
  bots[2]!.talks(3);
});

test.afterEach(() => {
  for (const bot of bots) bot.leaves();
});

/** Each view and each layer over it, in its order; what is looked at is there. */
async function throughAll(watcher: Watcher, look: (name: string) => Promise<void>): Promise<void> {
  const { page } = watcher;
  const go = async (view: string): Promise<void> => {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click();
  };
  await expect(watcher.row('room:green')).toBeVisible();
  await look('observatory');
  await page.getByText('Drawing', { exact: true }).click();
  await expect(page.getByRole('link', { name: /^room:green/ })).toBeVisible();
  await look('observatory-drawing');
  await page.getByText('Table', { exact: true }).click();
  await watcher.looksAt('room:green');
  await expect(watcher.detail).toContainText('transient');
  await watcher.detail.getByRole('button', { name: 'Crash it…' }).click();
  await expect(watcher.dialog.getByText('room:green is started again')).toBeVisible();
  await look('observatory-crash');
  await watcher.dialog.getByRole('button', { name: 'Crash it' }).click();
  await expect(watcher.news).toContainText('room:green: recovered in');
  await look('observatory-actor');
  await watcher.news.getByRole('link').click();
  await expect(page.locator('[data-figure=took]')).toBeVisible();
  await watcher.news.getByRole('button', { name: 'Close' }).click();
  await look('observatory-story');
  await go('Log');
  await expect(page.getByRole('log')).toContainText('room:green');
  await look('observatory-log');
  await go('Drills');
  await expect(page.getByRole('button', { name: 'Run the drill room-panic' })).toBeVisible();
  await look('observatory-drills');
  await go('Tour');
  await look('observatory-tour');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await look('observatory-keys');
  await page.keyboard.press('Escape');
}

const PICTURED = [
  'observatory',
  'observatory-drawing',
  'observatory-actor',
  'observatory-crash',
  'observatory-story',
];

const darkOf = (theme: string, name: string): string | undefined =>
  theme === 'Dark' && name === 'observatory-actor' ? 'observatory-dark' : undefined;

/** Where one sees how busy everybody is: it is to be seen. */
const IN_THE_TREE = ['observatory', 'observatory-drawing', 'observatory-actor'];

for (const theme of ['Light', 'Dark', 'High contrast'] as const) {
  test(`the observatory has no barriers, ${theme.toLowerCase()}`, async ({ browser }) => {
    test.slow();
    const watcher = await Watcher.opens(browser, server.url, { viewport: DESK });
    await watcher.page.getByLabel('Appearance').selectOption(theme);
    await throughAll(watcher, async (name) => {
      await withoutBarriers(watcher.page);
      if (theme === 'High contrast') await withStrongContrast(watcher.page);
      const drawn = theme === 'Light' && PICTURED.includes(name) ? name : darkOf(theme, name);
      if (drawn === undefined || !pictured) return;
      if (IN_THE_TREE.includes(name)) await settled(watcher.page);
      await picture(watcher.page, drawn);
    });
    expect(watcher.guest.complaints).toEqual([]);
  });
}

test('on a screen of 320 pixels nothing sticks out, and all is in reach', async ({ browser }) => {
  test.slow();
  const watcher = await Watcher.opens(browser, server.url, { viewport: NARROW });
  await throughAll(watcher, async () => {
    await fitsSideways(watcher.page);
    await withoutBarriers(watcher.page);
  });
  await watcher.page.goto(`${server.url}/observatory/actor/room:green`);
  await expect(watcher.detail).toContainText('transient');
  await allInReach(watcher.page);
  expect(watcher.guest.complaints).toEqual([]);
});

test('on a phone', async ({ browser }) => {
  const options = { viewport: PHONE, hasTouch: true, colorScheme: 'dark' } as const;
  const watcher = await Watcher.opens(browser, server.url, options);
  await expect(watcher.row('room:green')).toBeVisible();
  if (pictured) await settled(watcher.page);
  await picture(watcher.page, 'observatory-phone');
  await watcher.looksAt('room:green');
  await expect(watcher.tree).toBeHidden();
  await watcher.detail.getByRole('link', { name: 'Back to the tree' }).click();
  await expect(watcher.tree).toBeVisible();
});

/** The small charts have something to show, and people talk at their usual pace. */
async function settled(page: Page): Promise<void> {
  const tile = page.locator('.tile').filter({ hasText: 'Messages/s' });
  const slowly = { timeout: 40_000 };
  await expect(tile.locator('path').last()).toHaveAttribute('d', /(L.*){14}/, slowly);
  await expect(tile).toContainText(/Messages\/s\s*[3-5]\d/, slowly);
}

test('charts have their figures as a table, and a sentence for those who do not see them', async ({
  browser,
}) => {
  const watcher = await Watcher.opens(browser, server.url, {}, '/actor/room:green');
  const chart = watcher.detail.getByRole('img', { name: /^Mailbox\. waiting: now/ });
  await expect(chart).toBeVisible();
  await expect(chart.locator('canvas')).toBeVisible();
  await watcher.detail.getByRole('button', { name: 'Show as table' }).click();
  await expect(watcher.detail.getByRole('table')).toHaveCount(3);
  await expect(watcher.detail.getByRole('rowheader').first()).toHaveText(/\d\d:\d\d:\d\d/);
  await watcher.detail.getByText('15 min').click();
  await expect(watcher.detail.getByLabel('15 min')).toBeChecked();
});
