import { Guest } from './guest';
import { lobby, makesPrivateRoom, member, opensPanel, panel, section, signsIn } from './member';
import { expect, server, test } from './stage';

test('who is invited to a private room hears of it, and reading on one device reads on all', async ({
  browser,
}) => {
  const bob = await member(browser, server.url, 'Bob');
  const phone = await Guest.opens(browser, server.url, 'Bob');
  await signsIn(phone);
  const ana = await member(browser, server.url, 'Ana');
  await makesPrivateRoom(ana, 'The attic', ['Bob']);
  await expect(bob.page.getByText('You were added to #The attic.')).toBeVisible();
  await ana.says('Bring a torch');

  for (const device of [bob, phone]) {
    const link = section(device, 'Unread').getByRole('link', { name: /The attic/ });
    await expect(link).toContainText('Ana: Bring a torch');
    await expect(link).toContainText('1 unread message');
    await expect(device.page).toHaveTitle('(1) Greenroom');
  }
  await bob.page.getByRole('button', { name: 'Open', exact: true }).click();
  await bob.sees('Bring a torch');
  await ana.tickOf('Bring a torch', 'read');
  await expect(section(phone, 'Unread')).toBeHidden();
  await expect(section(phone, 'Rooms').getByRole('link', { name: /The attic/ })).toBeVisible();
  await expect(phone.page).toHaveTitle('Greenroom');

  const later = await Guest.opens(browser, bob.page.url(), 'Bob');
  await expect(later.page.getByText('open to its members only')).toBeVisible();
  await signsIn(later);
  await later.sees('Bring a torch');
});

test('one click on a person opens the private chat with them', async ({ browser }) => {
  const ana = await member(browser, server.url, 'Ana');
  const bob = await member(browser, server.url, 'Bob');
  const contact = section(bob, 'People').getByRole('button', { name: /Ana/ });
  await expect(contact).toContainText('Online');
  await contact.click();
  await expect(bob.page.getByRole('heading', { name: 'Ana', level: 2 })).toBeVisible();
  await bob.says('Just the two of us');

  await expect(section(ana, 'Unread').getByRole('link', { name: /Bob/ })).toBeVisible();
  const bobs = section(ana, 'People').getByRole('button', { name: /Bob/ });
  await expect(bobs).toContainText('1 unread message');
  await bobs.click();
  await ana.sees('Just the two of us');
  await bob.tickOf('Just the two of us', 'read');
  await expect(bobs).not.toContainText('unread');
  await bob.page.close();
  await expect(bobs).toContainText('Last seen this minute');
});

test('who is removed while looking at a room is told at once, and finds it again when brought back', async ({
  browser,
}) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, server.url, 'Ana');
  await makesPrivateRoom(ana, 'The attic', ['Bob']);
  await bob.page.getByRole('button', { name: 'Open', exact: true }).click();
  await bob.says('Am I welcome?');
  const details = await opensPanel(ana);
  await details.getByRole('button', { name: 'Remove Bob' }).click();
  const ask = ana.page.getByRole('dialog', { name: 'Remove Bob' });
  await ask.getByRole('button', { name: 'Remove' }).click();

  await expect(bob.page.getByText('You are no longer in this room.')).toBeVisible();
  await expect(lobby(bob).getByRole('link', { name: /The attic/ })).toBeHidden();
  await expect(bob.field).toBeHidden();
  await expect(details.getByRole('listitem')).toHaveText([/Ana/]);

  await details.getByRole('button', { name: 'Add people' }).click();
  const layer = ana.page.getByRole('dialog', { name: 'Add people' });
  await expect(layer.getByLabel('Find people by name')).toBeFocused();
  await layer.getByLabel('Find people by name').fill('bo');
  await layer.getByRole('button', { name: /Bob/ }).click();
  await layer.getByRole('button', { name: 'Add', exact: true }).click();
  await bob.sees('Am I welcome?');
  await bob.says('I am');
  await ana.sees('I am');
});

test('each is offered what their role lets them do, from the moment they have it', async ({
  browser,
}) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, server.url, 'Ana');
  await makesPrivateRoom(ana, 'The attic', ['Bob']);
  await bob.page.getByRole('button', { name: 'Open', exact: true }).click();
  const bobs = await opensPanel(bob);
  await expect(bobs.getByText('You may read and write.')).toBeVisible();
  await expect(bobs.getByRole('button', { name: 'Edit this room' })).toBeHidden();

  const anas = await opensPanel(ana);
  await anas.getByLabel('Role of Bob').selectOption('Moderator');
  await expect(bobs.getByText('You are a moderator')).toBeVisible();
  await expect(bobs.getByRole('button', { name: /Remove/ }), 'owners stay').toBeHidden();
  await expect(bobs.getByRole('button', { name: 'Delete the room' })).toBeHidden();
  await bobs.getByRole('button', { name: 'Edit this room' }).click();
  const layer = bob.page.getByRole('dialog', { name: 'Edit this room' });
  await expect(layer.getByLabel('Messages are kept'), 'that is for owners').toBeHidden();
  await layer.getByLabel('Title').fill('The cellar');
  await layer.getByLabel('Topic').fill('Old things');
  await layer.getByLabel('Topic').press('Enter');
  await expect(ana.page.getByRole('heading', { name: '#The cellar', level: 2 })).toBeVisible();
  await expect(anas.getByText('Old things')).toBeVisible();
  await expect(layer).toBeHidden();

  await anas.getByRole('button', { name: 'Edit this room' }).click();
  const anasLayer = ana.page.getByRole('dialog', { name: 'Edit this room' });
  await anasLayer.getByLabel('Messages are kept').selectOption('For 7 days');
  await anasLayer.getByRole('button', { name: 'Save' }).click();
  await expect(bob.log.getByText('Ana had messages kept for 7 days only')).toBeVisible();
  await expect(bobs.getByText('Messages are kept for 7 days.')).toBeVisible();

  await anas.getByRole('button', { name: 'Delete the room' }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(bob.page.getByText('This room was deleted.')).toBeVisible();
  await expect(section(ana, 'Rooms').getByRole('link')).toHaveCount(0);
  await expect(panel(ana)).toBeHidden();
});

