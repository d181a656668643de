import type { Browser, Page } from '@playwright/test';
import { fitsSideways, withoutBarriers } from './barriers';
import { Guest } from './guest';
import { expect, server, test } from './stage';

test('one is told of a mention in another room, and not of the room one looks at', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, 'about:blank', 'Ana');
  await ana.page.context().grantPermissions(['notifications'], { origin: server.url });
  await ana.page.addInitScript(recordNotifications);
  await ana.page.goto(`${server.url}/r/green?name=Ana`);
  await expect(ana.field).toBeVisible();
  await ana.page.getByRole('button', { name: 'Settings' }).click();
  await ana.page.getByLabel('Notify me on this device').check();
  await ana.page.keyboard.press('Escape');
  await enters(ana, 'attic');

  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await bob.says('Nothing for anybody');
  // Behind what a list shows of it.
  await bob.says(`${'A long story. '.repeat(12)} And what do you say, @ana?`);
  await ana.page.bringToFront();
  await expect.poll(() => told(ana.page)).toHaveLength(1);
  await bob.says('Are you there, @ana?');
  await enters(bob, 'attic');
  await ana.page.bringToFront();
  await bob.says('@ana, here I am, too');
  await ana.sees('here I am, too');
  await expect
    .poll(() => told(ana.page))
    .toEqual([
      expect.stringMatching(/^Bob \(#green\): A long story/),
      'Bob (#green): Are you there, @ana?',
    ]);
  await expect(ana.page).toHaveTitle('(3) #attic · Greenroom');
  await expect(ana.page.locator('link[rel=icon]')).toHaveAttribute('href', '/icon-unread.svg');

  // A click leads to the message.
  await ana.page.evaluate(() =>
    (window as unknown as Recorded).told[1]?.onclick?.(new Event('click')),
  );
  await expect(ana.page).toHaveURL(/\/r\/green/);
  await expect(ana.message('Are you there')).toBeFocused();
  await expect(ana.page).toHaveTitle('#green · Greenroom');
  await expect(ana.page.locator('link[rel=icon]')).toHaveAttribute('href', '/icon.svg');
});

