import { Guest } from './guest';
import { lobby, member, PASSWORD, registers, section, signsIn } from './member';
import { expect, server, test } from './stage';

test('what is wrong with an account is said beside its fields, and the first of them has the keyboard', async ({
  browser,
}) => {
  const { page } = await Guest.opens(browser, server.url, 'Ana');
  await page.getByLabel('Register').check();
  await page.getByLabel('Name', { exact: true }).fill('Ana');
  await page.getByLabel('Password', { exact: true }).fill('tall grass on tuesday');
  await page.getByLabel('Password, again').fill('short grass');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('E-mail')).toBeFocused();
  await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription(/e-mail/);
  const again = page.getByLabel('Password, again');
  await expect(again).toHaveAccessibleDescription(/not the same/);
  await again.fill('tall grass on tuesday');
  await expect(again).toHaveAttribute('aria-invalid', 'false');
  await page.getByLabel('E-mail').fill('ana@example.org');
  await page.getByLabel('E-mail').press('Enter');
  await expect(page.getByRole('navigation', { name: 'Rooms' })).toBeVisible();
});

test('a session lasts over a reload and a wrong password does not begin one', async ({
  browser,
}) => {
  const ana = await member(browser, `${server.url}/r/green`, 'Ana');
  await expect(ana.field, 'the link leads straight on').toBeVisible();
  await ana.page.reload();
  await expect(ana.field).toBeVisible();
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await signsIn(ana, 'tall grass on monday');
  await expect(ana.page.getByRole('alert')).toHaveText('The e-mail or the password is wrong.');
  await signsIn(ana);
  await expect(ana.field).toBeVisible();
});

test('who tries too often is told in words when to come back', async ({ browser }) => {
  const ana = await Guest.opens(browser, server.url, 'Ana');
  await ana.page.route('**/api/session', (route) =>
    route.fulfill({
      status: 429,
      headers: { 'retry-after': '40' },
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 429, detail: 'too often' }),
    }),
  );
  await signsIn(ana);
  await expect(ana.page.getByRole('alert')).toHaveText('Too many tries. Again in 40 seconds.');
});

