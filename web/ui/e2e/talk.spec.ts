import { withoutBarriers } from './barriers';
import { Guest } from './guest';
import { expect, server, test } from './stage';

const guest = (browser: Parameters<typeof Guest.opens>[0], name: string, room = 'green') =>
  Guest.opens(browser, `${server.url}/r/${room}?name=${name}`, name);

test('what is marked is shown so, and what is hostile is shown as text', async ({ browser }) => {
  const ana = await guest(browser, 'Ana');
  const bob = await guest(browser, 'Bob');
  await ana.says('**Loud**, _soft_, `code`, and @Bob: see [the notes](https://example.org/n)');
  const message = bob.message('Loud');
  await expect(message.locator('strong')).toHaveText('Loud');
  await expect(message.locator('em')).toHaveText('soft');
  await expect(message.locator('code')).toHaveText('code');
  await expect(message.locator('.own')).toHaveText('@Bob');
  await expect(ana.message('Loud').locator('.own')).toHaveCount(0);
  const link = message.getByRole('link', { name: 'the notes' });
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow');

  await ana.says('```js\nconst lamp = "mended"; // at last\n```');
  const code = bob.log.getByRole('group', { name: 'Code, js' });
  await expect(code.locator('.value')).toHaveText('"mended"');
  await expect(code).toHaveText('const lamp = "mended"; // at last');
  await bob.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await bob.log.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(bob.log.getByText('Copied')).toBeVisible();
  expect(await bob.page.evaluate(() => navigator.clipboard.readText())).toBe(
    'const lamp = "mended"; // at last',
  );

  const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
  await ana.says(hostile);
  await expect(bob.message('onerror').locator('.text')).toHaveText(hostile);
  await ana.says('[click](javascript:alert(1)) me');
  await expect(bob.message('me').last().getByRole('link')).toHaveCount(0);
  await ana.says('>'.repeat(7_900));
  await ana.says('still here');
  await bob.sees('still here');
  await withoutBarriers(bob.page);
  expect([...ana.complaints, ...bob.complaints]).toEqual([]);
});