test('a room can be muted, or tell all', async ({ browser }) => {
  const ana = await Guest.opens(browser, 'about:blank', 'Ana');
  await ana.page.context().grantPermissions(['notifications'], { origin: server.url });
  await ana.page.addInitScript(recordNotifications);
  await ana.page.goto(`${server.url}/r/green?name=Ana`);
  await ana.page.getByRole('button', { name: 'Settings' }).click();
  await ana.page.getByLabel('Notify me on this device').check();
  await ana.page.keyboard.press('Escape');
  await ana.page.getByRole('button', { name: /^Notifications of this room/ }).click();
  await ana.page.getByLabel('Every message').check();
  await withoutBarriers(ana.page);
  await ana.page.keyboard.press('Escape');
  await enters(ana, 'attic');

  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await bob.says('For everybody');
  await expect.poll(() => told(ana.page)).toEqual(['Bob (#green): For everybody']);

  await ana.page.getByRole('link', { name: /green/ }).click();
  await ana.page.getByRole('button', { name: /^Notifications of this room/ }).click();
  await ana.page.getByLabel('Nothing').check();
  await ana.page.keyboard.press('Escape');
  await ana.page.goBack();
  await expect(ana.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await bob.says('@Ana, are you asleep?');
  await expect(ana.page.getByRole('link', { name: /green/ })).toContainText('asleep');
  await expect(ana.page.getByRole('link', { name: /green/ })).toContainText('Muted');
  await expect(ana.page).toHaveTitle('#attic · Greenroom');
});

for (const theme of ['Light', 'Dark', 'High contrast']) {
  test(`settings and shortcuts have no barriers: ${theme}`, async ({ browser }) => {
    const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
    await ana.says('Hello **all** of `you`, @Ana:\n\n> quoted\n\n```js\nlet a = "b"; // c\n```');
    const opener = ana.page.getByRole('button', { name: 'Settings' });
    await opener.click();
    const settings = ana.page.getByRole('dialog', { name: 'Settings' });
    await settings.getByText(theme, { exact: true }).click();
    await expect(settings.getByLabel(theme, { exact: true })).toBeChecked();
    await withoutBarriers(ana.page);
    await ana.page.keyboard.press('Escape');
    await expect(opener).toBeFocused();
    await withoutBarriers(ana.page);

    await ana.page.getByRole('button', { name: /^Notifications of this room/ }).click();
    await expect(ana.page.getByRole('group', { name: 'Tell me of' })).toBeVisible();
    await withoutBarriers(ana.page);
    await ana.page.keyboard.press('Escape');
    await ana.message('quoted').hover();
    await ana
      .message('quoted')
      .getByRole('button', { name: /Who has read it/ })
      .click();
    await expect(ana.page.getByRole('dialog', { name: 'Who has read it' })).toBeVisible();
    await withoutBarriers(ana.page);
    await ana.page.keyboard.press('Escape');
    await ana.message('quoted').getByRole('button', { name: 'Reply' }).click();
    await guestWhoIsCalled(browser, server.url);
    await ana.field.pressSequentially('@b');
    await expect(ana.page.getByRole('listbox', { name: 'People' })).toBeVisible();
    await withoutBarriers(ana.page);
    await ana.field.press('Enter');
    await ana.field.press('Enter');
    await ana.sees('@Bob');

    // It is there before anything is drawn, so also after a reload.
    await ana.page.reload({ waitUntil: 'commit' });
    const shown = { Light: 'light', Dark: 'dark', 'High contrast': 'contrast' }[theme]!;
    await expect(ana.page.locator('html')).toHaveAttribute('data-theme', shown);
    await expect(ana.field).toBeFocused();
    await ana.page.keyboard.press('Control+/');
    await expect(ana.page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await withoutBarriers(ana.page);
    await ana.page.setViewportSize({ width: 320, height: 640 });
    await fitsSideways(ana.page);
    await ana.page.keyboard.press('Escape');
    await expect(ana.field).toBeFocused();
    await fitsSideways(ana.page);
    expect(ana.complaints).toEqual([]);
  });
}

test('keys go from room to room and round the page, and single letters can be switched off', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  await ana.says('One');
  await ana.tickOf('One', 'sent');
  await enters(ana, 'attic');
  await ana.says('Two');
  await ana.tickOf('Two', 'sent');
  await ana.page.keyboard.press('Alt+ArrowDown');
  await expect(ana.page).toHaveURL(/\/r\/green/);
  await ana.sees('One');
  await ana.page.keyboard.press('Alt+ArrowUp');
  await expect(ana.page).toHaveURL(/\/r\/attic/);
  await ana.sees('Two');
  await expect(ana.field).toBeFocused();
  await ana.page.keyboard.press('Shift+F6');
  await expect(ana.message('Two')).toBeFocused();
  await ana.page.keyboard.press('Control+F6');
  await expect(ana.field).toBeFocused();

  await ana.message('Two').focus();
  await ana.page.keyboard.press('?');
  await expect(ana.page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await ana.page.keyboard.press('Escape');
  await ana.page.getByRole('button', { name: 'Settings' }).click();
  await ana.page.getByRole('checkbox', { name: /^Single letters/ }).uncheck();
  await ana.page.getByText('Ctrl + Enter', { exact: true }).click();
  await ana.page.keyboard.press('Escape');
  await ana.message('Two').focus();
  await ana.page.keyboard.press('r');
  await ana.page.keyboard.press('?');
  await expect(ana.page.getByRole('dialog')).toHaveCount(0);
  await expect(ana.page.getByRole('group', { name: 'Your answer to' })).toHaveCount(0);

  await ana.field.fill('Three');
  await ana.field.press('Enter');
  await expect(ana.field).toHaveValue('Three\n');
  await ana.field.press('Control+Enter');
  await ana.sees('Three');
});

async function guestWhoIsCalled(browser: Browser, url: string): Promise<void> {
  const bob = await Guest.opens(browser, `${url}/r/green?name=Bob`, 'Bob');
  await expect(bob.field).toBeVisible();
}

async function enters(guest: Guest, room: string): Promise<void> {
  await guest.page.getByLabel('Enter a room').fill(room);
  await guest.page.getByLabel('Enter a room').press('Enter');
  await expect(guest.page.getByRole('textbox', { name: `Message #${room}` })).toBeVisible();
}

interface Recorded {
  told: Notification[];
}

/** Headless browsers show none: what would be shown is written down instead. */
function recordNotifications(): void {
  const page = window as unknown as Recorded;
  page.told = [];
  const Real = Notification;
  window.Notification = new Proxy(Real, {
    construct(real, parameters: [string, NotificationOptions]) {
      const notification = new real(...parameters);
      page.told.push(notification);
      return notification;
    },
  });
}

function told(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    (window as unknown as Recorded).told.map(({ title, body }) => `${title}: ${body}`),
  );
}