test('a guest who registers stays who they are, in all tabs, with rooms and unread messages', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green`, 'Ana');
  await ana.enters();
  await ana.says('I was a guest here');
  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await bob.sees('I was a guest here');
  await lobby(ana).getByLabel('Enter a room').fill('attic');
  await lobby(ana).getByLabel('Enter a room').press('Enter');
  await expect(ana.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await bob.says('Did you see the hat?');
  const waiting = section(ana, 'Unread').getByRole('link', { name: /green/ });
  await expect(waiting).toContainText('1 unread message');
  const other = await ana.page.context().newPage();
  await other.goto(server.url);
  await expect(other.getByRole('link', { name: /green/ })).toContainText('1 unread message');

  await lobby(ana).getByRole('button', { name: 'Keep your name: register' }).click();
  const layer = ana.page.getByRole('dialog', { name: 'Keep your name' });
  await expect(layer.getByLabel('Name', { exact: true })).toHaveValue('Ana');
  await layer.getByLabel('E-mail').fill('ana@example.org');
  await layer.getByLabel('Password', { exact: true }).fill('tall grass on tuesday');
  await layer.getByLabel('Password, again').fill('tall grass on tuesday');
  await layer.getByRole('button', { name: 'Create account' }).click();
  await expect(layer).toBeHidden();
  await ana.connectionIs('Connected');
  await expect(lobby(ana).getByRole('button', { name: 'Keep your name' })).toBeHidden();
  await expect(waiting).toContainText('1 unread message');

  await waiting.click();
  await ana.sees('I was a guest here');
  await ana.says('Now I have an account');
  await bob.tickOf('Did you see the hat?', 'read');
  await bob.sees('Now I have an account');
  // The other tab came along by itself, and is the same person.
  await expect(other.getByRole('button', { name: 'Keep your name: register' })).toBeHidden();
  await expect(other.getByRole('link', { name: /green/ })).not.toContainText('unread');
});

test('two tabs of one browser are two people with accounts, and signing out of one leaves the other', async ({
  browser,
}) => {
  const ana = await member(browser, server.url, 'Ana');
  const tab = await ana.page.context().newPage();
  await tab.goto(`${server.url}/r/green?name=Bob`);
  await expect(tab.getByRole('textbox', { name: 'Message #green' })).toBeVisible();
  await tab.getByRole('button', { name: 'Sign out' }).click();

  await tab.getByLabel('Register').check();
  await tab.getByLabel('Only in this tab').check();
  await registers({ page: tab, name: 'Bob' } as Guest);
  const bobs = tab.getByRole('button', { name: 'Your profile, Bob' });
  await expect(bobs).toBeVisible();
  await tab.reload();
  await expect(bobs).toBeVisible();
  await ana.page.reload();
  await expect(ana.page.getByRole('button', { name: 'Your profile, Ana' })).toBeVisible();

  await tab.getByRole('button', { name: 'Sign out' }).click();
  await expect(tab.getByLabel('E-mail')).toBeVisible();
  await ana.connectionIs('Connected');
  const third = await ana.page.context().newPage();
  await third.goto(server.url);
  await expect(third.getByRole('button', { name: 'Your profile, Ana' })).toBeVisible();
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(third.getByLabel('E-mail'), 'she is out in all tabs').toBeVisible();
});

test('a link with a name leads straight on, also when its guest has become an account', async ({
  browser,
}) => {
  const link = `${server.url}/r/general?name=Client1`;
  const one = await Guest.opens(browser, link, 'Client1');
  const { page } = one;
  const two = await page.context().newPage();
  await two.goto(`${server.url}/r/general?name=Client2`);
  await expect(page.getByRole('button', { name: '2 people here' })).toBeVisible();
  await page.getByRole('button', { name: 'Keep your name: register' }).click();
  await page.getByLabel('E-mail').fill('one@example.org');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password, again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('You have an account now.')).toBeVisible();
  await page.reload();
  await one.says('Still me');
  await expect(page.getByRole('button', { name: 'Keep your name' })).toBeHidden();
  await expect(page.getByRole('button', { name: '2 people here' })).toBeVisible();

  const stranger = await Guest.opens(browser, link, 'Client1');
  await expect(stranger.page.getByLabel('Your name')).toHaveAccessibleDescription(
    /belongs to someone with an account/,
  );
  await stranger.page.getByLabel('Sign in').check();
  await stranger.page.getByLabel('E-mail').fill('one@example.org');
  await stranger.page.getByLabel('Password').fill(PASSWORD);
  await stranger.page.getByLabel('Password').press('Enter');
  await stranger.sees('Still me');
});

test('a new password signs one out everywhere else', async ({ browser }) => {
  const ana = await member(browser, server.url, 'Ana');
  const phone = await Guest.opens(browser, `${server.url}/r/green`, 'Ana');
  await signsIn(phone);
  await expect(phone.field).toBeVisible();
  await ana.page.getByRole('button', { name: 'Your profile, Ana' }).click();
  const layer = ana.page.getByRole('dialog', { name: 'Your profile' });
  await layer.getByText('E-mail and password').click();
  await layer.getByLabel('New password').fill('short grass on friday');
  await layer.getByLabel('Your password until now').fill('wrong');
  await layer.getByRole('button', { name: 'Change' }).click();
  const current = layer.getByLabel('Your password until now');
  await expect(current).toBeFocused();
  await expect(current).toHaveAccessibleDescription(/this is not it/);
  await current.fill(PASSWORD);
  await layer.getByRole('button', { name: 'Change' }).click();
  await expect(layer).toBeHidden();
  await ana.connectionIs('Connected');

  await expect(phone.page.getByRole('alert')).toHaveText('You are signed out. Sign in to go on.');
  await signsIn(phone, 'short grass on friday');
  await phone.says('Here again');
  await phone.tickOf('Here again', 'sent');
});
