import type { Locator, Page } from '@playwright/test';
import { allInReach, fitsSideways, withStrongContrast, withoutBarriers } from './barriers';
import { Guest } from './guest';
import { lobby, member, opensPanel, section } from './member';
import { expect, server, test } from './stage';

/** What is drawn in the end. */
const style = (of: Locator, ...names: string[]): Promise<string[]> =>
  of.evaluate(
    (element, names) => names.map((name) => getComputedStyle(element).getPropertyValue(name)),
    names,
  );

test('where the device has its own few colours, edges and states are seen all the same', async ({
  browser,
}) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, server.url, 'Ana', { forcedColors: 'active' });
  const { page } = ana;
  // Of those with whom one shares a room one hears when they go.
  await section(ana, 'People').getByRole('button', { name: /Bob/ }).click();
  await expect(page.getByRole('heading', { name: 'Bob', level: 2 })).toBeVisible();
  for (const room of ['attic', 'cellar']) {
    await page.getByLabel('Enter a room').fill(room);
    await page.getByLabel('Enter a room').press('Enter');
    await expect(page.getByText(`This is the beginning of #${room}.`)).toBeVisible();
  }
  await ana.says('Hello @Ana');
  await ana.tickOf('Hello', 'sent');

  const bubble = ana.log.locator('.bubble');
  const [edge, line, ground] = await style(
    bubble,
    'border-top-width',
    'border-top-color',
    'background-color',
  );
  expect(parseFloat(edge!), 'a bubble has an edge').toBeGreaterThanOrEqual(1);
  expect(line).not.toBe(ground);

  const mark = ['outline-style', 'outline-color', 'border-bottom-color', 'background-color'];
  const here = lobby(ana).getByRole('link', { name: /cellar/ });
  const there = lobby(ana).getByRole('link', { name: /attic/ });
  expect(await style(here, ...mark), 'the room one is in').not.toEqual(await style(there, ...mark));

  const online = section(ana, 'People').locator('.presence');
  await expect(online).toHaveClass(/online/);
  const [full] = await style(online, 'background-color');
  await bob.page.close();
  await expect(online).toHaveClass(/offline/);
  const [empty] = await style(online, 'background-color');
  expect(full, 'who is there is a full disc, who is not a ring').not.toBe(empty);

  // Wherever the keyboard comes by, it is seen.
  await page.keyboard.press('Tab');
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press('Tab');
    const focus = page.locator(':focus');
    if ((await focus.count()) === 0) continue;
    const shown = (await focus.evaluate((element) => element.matches('.choice input')))
      ? page.locator('label:has(:focus)')
      : focus;
    const [kind, width] = await style(shown, 'outline-style', 'outline-width');
    const name = await focus.evaluate((element) => element.outerHTML.slice(0, 80));
    expect(kind, name).not.toBe('none');
    expect(parseFloat(width!), name).toBeGreaterThanOrEqual(2);
  }

  await page.getByRole('button', { name: 'Settings' }).click();
  const choice = page.getByRole('dialog').locator('.choice label');
  const chosen = choice.filter({ has: page.locator('input:checked') }).first();
  const other = choice.filter({ has: page.locator('input:not(:checked)') }).first();
  expect(await style(chosen, 'border-top-color')).not.toEqual(
    await style(other, 'border-top-color'),
  );
  await withoutBarriers(page);
  await page.keyboard.press('Escape');
  await ana.field.pressSequentially('so :sm');
  const offers = page.getByRole('option');
  await expect(offers.first()).toBeVisible();
  expect(await style(offers.first(), 'outline-style')).not.toEqual(
    await style(offers.nth(1), 'outline-style'),
  );
  await withoutBarriers(page);
  expect(ana.complaints).toEqual([]);
});