test('a draft survives a reload and another room, and goes when it is sent', async ({
  browser,
}) => {
  const ana = await guest(browser, 'Ana');
  await ana.says('First');
  await ana.field.fill('Half a thou');
  await ana.page.getByLabel('Enter a room').fill('attic');
  await ana.page.getByLabel('Enter a room').press('Enter');
  await expect(ana.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await expect(ana.field).toHaveValue('');
  const green = ana.page.getByRole('link', { name: /green/ });
  await expect(green, 'the list says where something waits').toContainText('Draft');
  await ana.page.goBack();
  await expect(ana.field).toHaveValue('Half a thou');
  await expect(green).not.toContainText('Draft');

  // Written, and kept, before the page goes: IndexedDB says so itself.
  await ana.field.fill('Half a thought');
  await expect.poll(() => keptDrafts(ana)).toEqual(['Half a thought']);
  await ana.page.reload();
  await expect(ana.field).toHaveValue('Half a thought');
  await ana.field.press('Enter');
  await ana.tickOf('Half a thought', 'sent');
  await expect.poll(() => keptDrafts(ana)).toEqual([]);
  await ana.page.reload();
  await ana.sees('Half a thought');
  await expect(ana.field).toHaveValue('');

  await ana.field.fill('A secret');
  await expect.poll(() => keptDrafts(ana)).toEqual(['A secret']);
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect.poll(() => keptDrafts(ana)).toEqual([]);
});

test('an answer quotes what it answers, and leads back to it', async ({ browser }) => {
  const ana = await guest(browser, 'Ana');
  await ana.says('Who has **my hat**?');
  await ana.tickOf('my hat', 'sent');
  await server.fills('green', 120);
  await ana.sees('Line 120.');

  await ana.message('Line 120.').hover();
  await ana.message('Line 120.').getByRole('button', { name: 'Reply' }).click();
  const answering = ana.page.getByRole('group', { name: 'Your answer to' });
  await expect(answering).toContainText('Line 120.');
  await expect(ana.field).toBeFocused();
  await ana.page.keyboard.press('Escape');
  await expect(answering).toHaveCount(0);

  // By keyboard, to a message that Bob has not loaded.
  await ana.message('Line 120.').focus();
  await ana.page.keyboard.press('Home');
  await expect(ana.message('my hat')).toBeFocused();
  await ana.page.keyboard.press('r');
  await expect(answering).toContainText('Who has my hat?');
  const bob = await guest(browser, 'Bob');
  await bob.sees('Line 120.');
  await expect(bob.message('my hat')).toHaveCount(0);
  await ana.says('It was under the lamp');
  await expect(answering).toHaveCount(0);

  const quote = bob.message('under the lamp').getByRole('button', { name: /In reply to/ });
  await expect(quote).toContainText('Who has my hat?');
  await quote.click();
  const hat = bob.log.locator('[data-seq="1"]');
  await expect(hat).toBeFocused();
  await expect(hat).toBeInViewport();
  expect([...ana.complaints, ...bob.complaints]).toEqual([]);
});

test('the keyboard goes from message to message', async ({ browser }) => {
  const ana = await guest(browser, 'Ana');
  for (const line of ['One', 'Two', 'Three']) await ana.says(line);
  await ana.tickOf('Three', 'sent');
  await ana.message('Three').focus();
  await ana.page.keyboard.press('ArrowUp');
  await expect(ana.message('Two')).toBeFocused();
  await expect(ana.message('Two')).toHaveAccessibleName(/^Ana, \d\d:\d\d, Two, Sent$/);
  await ana.page.keyboard.press('Tab');
  await expect(ana.message('Two').getByRole('button', { name: /Who has read it/ })).toBeFocused();
  await ana.page.keyboard.press('Enter');
  const readers = ana.page.getByRole('dialog', { name: 'Who has read it' });
  await expect(readers).toContainText('Nobody has read it yet.');
  await withoutBarriers(ana.page);
  await ana.page.keyboard.press('Escape');
  await expect(readers).toHaveCount(0);
  await expect(ana.message('Two').getByRole('button', { name: /Who has read it/ })).toBeFocused();

  await ana.message('Two').focus();
  await ana.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await ana.page.keyboard.press('c');
  await expect.poll(() => ana.page.evaluate(() => navigator.clipboard.readText())).toBe('Two');
  await ana.page.keyboard.press('Escape');
  await expect(ana.field).toBeFocused();
  await ana.page.keyboard.type('rc');
  await expect(ana.field, 'letters in a field are letters').toHaveValue('rc');
});

test('somebody is called by a few letters of their name', async ({ browser }) => {
  const ana = await guest(browser, 'Ana');
  await guest(browser, 'Bob');
  await guest(browser, 'Boris');
  await expect(ana.page.getByRole('button', { name: '3 people here' })).toBeVisible();
  await ana.field.pressSequentially('Hello @bo');
  const names = ana.page.getByRole('listbox', { name: 'People' });
  await expect(names.getByRole('option')).toHaveText([/Bob/, /Boris/]);
  await expect(names.getByRole('option', { name: 'Bob' })).toHaveAttribute('aria-selected', 'true');
  await withoutBarriers(ana.page);
  await ana.page.keyboard.press('ArrowDown');
  await ana.page.keyboard.press('Tab');
  await expect(ana.field).toHaveValue('Hello @Boris ');
  await expect(ana.field).toBeFocused();
  await ana.field.pressSequentially('and @b');
  await ana.page.keyboard.press('Escape');
  await expect(names).toHaveCount(0);
  await ana.page.keyboard.press('Control+a');
  await ana.page.keyboard.press('Control+b');
  await expect(ana.field).toHaveValue('**Hello @Boris and @b**');
});

test('what was refused is sent again, or thrown away, all at once', async ({ browser }) => {
  const ana = await Guest.opens(browser, 'about:blank', 'Ana');
  let quiet = true;
  await ana.page.routeWebSocket('**/ws', (socket) => {
    const real = socket.connectToServer();
    socket.onMessage((text) => {
      const { type, ref } = JSON.parse(String(text)) as { type: string; ref?: number };
      if (type !== 'send' || !quiet) return real.send(text);
      const refusal = { type: 'error', ref, code: 'forbidden', message: 'quiet, please' };
      socket.send(JSON.stringify(refusal));
    });
  });
  await ana.page.goto(`${server.url}/r/green?name=Ana`);
  for (const line of ['One', 'Two']) await ana.says(line);
  await expect(ana.page.getByText('Some messages have not been sent.')).toBeVisible();
  quiet = false;
  await ana.page.getByRole('button', { name: 'Retry all' }).click();
  await ana.tickOf('One', 'sent');
  await ana.tickOf('Two', 'sent');
  quiet = true;
  for (const line of ['Three', 'Four']) await ana.says(line);
  await ana.page.getByRole('button', { name: 'Delete all' }).click();
  await ana.seesExactly(['One', 'Two']);
});

/** What the browser keeps of drafts, by whomever. */
function keptDrafts(of: Guest): Promise<string[]> {
  return of.page.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const open = indexedDB.open('greenroom-drafts');
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const all = open.result.transaction('drafts').objectStore('drafts').getAll();
          all.onsuccess = () => {
            open.result.close();
            resolve((all.result as { text: string }[]).map((draft) => draft.text));
          };
        };
      }),
  );
}

test('in a private room a message is read when all have read it, and comings are told', async ({
  browser,
}) => {
  const ana = await guest(browser, 'Ana');
  const bob = await guest(browser, 'Bob');
  await expect(ana.page.getByRole('button', { name: '2 people here' })).toBeVisible();
  await server.makesPrivate('attic', [ana.id, bob.id]);
  await ana.page.goto(`${server.url}/r/attic?name=Ana`);
  await expect(ana.log.getByText(/made this room/)).toBeVisible();
  await ana.says('Who is up here?');
  await ana.page.bringToFront();
  await bob.page.goto(`${server.url}/r/attic?name=Bob`);
  await bob.sees('Who is up here?');
  await ana.page.bringToFront();
  await ana.says('Hello Bob');
  const readers = ana.page.getByRole('dialog', { name: 'Who has read it' });
  await expect(async () => {
    await ana
      .message('Hello Bob')
      .getByRole('button', { name: /Who has read it/ })
      .click();
    await expect(readers).toContainText(/Read by\s*B\s*Bob/, { timeout: 500 });
  }).toPass();
  await ana.tickOf('Hello Bob', 'sent');
});
