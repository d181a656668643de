import { fileURLToPath } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { fitsSideways, withoutBarriers } from './barriers';
import { Guest } from './guest';
import { Server } from './server';

const DESK = { width: 1180, height: 760 };
const NARROW = { width: 320, height: 640 };

let server: Server;

test.beforeEach(async () => {
  server = await Server.start();
});

test.afterEach(() => server.remove());

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the page has no barriers and nothing sticks out, ${colorScheme}`, async ({ browser }) => {
    const room = `${server.url}/r/green`;
    const options = { colorScheme, viewport: DESK };
    const ana = await Guest.opens(browser, room, 'Ana', options);
    await withoutBarriers(ana.page);
    if (colorScheme === 'light') await picture(ana.page, 'enter');
    await ana.enters();

    const bob = await Guest.opens(browser, room, 'Bob', options);
    await bob.enters();
    await rehearse(ana, bob);
    await bob.field.pressSequentially('See y');
    await expect(ana.typing).toHaveText('Bob is typing…');
    await picture(ana.page, colorScheme === 'light' ? 'chat' : 'chat-dark');
    await withoutBarriers(ana.page);

    await ana.page.getByRole('button', { name: '2 people here' }).click();
    await withoutBarriers(ana.page);
    await ana.page.keyboard.press('Escape');

    await ana.page.setViewportSize(NARROW);
    await ana.field.focus();
    if (colorScheme === 'light') await picture(ana.page, 'chat-narrow');
    await ana.says(`A long word: ${'w'.repeat(200)}`);
    await ana.tickOf('A long word', 'read');
    await fitsSideways(ana.page);
    await withoutBarriers(ana.page);

    await ana.page.getByRole('link', { name: 'All rooms' }).click();
    await expect(ana.page.getByRole('navigation', { name: 'Rooms' })).toBeVisible();
    await fitsSideways(ana.page);
    await withoutBarriers(ana.page);
    expect([...ana.complaints, ...bob.complaints]).toEqual([]);
  });
}

test('a name that will not do is explained beside the field', async ({ browser }) => {
  const ana = await Guest.opens(browser, server.url, '');
  const field = ana.page.getByLabel('Your name');
  await ana.page.getByRole('button', { name: 'Enter' }).click();
  await expect(field).toHaveAccessibleDescription('Please type a name.');
  await expect(field).toBeFocused();
  await field.fill('a\u200bb');
  await field.press('Enter');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(/.+/);
  await withoutBarriers(ana.page);
  await field.fill('Ana');
  await field.press('Enter');
  await expect(ana.page.getByRole('navigation', { name: 'Rooms' })).toBeVisible();
});

/** What the two say for the pictures. */
async function rehearse(ana: Guest, bob: Guest): Promise<void> {
  await ana.page.getByLabel('Enter a room').fill('props');
  await ana.page.getByRole('button', { name: 'Go' }).click();
  await ana.says('The lamp is mended 💡');
  await ana.page.getByRole('link', { name: /green/ }).click();
  const lines: [Guest, string][] = [
    [ana, 'Morning! Did everyone get the new running order?'],
    [bob, 'Got it. Act two starts with the letter scene now, right?'],
    [ana, 'Yes. The notes are at https://example.org/running-order'],
    [ana, 'Props are on the left, as before.'],
    [
      bob,
      'Lovely 🎭 Then I am on stage ten minutes earlier than last night, so please start my call at half past six and not at seven.',
    ],
    [bob, 'And somebody has borrowed my hat.'],
    [ana, 'שלום to the new stage hand, by the way'],
    [ana, 'Ready when you are'],
  ];
  for (const [guest, line] of lines) {
    await guest.says(line);
    await ana.sees(line);
    await bob.sees(line);
  }
  await ana.tickOf('Ready when you are', 'read');
}

/** Only where asked for: a test run changes nothing in the repository. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env.GREENROOM_SCREENSHOTS !== '1') return;
  const path = fileURLToPath(new URL(`../../../docs/screenshots/${name}.png`, import.meta.url));
  await page.mouse.move(0, 0);
  await page.screenshot({ path, animations: 'disabled' });
}