test('whose device asks for strong contrast has seven to one everywhere', async ({ browser }) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, server.url, 'Ana', { contrast: 'more' });
  const { page } = ana;
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'contrast');
  await section(ana, 'People').getByRole('button', { name: /Bob/ }).click();
  await expect(page.getByRole('heading', { name: 'Bob', level: 2 })).toBeVisible();
  await ana.says('Hello @Bob, have you `seen` https://greenroom.example?');
  await ana.tickOf('Hello', 'sent');
  await expect(lobby(bob).getByRole('link', { name: /Ana/ })).toBeVisible();
  await withStrongContrast(page);
  await opensPanel(ana);
  await withStrongContrast(page);
  for (const opener of ['Make a room', 'Your profile, Ana', 'Settings', 'Jump to…']) {
    await lobby(ana).getByRole('button', { name: opener }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await withStrongContrast(page);
    await page.keyboard.press('Escape');
  }
  expect(ana.complaints).toEqual([]);
});

test('whom movement makes ill is led to a message without a flash', async ({ browser }) => {
  const attic = server.url + '/r/attic';
  const bob = await Guest.opens(browser, attic, 'Bob');
  await bob.enters();
  const ana = await Guest.opens(browser, attic, 'Ana', { reducedMotion: 'reduce' });
  await ana.enters();
  await bob.says('Who has my hat?');
  await ana.message('my hat').hover();
  await ana.message('my hat').getByRole('button', { name: 'Reply' }).click();
  await ana.says('It is under the lamp.');
  for (const [guest, moves] of [
    [bob, 'found'],
    [ana, 'none'],
  ] as const) {
    await guest
      .message('under the lamp')
      .getByRole('button', { name: /In reply to/ })
      .click();
    const found = guest.log.locator('.found .bubble');
    await expect(found).toContainText('my hat');
    const [animation] = await style(found, 'animation-name');
    expect(animation).toMatch(moves);
  }
});

test('at twice the size everything is there, without scrolling sideways', async ({ browser }) => {
  // A window of 1280 by 800 in which everything is twice as large.
  const twice = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
  const stranger = await Guest.opens(browser, server.url, 'Ana', twice);
  for (const way of ['As a guest', 'Sign in', 'Register']) {
    await stranger.page.getByRole('radio', { name: way }).check();
    await inReach(stranger.page);
  }
  const ana = await member(browser, server.url, 'Ana', twice);
  const { page } = ana;
  await inReach(page);
  for (const [opener, name] of [
    ['Make a room', 'Make a room'],
    ['Start a private chat', 'Start a private chat'],
    ['Your profile, Ana', 'Your profile'],
    ['Jump to…', 'Jump to a room or a person'],
    ['Settings', 'Settings'],
  ] as const) {
    await test.step(name, async () => {
      await lobby(ana).getByRole('button', { name: opener }).click();
      await expect(page.getByRole('dialog', { name })).toBeVisible();
      await inReach(page);
      await page.keyboard.press('Escape');
    });
  }
  await page.getByLabel('Enter a room').fill('attic');
  await page.getByLabel('Enter a room').press('Enter');
  for (let i = 1; i <= 12; i++) await ana.says(`Line ${i} of some length, as people write it.`);
  await ana.tickOf('Line 12', 'sent');
  await expect(ana.message('Line 12')).toBeInViewport();
  await inReach(page);
  await page.getByRole('button', { name: 'Emoji', exact: true }).click();
  await expect(page.getByRole('tab').first()).toBeVisible();
  await fitsSideways(page);
  const picker = (await page.getByRole('dialog').boundingBox())!;
  expect(picker.y).toBeGreaterThanOrEqual(0);
  expect(picker.y + picker.height).toBeLessThanOrEqual(400);
  await page.keyboard.press('Escape');
  await opensPanel(ana);
  await inReach(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('dialog')).toBeVisible();
  await inReach(page);
  expect(ana.complaints).toEqual([]);
});

async function inReach(page: Page): Promise<void> {
  await fitsSideways(page);
  await allInReach(page);
}
