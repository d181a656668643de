import { Guest } from './guest';
import { lobby, member, section } from './member';
import { expect, server, test } from './stage';

test('the page has its landmarks, one heading of the first order, and a way past the list', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  const { page } = ana;
  await expect(ana.field).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByRole('navigation', { name: 'Rooms' })).toHaveCount(1);
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(page.getByRole('form', { name: 'Message' })).toHaveCount(1);
  await expect(ana.log).toHaveAttribute('aria-live', 'off');
  await ana.says('Hello');
  await ana.tickOf('Hello', 'sent');
  await expect(ana.message('Hello')).toMatchAriaSnapshot(`
    - article /^Ana, \\d\\d:\\d\\d, Hello, Sent$/
  `);
  const time = ana.message('Hello').locator('time');
  await expect(time).toHaveText(/^\d\d:\d\d$/);
  await expect(time).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\dT/);
  await expect(time).toHaveAttribute('title', /\d{4}.*\d\d:\d\d/);

  await page.reload();
  await ana.sees('Hello');
  await page.locator('.skip').focus();
  await expect(page.locator('.skip')).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test('new messages are told in one quiet line', async ({ browser }) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await expect(ana.field).toBeVisible();
  await bob.says('Is anybody here?');
  const told = ana.page.getByRole('status').filter({ hasText: 'Is anybody here?' });
  await expect(told).toHaveCount(1);
});

test('the field grows with what is written, and a word that is being composed is not sent', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  const height = async (): Promise<number> => (await ana.field.boundingBox())!.height;
  const one = await height();
  await ana.field.fill('One\nTwo\nThree');
  expect(await height()).toBeGreaterThan(one + 30);
  await ana.field.fill('Line\n'.repeat(80));
  const most = ana.page.viewportSize()!.height * 0.4;
  expect(await height()).toBeLessThanOrEqual(most + 1);

  await ana.field.fill('にほ');
  await ana.field.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(ana.field).toHaveValue('にほ');
  await expect(ana.log.getByRole('article')).toHaveCount(0);
  await ana.field.press('Enter');
  await ana.tickOf('にほ', 'sent');
});

test('where there is nothing yet it is said what to do', async ({ browser }) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, server.url, 'Ana');
  await expect(lobby(ana)).toContainText('You are in no room yet.');
  await expect(lobby(ana)).toContainText('Make one, browse the public ones');
  await expect(section(ana, 'Private chats')).toContainText('Talk to one person');
  await section(ana, 'People').getByRole('button', { name: /Bob/ }).click();
  await expect(ana.log).toContainText('Bob');
  await ana.page.keyboard.press('Control+k');
  await ana.page.keyboard.type('zzz!');
  await expect(ana.page.getByRole('dialog')).toContainText('zzz!');
  await bob.page.close();
});
