import type { Page } from '@playwright/test';
import { Bot, messagesIn, type Told } from './bot';
import { Guest } from './guest';
import { expect, server, test } from './stage';
import { Watcher } from './watcher';

test.use({ lab: true });

const PATIENCE_MS = 60_000;
const SLOWLY = { timeout: PATIENCE_MS };

interface Record {
  told: Told[];
  closed: number;
  refused: string[];
}

/** All that the server tells a page, from before it has opened anything. */
function recordOf(page: Page): Record {
  const record: Record = { told: [], closed: 0, refused: [] };
  page.on('websocket', (socket) => {
    socket.on('close', () => record.closed++);
    socket.on('framereceived', ({ payload }) => {
      const frame = JSON.parse(String(payload)) as { type: string };
      record.told.push(...messagesIn(frame));
      if (frame.type === 'error') record.refused.push(String(payload));
    });
  });
  return record;
}

async function chats(guest: Guest): Promise<Record> {
  const record = recordOf(guest.page);
  await guest.page.goto(`${server.url}/r/green?name=${guest.name}`);
  await expect(guest.field).toBeVisible();
  return record;
}

test('a room that is crashed from the page while two hundred messages a second are said there loses nothing, and its story says so', async ({
  browser,
}) => {
  test.slow();
  const ana = await Guest.opens(browser, 'about:blank', 'Ana');
  const bob = await Guest.opens(browser, 'about:blank', 'Bob');
  const records = [await chats(ana), await chats(bob)];
  const bot = await Bot.comes(server.url, 'Bot', 'green');
  const watcher = await Watcher.opens(browser, server.url, {}, '/actor/room:green');
  const { page } = watcher;
  // Two pages that draw two hundred messages a second leave the third little of a small computer.
  page.setDefaultTimeout(PATIENCE_MS);
  const crash = watcher.detail.getByRole('button', { name: 'Crash it…' });
  await expect(crash).toBeVisible();
  bot.talks(200);
  await expect.poll(() => bot.acked.size, SLOWLY).toBeGreaterThan(200);
  expect(
    records.every(({ told }) => told.length > 0),
    'both hear it',
  ).toBe(true);

  await crash.click();
  const radius = watcher.dialog.getByRole('region', { name: 'Who is touched' });
  await expect(radius).toContainText('room:green is started again by rooms');
  await expect(radius).toContainText('3 people');
  const before = bot.acked.size;
  const struck = Date.now();
  await watcher.dialog.getByRole('button', { name: 'Crash it' }).click();
  await expect(watcher.news).toContainText(/room:green: recovered in .* 0 lost, 0 doubled/, SLOWLY);
  const told = Date.now();
  await expect.poll(() => bot.acked.size, SLOWLY).toBeGreaterThan(before + 200);
  bot.fallsSilent();
  await expect.poll(() => bot.said.size - bot.acked.size, SLOWLY).toBe(0);

  // The clients' own records: each message once, in its place, and nobody was cut off or refused.
  const places = [...bot.acked].sort(([, a], [, b]) => a - b);
  const inOrder = places.map(([id, seq]) => ({ seq, body: bot.said.get(id)! }));
  expect(inOrder.map(({ body }) => body)).toEqual([...bot.said.values()]);
  expect(bot.complaints).toEqual([]);
  for (const record of records) {
    await expect.poll(() => record.told.length, SLOWLY).toBeGreaterThanOrEqual(inOrder.length);
    expect(record).toEqual({ told: inOrder, closed: 0, refused: [] });
  }
  for (const guest of [ana, bob]) {
    await guest.sees(inOrder.at(-1)!.body);
    await guest.connectionIs('Connected');
    expect(guest.complaints).toEqual([]);
  }

  // The story, against what they have.
  await watcher.detail.getByRole('link', { name: /recovered in/ }).click();
  await expect(page.getByRole('heading', { name: 'room:green', level: 2 })).toBeVisible();
  for (const step of ['crashed', 'starts it again', 'a fresh room:green', 'balance'])
    await expect(page.getByRole('list', { name: 'What happened, step by step' })).toContainText(
      step,
    );
  const story = await newestStory();
  expect(story.actor).toBe('room:green');
  expect(await watcher.figure('lost')).toBe(String(bot.said.size - inOrder.length));
  expect(await watcher.figure('doubled')).toBe(
    String(inOrder.length - new Set(inOrder.map(({ seq }) => seq)).size),
  );
  expect(story.people).toBe(3);
  expect(story.waited).toBeLessThanOrEqual(story.people);
  expect(story.replayed).toBeLessThanOrEqual(30);
  expect(Date.parse(story.at)).toBeGreaterThanOrEqual(struck - 5);
  expect(story.took_ms).toBeLessThanOrEqual(told - Date.parse(story.at));
  expect(watcher.guest.complaints).toEqual([]);
  bot.leaves();
});

interface StoryFigures {
  actor: string;
  at: string;
  people: number;
  waited: number;
  replayed: number;
  took_ms: number;
}

