import { Guest } from './guest';
import { expect, server, test } from './stage';

test('the mark of what is new goes once it was seen, or with Escape', async ({ browser }) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await bob.says('I look away');
  await ana.sees('I look away');
  const mark = bob.log.getByText('New', { exact: true });
  const away = (is: boolean): Promise<void> =>
    bob.page.evaluate((is) => {
      document.hasFocus = () => !is;
      dispatchEvent(new Event(is ? 'blur' : 'focus'));
    }, is);

  await away(true);
  await ana.says('While you were away');
  await expect(mark).toBeVisible();
  await ana.tickOf('While you were away', 'delivered');
  const place = await bob.message('While you were away').boundingBox();
  await away(false);
  await ana.tickOf('While you were away', 'read');
  await expect(mark, 'seen for three seconds').toBeHidden();
  expect(await bob.message('While you were away').boundingBox(), 'nothing moves').toEqual(place);

  await away(true);
  await ana.says('And again');
  await expect(mark).toBeVisible();
  await away(false);
  await bob.page.keyboard.press('Escape');
  await expect(mark).toBeHidden({ timeout: 1_500 });
});

test('older messages that could not be loaded can be asked for again', async ({ browser }) => {
  const ana = await Guest.opens(browser, 'about:blank', 'Ana');
  let refused = 1;
  await ana.page.routeWebSocket('**/ws', (socket) => {
    const real = socket.connectToServer();
    socket.onMessage((text) => {
      const { type, ref } = JSON.parse(String(text)) as { type: string; ref?: number };
      if (type !== 'history' || refused === 0) return real.send(text);
      refused--;
      const refusal = { type: 'error', ref, code: 'unavailable', message: 'not now' };
      socket.send(JSON.stringify(refusal));
    });
  });
  await ana.page.goto(`${server.url}/r/green?name=Ana`);
  await expect(ana.page.getByText('This is the beginning of #green.')).toBeVisible();
  await server.fills('green', 120);
  await ana.page.reload();
  await ana.sees('Line 120.');
  await expect(async () => {
    await ana.message('Line 120.').focus();
    await ana.page.keyboard.press('Home');
    await expect(ana.page.getByText('Older messages could not be loaded.')).toBeVisible({
      timeout: 1_000,
    });
  }).toPass();
  await ana.page.getByRole('button', { name: 'Retry' }).click();
  await expect(ana.page.getByText('Older messages could not be loaded.')).toHaveCount(0);
  // To the oldest that is loaded, and with that the next are.
  await expect(async () => {
    await ana.page.keyboard.press('Control+Home');
    await expect(ana.message('Line 1.')).toBeInViewport({ timeout: 300 });
  }).toPass();

  await ana.page.keyboard.press('Control+End');
  await expect(ana.message('Line 120.')).toBeInViewport();
});

test('under a finger Enter is a new line, and a message shows what can be done with it', async ({
  browser,
}) => {
  const options = { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } };
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana', options);
  await ana.field.tap();
  await ana.page.keyboard.type('Two');
  await ana.page.keyboard.press('Enter');
  await ana.page.keyboard.type('lines');
  await expect(ana.field).toHaveValue('Two\nlines');
  await ana.page.getByRole('button', { name: 'Send' }).tap();
  await expect(ana.log.locator('.text')).toHaveText('Two\nlines', { useInnerText: true });
  await ana.tickOf('Two', 'sent');
  await ana.message('Two').tap();
  await ana.message('Two').getByRole('button', { name: 'Reply' }).tap();
  await expect(ana.page.getByRole('group', { name: 'Your answer to' })).toContainText('Two lines');
});

test('what is written from right to left begins at the right, to the last of its lines', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  await ana.says('שלום לכולם, ומה שלומכם היום?\n\nטוב\n\nכן');
  await ana.tickOf('שלום', 'sent');
  const ends = await ana.message('שלום').evaluate((message) =>
    [...message.querySelectorAll('.text p')].map((paragraph) => {
      const range = document.createRange();
      range.selectNodeContents(paragraph);
      return Math.round(range.getBoundingClientRect().right);
    }),
  );
  expect(ends).toHaveLength(3);
  expect(new Set(ends).size, `all lines end at the same edge: ${ends.join()}`).toBe(1);
  const sides = await ana.message('שלום').evaluate((message) => {
    const last = [...message.querySelectorAll('.text p')].at(-1)!;
    const range = document.createRange();
    range.selectNodeContents(last);
    return {
      word: range.getBoundingClientRect().left,
      time: message.querySelector('.meta')!.getBoundingClientRect().right,
    };
  });
  expect(sides.time, 'the time follows its last line').toBeLessThanOrEqual(sides.word);
});
