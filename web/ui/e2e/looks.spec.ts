import { fitsSideways, withoutBarriers } from './barriers';
import { Guest } from './guest';
import { lobby, makesPrivateRoom, member, opensPanel, section } from './member';
import { picture, pictured } from './picture';
import { expect, server, test } from './stage';

const DESK = { width: 1180, height: 760 };
const NARROW = { width: 320, height: 640 };
const PHONE = { width: 390, height: 760 };

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

test('pictures of what the page is made of', async ({ browser }) => {
  test.skip(!pictured, 'they are for the documents');
  const bob = await member(browser, server.url, 'Bob');
  const cleo = await member(browser, server.url, 'Cleo');
  const ana = await member(browser, server.url, 'Ana', { viewport: DESK });
  const { page } = ana;
  await section(ana, 'People').getByRole('button', { name: /Cleo/ }).click();
  await ana.says('Are you coming to the dress rehearsal?');
  await makesPrivateRoom(ana, 'Stage crew', ['Bob', 'Cleo']);
  await ana.says('Doors at seven, everybody on stage by six.');
  await lobby(bob)
    .getByRole('link', { name: /Stage crew/ })
    .click();
  await bob.says('The moon still flickers in act two 🌙');
  await lobby(cleo)
    .getByRole('link', { name: /Stage crew/ })
    .click();
  await cleo.says('I will bring the **spare bulb** and a ladder. @Ana, who has the key?');
  await ana.sees('spare bulb');
  await ana.message('spare bulb').hover();
  await ana.message('spare bulb').getByRole('button', { name: 'Reply' }).click();
  await ana.says('Under the third flower pot, as ever 🪴');
  await bob.page.bringToFront();
  await cleo.page.bringToFront();
  await ana.page.bringToFront();
  await ana.tickOf('flower pot', 'read');
  for (const room of ['props', 'green']) {
    await page.getByLabel('Enter a room').fill(room);
    await page.getByLabel('Enter a room').press('Enter');
    await ana.says(room === 'props' ? 'The lamp is mended 💡' : 'Tea is ready ☕');
    await ana.tickOf(room === 'props' ? 'lamp' : 'Tea', 'sent');
  }
  await lobby(ana)
    .getByRole('link', { name: /Stage crew/ })
    .click();
  await ana.sees('flower pot');

  await opensPanel(ana);
  await picture(page, 'room-panel');
  await page.keyboard.press('Escape');
  for (const [opener, dialog, name] of [
    ['Jump to…', 'Jump to a room or a person', 'switcher'],
    ['Settings', 'Settings', 'settings'],
    ['Your profile, Ana', 'Your profile', 'profile'],
  ] as const) {
    await lobby(ana).getByRole('button', { name: opener }).click();
    await expect(page.getByRole('dialog', { name: dialog })).toBeVisible();
    await picture(page, name);
    await page.keyboard.press('Escape');
  }
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('dialog')).toBeVisible();
  await picture(page, 'keys');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Emoji', exact: true }).click();
  await expect(page.getByRole('tab').first()).toBeVisible();
  await picture(page, 'emoji');
  await page.keyboard.press('Escape');

  await page.setViewportSize(PHONE);
  await bob.page.bringToFront();
  await bob.says('Found it!');
  await bob.says('And the moon shines.');
  await page.bringToFront();
  await page.getByRole('link', { name: /^All rooms/ }).click();
  await expect(lobby(ana)).toBeVisible();
  await expect(lobby(ana).getByRole('link', { name: /Stage crew/ })).toContainText('moon shines');
  await picture(page, 'lobby-phone');
  await lobby(ana)
    .getByRole('link', { name: /Stage crew/ })
    .click();
  await ana.sees('And the moon shines.');
  await picture(page, 'room-phone');

  await page.setViewportSize(DESK);
  await lobby(ana).getByRole('button', { name: 'Settings' }).click();
  await page.getByLabel('High contrast').check();
  await page.keyboard.press('Escape');
  await picture(page, 'contrast');
  await server.kill();
  await expect(page.getByText('Messages will be sent when the connection is back')).toBeVisible();
  await ana.says('On my way');
  await ana.tickOf('On my way', 'sending');
  await picture(page, 'offline');
  await server.run();
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
