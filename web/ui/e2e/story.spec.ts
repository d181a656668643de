import { Guest } from './guest';
import { expect, server, test } from './stage';

test('two people talk on while their server goes away and comes back', async ({ browser }) => {
  const room = `${server.url}/r/green`;
  const ana = await Guest.opens(browser, room, 'Ana');
  const bob = await Guest.opens(browser, room, 'Bob');
  await ana.enters();
  await bob.enters();
  const said: string[] = [];
  const say = async (guest: Guest, body: string): Promise<void> => {
    said.push(body);
    await guest.says(body);
  };

  await test.step('both are here, and each sees the other type', async () => {
    await expect(ana.page.getByRole('button', { name: '2 people here' })).toBeVisible();
    await ana.page.getByRole('button', { name: '2 people here' }).click();
    const here = ana.page.getByRole('complementary', { name: 'Room details' });
    await expect(here.getByRole('listitem')).toHaveText([/Ana \(you\)/, /Bob/]);
    await ana.page.keyboard.press('Escape');

    await bob.field.pressSequentially('Hel');
    await expect(ana.typing).toHaveText('Bob is typing…');
    await bob.field.fill('');
    await expect(ana.typing).toHaveText('');
  });

  await test.step('they talk both ways', async () => {
    await say(ana, 'Hello Bob, how was the rehearsal?');
    await bob.sees('how was the rehearsal?');
    await ana.tickOf('how was the rehearsal?', 'read');
    await say(bob, 'Long. Notes: https://example.org/notes.');
    await ana.sees('Long. Notes');
    await expect(
      ana.page.getByRole('link', { name: 'https://example.org/notes', exact: true }),
    ).toBeVisible();
  });

  await test.step('a reload shows everything once, and the same Ana', async () => {
    await ana.page.reload();
    await ana.seesExactly(said);
    await say(ana, 'Back again');
    await bob.sees('Back again');
    await expect(bob.page.getByRole('button', { name: '2 people here' })).toBeVisible();
  });

  await test.step('the server goes, and what is written meanwhile waits', async () => {
    expect(await server.terminate(), 'a server that was asked to stop ends well').toBe(0);
    await ana.connectionIs('Reconnecting…');
    await say(ana, 'Are you still there?');
    await say(ana, 'I write on anyway');
    await ana.tickOf('Are you still there?', 'sending');
  });

  await test.step('it comes back, and so do they, by themselves', async () => {
    await server.run();
    await ana.connectionIs('Connected');
    await bob.connectionIs('Connected');
    await bob.sees('I write on anyway');
    await say(bob, 'Here I am');
    await ana.sees('Here I am');
    await say(ana, 'Good');
    await bob.sees('Good');
  });

  await test.step('nothing is doubled, nothing is missing', async () => {
    await ana.seesExactly(said);
    await bob.seesExactly(said);
    await bob.page.reload();
    await bob.seesExactly(said);
    expect(ana.complaints).toEqual([]);
    expect(bob.complaints).toEqual([]);
  });
});

test('a message that was written without a server survives a reload', async ({ browser }) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green`, 'Ana');
  const bob = await Guest.opens(browser, `${server.url}/r/green`, 'Bob');
  await ana.enters();
  await bob.enters();

  // The page still comes from the server, but no socket does.
  await ana.page.routeWebSocket('**/ws', (socket) => socket.close({ code: 1001 }));
  await ana.page.reload();
  await ana.says('Written in the dark');
  await ana.tickOf('Written in the dark', 'sending');
  await expect(bob.message('Written in the dark')).toHaveCount(0);

  const again = await ana.page.context().newPage();
  await ana.page.close();
  await again.goto(`${server.url}/r/green`);
  await bob.sees('Written in the dark');
});

test('a longer room loads upwards without a jump', async ({ browser }) => {
  const ana = await Guest.opens(browser, `${server.url}/r/attic`, 'Ana');
  await ana.enters();
  await expect(ana.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await server.fills('attic', 150);
  await ana.sees('Line 150.');

  await ana.page.reload();
  await ana.sees('Line 150.');
  const top = await scrollUpUntilOlderCame(ana);
  expect(Math.abs(top.after - top.before)).toBeLessThanOrEqual(2);

  await expect(async () => {
    await ana.log.hover();
    await ana.page.mouse.wheel(0, -4000);
    await expect(ana.page.getByText('This is the beginning of #attic.')).toBeVisible({
      timeout: 200,
    });
  }).toPass();
  await ana.sees('Line 1.');
  // Whoever reloads at once may not have seen all yet.
  await ana.page.getByRole('button', { name: /newest message|new messages?/ }).click();
  await ana.sees('Line 150.');
});

/** Where one row stands on the screen before and after an older page was put above it. */
async function scrollUpUntilOlderCame(guest: Guest): Promise<{ before: number; after: number }> {
  return guest.log.evaluate(async (log) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const height = log.scrollHeight;
    log.scrollTop = 700;
    await frame();
    await frame();
    const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
    const rows = [...log.querySelectorAll('article')];
    const seq = rows.find((row) => row.getBoundingClientRect().bottom > middle)?.dataset.seq;
    const place = () =>
      log.querySelector(`[data-seq="${seq}"]`)?.getBoundingClientRect().top ?? NaN;
    const before = place();
    while (log.scrollHeight - height < 500) await frame();
    for (let i = 0; i < 10; i++) await frame();
    return { before, after: place() };
  });
}
