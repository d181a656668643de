import { Guest } from './guest';
import { lobby, makesPrivateRoom, member, section } from './member';
import { expect, server, test } from './stage';

test('the list tells who types, in the room one is in and in private ones that are not open', async ({
  browser,
}) => {
  const bob = await member(browser, server.url, 'Bob');
  const ana = await member(browser, server.url, 'Ana');
  await makesPrivateRoom(ana, 'The attic', ['Bob']);
  await ana.says('Bring a torch');
  const attic = lobby(bob).getByRole('link', { name: /The attic/ });
  await expect(attic).toContainText('Ana: Bring a torch');
  await ana.field.pressSequentially('And a');
  await expect(attic, 'in place of what was said last').toContainText('Ana is typing…');
  await expect(attic).not.toContainText('Bring a torch');
  await ana.says('And a rope');
  await expect(attic, 'at once, with the message').toContainText('Ana: And a rope');
  await expect(attic).not.toContainText('typing');

  // A chat of two, that Bob has not open.
  await section(ana, 'People').getByRole('button', { name: /Bob/ }).click();
  await expect(ana.page.getByRole('heading', { name: 'Bob', level: 2 })).toBeVisible();
  await ana.says('Psst');
  const chat = lobby(bob).getByRole('link', { name: /^(?!.*attic).*Ana/ });
  await expect(chat).toContainText('Psst');
  await ana.field.pressSequentially('Bob');
  await expect(chat).toContainText('Ana is typing…');
  await ana.field.fill('');
  await expect(chat).not.toContainText('typing');

  // The room that both have open.
  await attic.click();
  await lobby(ana)
    .getByRole('link', { name: /The attic/ })
    .click();
  await bob.field.pressSequentially('On my w');
  await expect(ana.typing).toHaveText('Bob is typing…');
  await expect(lobby(ana).getByRole('link', { name: /The attic/ })).toContainText('Bob is typing…');
  expect([...ana.complaints, ...bob.complaints]).toEqual([]);
});

test('in a public room that is not open nobody is told who types', async ({ browser }) => {
  const open = (name: string): Promise<Guest> =>
    Guest.opens(browser, `${server.url}/r/green?name=${name}`, name);
  const ana = await open('Ana');
  const bob = await open('Bob');
  const heard: string[] = [];
  bob.page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => heard.push(String(payload))),
  );
  await bob.page.reload();
  await expect(bob.field).toBeVisible();
  await bob.page.getByLabel('Enter a room').fill('attic');
  await bob.page.getByLabel('Enter a room').press('Enter');
  await expect(bob.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await expect(ana.page.getByRole('button', { name: '1 person here' })).toBeVisible();
  await ana.field.pressSequentially('Anybody?');
  await ana.page.keyboard.press('Enter');
  await expect(lobby(bob).getByRole('link', { name: /green/ })).toContainText('Anybody?');
  expect(heard.filter((frame) => frame.includes('"typing"'))).toEqual([]);
});
