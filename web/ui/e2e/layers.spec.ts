import type { Locator, Page } from '@playwright/test';
import { fitsSideways, withoutBarriers } from './barriers';
import { Guest } from './guest';
import { lobby, makesPrivateRoom, member, opensPanel, section } from './member';
import { expect, server, test } from './stage';

const DESK = { width: 1280, height: 800 };
const NARROW = { width: 320, height: 640 };

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the way in has no barriers, ${colorScheme}`, async ({ browser }) => {
    const options = { colorScheme, viewport: NARROW };
    const { page } = await Guest.opens(browser, server.url, 'Ana', options);
    for (const [way, button] of [
      ['Sign in', 'Sign in'],
      ['Register', 'Create account'],
    ] as const) {
      await page.getByLabel(way).check();
      await withoutBarriers(page);
      await page.getByRole('button', { name: button }).click();
      await expect(page.getByRole('alert').first()).toBeVisible();
      await withoutBarriers(page);
      await fits(page);
    }
  });

  test(`no layer has barriers or sticks out, ${colorScheme}`, async ({ browser }) => {
    const bob = await member(browser, server.url, 'Bob');
    const ana = await member(browser, server.url, 'Ana', { colorScheme, viewport: DESK });
    const { page } = ana;
    await withoutBarriers(page);
    await section(ana, 'People').getByRole('button', { name: /Bob/ }).click();
    await ana.says('Hello');
    await makesPrivateRoom(ana, 'The attic', ['Bob']);
    await makesPrivateRoom(bob, 'Under the roof and behind the chimney', ['Ana']);
    await bob.says(`A long word: ${'w'.repeat(200)}`);
    await expect(page.getByText('You were added to #Under the roof')).toBeVisible();
    await expect(section(ana, 'Unread').getByRole('link')).toHaveCount(1);
    await withoutBarriers(page);

    for (const [opener, name] of [
      ['Make a room', 'Make a room'],
      ['Start a private chat', 'Start a private chat'],
      ['Your profile, Ana', 'Your profile'],
      ['Jump to…', 'Jump to a room or a person'],
    ] as const) {
      await test.step(name, async () => {
        const button = lobby(ana).getByRole('button', { name: opener });
        await opens(page, button);
        await seesLayer(page, name, colorScheme === 'light');
        await expect(button, 'the keyboard goes back to where it was').toBeFocused();
      });
    }

    const details = await opensPanel(ana);
    await expect(details.getByRole('listitem')).toHaveCount(2);
    await withoutBarriers(page);
    for (const [opener, name] of [
      ['Add people', 'Add people'],
      ['Edit this room', 'Edit this room'],
      ['Remove Bob', 'Remove Bob'],
      ['Delete the room', 'Delete the room'],
    ] as const) {
      await test.step(name, async () => {
        const button = details.getByRole('button', { name: opener });
        await opens(page, button);
        await seesLayer(page, name, colorScheme === 'light');
        await expect(button).toBeFocused();
      });
    }
    await page.setViewportSize(NARROW);
    await withoutBarriers(page);
    await fits(page);
    await page.keyboard.press('Escape');
    await expect(details).toBeHidden();
    await expect(page.getByRole('button', { name: '1 person here' })).toBeFocused();
    await page.getByRole('link', { name: /^All rooms/ }).click();
    await expect(lobby(ana)).toBeVisible();
    await fits(page);
    await withoutBarriers(page);
    expect([...ana.complaints, ...bob.complaints]).toEqual([]);
  });
}

/** By keyboard, which only the window in front has: Bob's is open, too. */
async function opens(page: Page, button: Locator): Promise<void> {
  await page.bringToFront();
  await button.focus();
  await page.keyboard.press('Enter');
}

/** Looks at an open layer, also on a narrow screen, and closes it by keyboard. */
async function seesLayer(page: Page, name: string, narrow: boolean): Promise<void> {
  const layer = page.getByRole('dialog', { name });
  await expect(layer).toBeVisible();
  await expect(layer.locator(':focus')).toHaveCount(1);
  await withoutBarriers(page);
  if (narrow) {
    await page.setViewportSize(NARROW);
    await fits(page);
    await page.setViewportSize(DESK);
  }
  await page.keyboard.press('Escape');
  await expect(layer).toBeHidden();
}

async function fits(page: Page): Promise<void> {
  await fitsSideways(page);
  const over = await page.evaluate(() =>
    [...document.querySelectorAll('dialog, aside')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.tagName),
  );
  expect(over).toEqual([]);
}
