import { Guest } from './guest';
import { expect, server, test } from './stage';

test('who comes back begins where the new messages begin', async ({ browser }) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await bob.says('I have to go');
  await ana.sees('I have to go');

  await bob.page.getByLabel('Enter a room').fill('attic');
  await bob.page.getByLabel('Enter a room').press('Enter');
  await expect(bob.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await expect(ana.page.getByRole('button', { name: '1 person here' })).toBeVisible();
  for (let i = 1; i <= 30; i++) await ana.says(`Line ${i}.`);
  const link = bob.page.getByRole('link', { name: /green/ });
  await expect(link).toContainText('30 unread messages');
  await expect(bob.page).toHaveTitle('(30) #attic · Greenroom');

  await link.click();
  await expect(bob.log.getByText('New', { exact: true })).toBeInViewport();
  await expect(bob.message('Line 1.')).toBeInViewport();
  await bob.page.getByRole('button', { name: /new messages?|newest message/ }).click();
  await expect(bob.message('Line 30.')).toBeInViewport();
  await expect(bob.page).toHaveTitle('#green · Greenroom');
  await ana.tickOf('Line 30.', 'read');
});

test('a refused message can be sent again or thrown away', async ({ browser }) => {
  const ana = await Guest.opens(browser, 'about:blank', 'Ana');
  let refusals = 2;
  await ana.page.routeWebSocket('**/ws', (socket) => {
    const real = socket.connectToServer();
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text)) as { type: string; ref?: number };
      if (frame.type !== 'send' || refusals === 0) return real.send(text);
      refusals--;
      const refusal = {
        type: 'error',
        ref: frame.ref,
        code: 'forbidden',
        message: 'quiet, please',
      };
      socket.send(JSON.stringify(refusal));
    });
  });
  await ana.page.goto(`${server.url}/r/green?name=Ana`);
  await ana.says('One');
  await ana.says('Two');
  await ana.tickOf('One', 'failed');
  await ana.tickOf('Two', 'failed');
  await ana.message('One').getByRole('button', { name: 'Delete' }).click();
  await ana.message('Two').getByRole('button', { name: 'Retry' }).click();
  await ana.tickOf('Two', 'sent');
  await ana.seesExactly(['Two']);
});

test('a link with a name enters at once, two tabs are two people, and signing out forgets', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  await expect(ana.field).toBeVisible();
  const tab = await ana.page.context().newPage();
  await tab.goto(`${server.url}/r/green?name=Bob`);
  await expect(ana.page.getByRole('button', { name: '2 people here' })).toBeVisible();
  await ana.page.reload();
  await expect(tab.getByRole('button', { name: '2 people here' })).toBeVisible();

  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page.getByLabel('Your name')).toBeFocused();
  await expect(tab.getByRole('button', { name: '1 person here' })).toBeVisible();
  await ana.page.reload();
  await expect(ana.page.getByLabel('Your name')).toBeVisible();
});

test('a guest whom the server forgot is asked for a name again, and keeps what was written', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green`, 'Ana');
  await ana.enters();
  await ana.page.routeWebSocket('**/ws', (socket) => socket.close({ code: 1001 }));
  await ana.page.reload();
  await ana.says('For whoever comes');
  await server.forgetEverything();
  await ana.page.unrouteAll();
  const again = await ana.page.context().newPage();
  await again.goto(`${server.url}/r/green`);
  await expect(again.getByLabel('Your name')).toHaveValue('Ana');
  await expect(again.getByLabel('Your name')).toHaveAccessibleDescription(/no longer knows/);
  await again.getByRole('button', { name: 'Enter' }).click();
  const sent = again.getByRole('log').getByRole('article').filter({ hasText: 'For whoever comes' });
  await expect(sent.locator('[data-tick]')).toHaveAttribute('data-tick', 'sent');
});

test('the keyboard is enough', async ({ browser }) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  await expect(ana.field).toBeFocused();
  await ana.page.keyboard.type('Two');
  await ana.page.keyboard.press('Shift+Enter');
  await ana.page.keyboard.type('lines');
  await ana.page.keyboard.press('Enter');
  await expect(ana.log.locator('.text')).toHaveText('Two\nlines', { useInnerText: true });

  const people = ana.page.getByRole('button', { name: '1 person here' });
  await people.focus();
  await ana.page.keyboard.press('Enter');
  await expect(ana.page.getByRole('complementary', { name: 'Room details' })).toBeVisible();
  await ana.page.keyboard.press('Escape');
  await expect(people).toBeFocused();
});
