import type { Browser } from '@playwright/test';
import { fitsSideways, withoutBarriers } from './barriers';
import { Guest } from './guest';
import { makesPrivateRoom, member } from './member';
import { expect, server, test } from './stage';

const guest = (browser: Browser, name: string, room = 'green', options = {}): Promise<Guest> =>
  Guest.opens(browser, `${server.url}/r/${room}?name=${name}`, name, options);

test('a room is named by a few letters, and whoever knows it follows the link', async ({
  browser,
}) => {
  const bob = await guest(browser, 'Bob', 'attic');
  await expect(bob.field).toBeVisible();
  const ana = await guest(browser, 'Ana', 'attic');
  await ana.page.getByLabel('Enter a room').fill('green');
  await ana.page.getByLabel('Enter a room').press('Enter');
  await expect(ana.page.getByText('This is the beginning of #green.')).toBeVisible();
  await ana.field.pressSequentially('Come to #at');
  const rooms = ana.page.getByRole('listbox', { name: 'Rooms' });
  await expect(rooms.getByRole('option')).toHaveText([/attic/]);
  await withoutBarriers(ana.page);
  await ana.page.keyboard.press('Enter');
  await expect(ana.field).toHaveValue('Come to #attic ');
  await ana.field.pressSequentially('and not to #nowhere');
  await ana.page.keyboard.press('Enter');
  const message = ana.message('Come to');
  await expect(message.getByRole('link')).toHaveText(['#attic']);
  await message.getByRole('link', { name: '#attic' }).click();
  await expect(ana.page.getByRole('heading', { name: '#attic', level: 2 })).toBeVisible();
  await expect(ana.page).toHaveURL(/\/r\/attic/);
});

test('an emoji is found by its name between colons', async ({ browser }) => {
  const ana = await guest(browser, 'Ana');
  await ana.field.pressSequentially('Done :tad');
  const emoji = ana.page.getByRole('listbox', { name: 'Emoji' });
  await expect(emoji.getByRole('option').first()).toHaveText(/🎉\s*:tada:/);
  await expect(ana.field).toHaveAttribute('aria-activedescendant', 'suggestion-0');
  await withoutBarriers(ana.page);
  await ana.page.keyboard.press('Tab');
  await expect(ana.field).toHaveValue('Done 🎉 ');
  await ana.field.pressSequentially('at 10:30 :x');
  await expect(emoji, 'one letter is none').toHaveCount(0);
  await ana.field.pressSequentially('y');
  await expect(emoji.getByRole('option').first()).toBeVisible();
  expect(await emoji.getByRole('option').count()).toBeLessThanOrEqual(8);
  await ana.page.keyboard.press('Escape');
  await expect(emoji).toHaveCount(0);
  expect(ana.complaints).toEqual([]);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`an emoji is picked by mouse, by keyboard and by a word, ${colorScheme}`, async ({
    browser,
  }) => {
    const ana = await guest(browser, 'Ana', 'green', { colorScheme });
    const { page, field } = ana;
    await field.fill('Hello you');
    await field.evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(6, 6));
    const button = page.getByRole('button', { name: 'Emoji', exact: true });
    await button.click();
    const picker = page.getByRole('dialog', { name: 'Choose an emoji' });
    await expect(picker.getByRole('button', { name: 'grinning face', exact: true })).toBeVisible();
    await withoutBarriers(page);
    await picker.getByRole('button', { name: 'grinning face', exact: true }).click();
    await expect(field).toHaveValue('Hello 😀you');
    await expect(field).toBeFocused();

    // By a word, and from there by keyboard.
    await button.click();
    const search = picker.getByRole('searchbox');
    await expect(search).toBeFocused();
    await search.fill('cat');
    await expect(picker.getByRole('status')).toHaveText(/^\d+ emoji$/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    const second = picker.getByRole('tabpanel').getByRole('button').nth(1);
    await expect(second).toBeFocused();
    const chosen = (await second.textContent())!;
    await page.keyboard.press('Enter');
    await expect(field).toHaveValue(`Hello 😀${chosen}you`);

    // The last used come first; another kind by the arrows.
    await button.click();
    await expect(picker.getByRole('tab', { name: 'Used lately' })).toHaveAttribute(
      'aria-selected',
      'true',
    );
    await expect(picker.getByRole('tabpanel').getByRole('button')).toHaveText([chosen, '😀']);
    await picker.getByRole('tab', { name: 'Used lately' }).focus();
    await page.keyboard.press('End');
    await expect(picker.getByRole('tab', { name: 'Flags' })).toBeFocused();
    await expect(picker.getByRole('tabpanel', { name: 'Flags' })).toBeVisible();
    await search.fill('no such thing');
    await expect(picker.getByText('No emoji for “no such thing”')).toBeVisible();
    await page.setViewportSize({ width: 320, height: 640 });
    await withoutBarriers(page);
    await fitsSideways(page);
    await page.keyboard.press('Escape');
    await expect(search, 'once for the word').toHaveValue('');
    await page.keyboard.press('Escape');
    await expect(picker).toHaveCount(0);
    await expect(button).toBeFocused();
    expect(ana.complaints).toEqual([]);
  });
}

test('whoever calls somebody from outside the room is told so', async ({ browser }) => {
  const dana = await member(browser, server.url, 'Dana');
  const ana = await member(browser, server.url, 'Ana');
  await makesPrivateRoom(ana, 'The attic');
  await expect(ana.page.getByRole('button', { name: '1 person here' })).toBeVisible();
  await ana.field.pressSequentially('Hello @da');
  const option = ana.page.getByRole('option', { name: 'Dana' });
  await expect(option).toContainText('Not in this room');
  await ana.page.keyboard.press('Enter');
  const warning = ana.page.getByText('Dana is not in this room, and will not see this.');
  await expect(warning).toBeVisible();
  await withoutBarriers(ana.page);
  await ana.field.fill('Hello');
  await expect(warning).toHaveCount(0);
  await dana.page.close();
});