test('a public room is made, found by others, entered, and taken off the list', async ({
  browser,
}) => {
  const ana = await member(browser, server.url, 'Ana');
  await lobby(ana).getByRole('button', { name: 'Make a room' }).click();
  const layer = ana.page.getByRole('dialog', { name: 'Make a room' });
  await layer.getByLabel('Everybody').check();
  await layer.getByRole('button', { name: 'Make the room' }).click();
  await expect(layer.getByLabel('Title')).toBeFocused();
  await expect(layer.getByLabel('Title')).toHaveAccessibleDescription(/1 to 80/);
  await layer.getByLabel('Title').fill('Props and hats');
  await expect(layer.getByLabel('Address')).toHaveValue('props-and-hats');
  await layer.getByLabel('Topic').fill('Who has what');
  await layer.getByRole('button', { name: 'Make the room' }).click();
  await expect(ana.page).toHaveURL(/\/r\/props-and-hats$/);
  await expect(ana.field).toBeFocused();

  const bob = await Guest.opens(browser, server.url, 'Bob');
  await bob.page.getByLabel('Your name').fill('Bob');
  await bob.page.getByLabel('Your name').press('Enter');
  await lobby(bob).getByRole('button', { name: 'Browse public rooms' }).click();
  const browse = bob.page.getByRole('dialog', { name: 'Public rooms' });
  await expect(browse.getByRole('button', { name: /Props and hats/ })).toContainText(
    '1 person here',
  );
  await browse.getByLabel('Find a room').fill('zzz');
  await expect(browse.getByText('No public room is called “zzz”')).toBeVisible();
  await browse.getByLabel('Find a room').fill('who has');
  await browse.getByRole('button', { name: /Props and hats/ }).click();
  await bob.says('I have the hat');
  await ana.sees('I have the hat');
  const mine = section(bob, 'Rooms').getByRole('link', { name: /Props and hats/ });
  await expect(mine).toBeVisible();
  const details = await opensPanel(bob);
  await details.getByRole('button', { name: 'Take off my list' }).click();
  await expect(mine).toBeHidden();
  await expect(section(bob, 'Public rooms').getByRole('link', { name: /Props/ })).toBeVisible();
});

test('Ctrl+K jumps to unread rooms, people, and new rooms, by keyboard alone', async ({
  browser,
}) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, `${server.url}/r/green`, 'Ana');
  await makesPrivateRoom(bob, 'The attic', ['Ana']);
  await bob.says('Come up');
  await expect(section(ana, 'Unread').getByRole('link', { name: /The attic/ })).toBeVisible();

  const { page } = ana;
  await ana.field.focus();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'Room or person' });
  await expect(field).toBeFocused();
  const chosen = page.getByRole('option', { selected: true });
  await expect(chosen, 'the unread one first').toContainText('The attic');
  await page.keyboard.press('Escape');
  await expect(ana.field).toBeFocused();

  await page.keyboard.press('Control+k');
  await page.keyboard.press('Enter');
  await ana.sees('Come up');
  await page.keyboard.press('Control+k');
  await expect(chosen, 'where one was before').toContainText('green');
  await page.keyboard.type('bo');
  await expect(chosen).toContainText('Bob');
  await page.keyboard.press('ArrowDown');
  await expect(chosen).toContainText('Enter #bo');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Bob', level: 2 })).toBeVisible();
  await expect(ana.field).toBeFocused();
});

test('what one says of oneself is seen by others', async ({ browser }) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, server.url, 'Ana');
  await section(ana, 'People').getByRole('button', { name: /Bob/ }).click();
  await ana.says('Hello');
  await bob.page.getByRole('button', { name: 'Your profile, Bob' }).click();
  const layer = bob.page.getByRole('dialog', { name: 'Your profile' });
  await layer.getByLabel('Do not disturb').check();
  await layer.getByLabel('Name', { exact: true }).fill('B');
  await layer.getByRole('button', { name: 'Save' }).click();
  await expect(layer.getByLabel('Name', { exact: true })).toBeFocused();
  await expect(layer.getByLabel('Name', { exact: true })).toHaveAccessibleDescription(/at least 2/);
  await layer.getByLabel('Name', { exact: true }).fill('Robert');
  await layer.getByLabel('Shown name').fill('Bob the Carpenter');
  await layer.getByLabel('Status').fill('in the workshop');
  await layer.getByRole('button', { name: 'Save' }).click();
  await expect(layer).toBeHidden();
  await expect(lobby(bob).getByRole('button', { name: 'Your profile, Robert' })).toBeFocused();

  const contact = section(ana, 'People').getByRole('button', { name: /Do not disturb/ });
  await expect(contact).toBeVisible();
  await bob.page.reload();
  await bob.connectionIs('Connected');
  await expect(contact).toBeVisible();
  await ana.page.reload();
  await expect(
    section(ana, 'People').getByRole('button', { name: /Bob the Carpenter/ }),
  ).toContainText('in the workshop');
});