async function newestStory(): Promise<StoryFigures> {
  const answer = await fetch(`${server.url}/api/observatory/stories?limit=1`);
  const { stories } = (await answer.json()) as { stories: StoryFigures[] };
  return stories[0]!;
}

test('from the tree to an actor, its crash and the story of it, by keyboard alone', async ({
  browser,
}) => {
  const bot = await Bot.comes(server.url, 'Bot', 'green');
  const watcher = await Watcher.opens(browser, server.url);
  const { page } = watcher;
  const { keyboard } = page;
  await expect(watcher.row('room:green')).toBeVisible();

  await keyboard.press('t');
  await expect(watcher.row('engine')).toBeFocused();
  await keyboard.press('ArrowDown');
  await expect(watcher.row('store')).toBeFocused();
  await keyboard.press('End');
  await expect(watcher.row('shard:7')).toBeFocused();
  await keyboard.press('ArrowLeft');
  await expect(watcher.row('sessions')).toBeFocused();
  await expect(watcher.row('sessions')).toHaveAttribute('aria-expanded', 'true');
  await keyboard.press('ArrowLeft');
  await expect(watcher.row('sessions')).toHaveAttribute('aria-expanded', 'false');
  await expect(watcher.row('shard:7')).toHaveCount(0);
  await keyboard.press('ArrowUp');
  await expect(watcher.row('room:green')).toBeFocused();
  await expect(watcher.row('room:green')).toHaveAttribute('aria-level', '3');

  await keyboard.press('/');
  await keyboard.type('room:gre');
  await expect(watcher.row('store')).toHaveCount(0);
  await expect(watcher.row('room:green')).toHaveCount(1);
  await expect(page.getByText('1 actor', { exact: true })).toBeVisible();
  await keyboard.press('Escape');
  await keyboard.press('Control+A');
  await keyboard.press('Delete');
  await expect(watcher.row('store')).toBeVisible();

  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await keyboard.press('t');
  await expect(watcher.row('room:green')).toBeFocused();
  await keyboard.press('Enter');
  await expect(page).toHaveURL(/\/observatory\/actor\/room:green$/);
  await expect(page.locator('#actor')).toBeFocused();
  await keyboard.press('c');
  await expect(watcher.dialog).toHaveAccessibleName('Crash room:green');
  await expect(watcher.dialog.getByLabel('Panic now')).toBeFocused();
  await expect(watcher.dialog.getByText('room:green is started again')).toBeVisible();
  await keyboard.press('Enter');
  await expect(watcher.dialog).toHaveCount(0);
  await expect(watcher.news).toContainText('room:green: recovered in');

  await keyboard.press('s');
  await expect(page).toHaveURL(/\/observatory\/stories\/\d+$/);
  await expect(page.getByRole('article').getByRole('heading', { level: 2 })).toHaveText(
    /room:green/,
  );
  await keyboard.press('e');
  await expect(page.getByRole('log', { name: 'Event log' })).toContainText('room:green');
  await keyboard.press('?');
  await expect(watcher.dialog).toContainText('Crash the chosen actor');
  await keyboard.press('Escape');
  await expect(watcher.dialog).toHaveCount(0);
  await keyboard.press(' ');
  await expect(page.getByText('Paused', { exact: true })).toBeVisible();
  await keyboard.press(' ');
  await watcher.live();
  await keyboard.press('t');
  await expect(page).toHaveURL(/\/observatory$/);
  expect(watcher.guest.complaints).toEqual([]);
  bot.leaves();
});

test('a supervisor that crashes lights the way up to whoever decides, and marks those who go with it', async ({
  browser,
}) => {
  const bot = await Bot.comes(server.url, 'Bot', 'green');
  const watcher = await Watcher.opens(browser, server.url, {}, '/actor/rooms');
  await expect(watcher.row('room:green')).toBeVisible();
  await watcher.detail.getByRole('button', { name: 'Crash it…' }).click();
  await expect(watcher.dialog.getByRole('region', { name: 'Who is touched' })).toContainText(
    'room:green',
  );
  await watcher.dialog.getByRole('button', { name: 'Crash it' }).click();
  await expect(watcher.row('rooms')).toContainText('crashed');
  await expect(watcher.row('engine')).toContainText('decided');
  await expect(watcher.row('room:green')).toContainText('touched');
  await expect(watcher.row('presence')).not.toContainText('touched');
  await watcher.page.getByText('Drawing', { exact: true }).click();
  const drawing = watcher.page.getByRole('region', { name: 'The tree of actors, drawn' });
  await expect(drawing.getByRole('link', { name: /^engine.*decided/ })).toBeVisible();
  await expect(drawing.locator('path.lit').first()).toBeVisible();
  expect(watcher.guest.complaints).toEqual([]);
  bot.leaves();
});

test('a room that hangs is warned of, and comes back', async ({ browser }) => {
  const bot = await Bot.comes(server.url, 'Bot', 'green');
  const watcher = await Watcher.opens(browser, server.url);
  await expect(watcher.row('room:green')).toBeVisible();
  await watcher.row('room:green').focus();
  await watcher.page.keyboard.press('c');
  await watcher.dialog.getByText('Hang', { exact: true }).click();
  await watcher.dialog.getByRole('button', { name: 'Let it hang' }).click();
  bot.talks(20);
  const warnings = watcher.page.getByRole('region', { name: 'Warnings' });
  await expect(
    warnings.getByRole('link', { name: /room:green has handled nothing/ }),
  ).toBeVisible();
  await expect(watcher.news).toContainText('room:green: recovered in', { timeout: 20_000 });
  await expect(warnings).toContainText('Nothing deserves a warning.');
  expect(bot.complaints).toEqual([]);
  bot.leaves();
});

test('a poisonous message of the tour kills its room twice, and no third time', async ({
  browser,
}) => {
  const bot = await Bot.comes(server.url, 'Bot', 'green');
  const watcher = await Watcher.opens(browser, server.url, {}, '/tour');
  const { page } = watcher;
  const chapter = page.getByRole('article').filter({ hasText: 'A poisonous message' });
  await chapter.getByRole('button', { name: 'Poison the room…' }).click();
  await expect(watcher.dialog).toHaveAccessibleName('Crash room:green');
  await expect(watcher.dialog.getByLabel('A poisonous message')).toBeChecked();
  await watcher.dialog.getByRole('button', { name: 'Poison it' }).click();
  await expect(watcher.news).toContainText('The poisonous message was refused');
  await page.keyboard.press('e');
  await page.getByLabel('Search the log').fill('set aside');
  await expect(page.getByRole('log', { name: 'Event log' })).toContainText('twice');
  bot.talks(20);
  await expect.poll(() => bot.acked.size).toBeGreaterThan(5);
  expect(bot.complaints).toEqual([]);
  // The sender was told so.
  expect(watcher.guest.complaints).toEqual([expect.stringContaining('500')]);
  bot.leaves();
});

test('a room that is crashed six times in a row is set aside, and the page says for how long', async ({
  browser,
}) => {
  const bot = await Bot.comes(server.url, 'Bot', 'green');
  const watcher = await Watcher.opens(browser, server.url);
  await expect(watcher.row('room:green')).toBeVisible();
  await watcher.row('room:green').getByRole('button', { name: 'Crash room:green…' }).click();
  await watcher.dialog.getByText('Panic six times').click();
  await watcher.dialog.getByRole('button', { name: 'Crash it six times' }).click();
  await expect(watcher.news).toContainText('room:green: quarantined for 60 s', { timeout: 30_000 });
  await expect(watcher.row('room:green')).toContainText('set aside');
  const warnings = watcher.page.getByRole('region', { name: 'Warnings' });
  await expect(warnings).toContainText(/room:green is set aside for \d\d seconds more/);
  expect(watcher.guest.complaints).toEqual([]);
  bot.leaves();
});

test('the log tells what happened, stands still where one reads, and is taken along as JSON', async ({
  browser,
}) => {
  const watcher = await Watcher.opens(browser, server.url, {}, '/log');
  const { page } = watcher;
  const log = page.getByRole('log', { name: 'Event log' });
  const bot = await Bot.comes(server.url, 'Bot', 'green');
  await expect(log).toContainText('room:green');
  await page.getByRole('button', { name: 'Stand still' }).click();
  await server.strikes('crash', 'room:green');
  const behind = page.getByRole('button', { name: /newer event/ });
  await expect(behind).toBeVisible();
  await expect(log).not.toContainText('crash');
  await behind.click();
  await expect(log).toContainText('crash');
  await page.getByText('Failures', { exact: true }).click();
  await page.getByLabel('Search the log').fill('room:green');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as JSON' }).click(),
  ]);
  const saved = JSON.parse(await readAll(await download.createReadStream())) as { actor: string }[];
  expect(saved.length).toBeGreaterThan(0);
  expect(saved.every(({ actor }) => actor === 'room:green')).toBe(true);
  expect(watcher.guest.complaints).toEqual([]);
  bot.leaves();
});

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = '';
  for await (const part of stream) all += String(part);
  return all;
}

test('a drill runs from the page, with its verdict', async ({ browser }) => {
  test.slow();
  const watcher = await Watcher.opens(browser, server.url, {}, '/lab');
  const { page } = watcher;
  await page.getByRole('button', { name: 'Run the drill poison' }).click();
  const verdict = page.getByRole('region', { name: 'poison' });
  await expect(verdict).toContainText('running');
  await expect(verdict.getByRole('status')).toContainText('passed', { timeout: 120_000 });
  await expect(verdict).toContainText('attempts');
  expect(watcher.guest.complaints).toEqual([]);
});

test('the page goes on by itself where the server was started again', async ({ browser }) => {
  const watcher = await Watcher.opens(browser, server.url);
  await watcher.live();
  await server.kill();
  await expect(watcher.page.getByText('Reconnecting…')).toBeVisible();
  await server.run();
  await watcher.live();
  await expect(watcher.row('store')).toBeVisible();
});
