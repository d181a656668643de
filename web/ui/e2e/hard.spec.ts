import { Guest } from './guest';
import { expect, server, test } from './stage';

test('a server that is killed in the middle of sending loses nothing and doubles nothing', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await expect(bob.field).toBeVisible();
  const said: string[] = [];
  const say = async (line: string): Promise<void> => {
    said.push(line);
    await ana.says(line);
  };
  for (let i = 1; i <= 12; i++) await say(`Line ${i}.`);
  // Whatever is on its way now is cut off.
  const killed = server.kill();
  for (let i = 13; i <= 24; i++) await say(`Line ${i}.`);
  await killed;
  await ana.tickOf('Line 24.', 'sending');
  await server.run();
  await bob.sees('Line 24.');
  await ana.tickOf('Line 24.', 'read');
  expect(await server.saidIn('green')).toEqual(said);
  await bob.page.reload();
  await bob.sees('Line 24.');
  expect([...ana.complaints, ...bob.complaints]).toEqual([]);
});

test('five thousand messages are scrolled through upwards, and nothing jumps', async ({
  browser,
}) => {
  // Saying so much takes a while where others work, too.
  test.slow();
  const LINES = 5_000;
  const ana = await Guest.opens(browser, `${server.url}/r/attic?name=Ana`, 'Ana');
  await expect(ana.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await ana.page.goto('about:blank');
  await server.fills('attic', LINES);
  await ana.page.goto(`${server.url}/r/attic?name=Ana`);
  await expect(ana.log.locator(`[data-seq="${LINES}"]`)).toBeVisible();

  const { jump, rows } = await ana.log.evaluate(async (log) => {
    const frames = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i++) await new Promise((next) => requestAnimationFrame(next));
    };
    let jump = 0;
    let rows = 0;
    while (log.querySelector('[data-seq="1"]') === null) {
      log.scrollTop -= 1_500;
      await frames(2);
      // Nobody scrolls from here on: what is looked at must stay where it is, whatever is loaded.
      const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
      const seen = [...log.querySelectorAll('article')].find(
        (row) => row.getBoundingClientRect().bottom > middle,
      );
      const before = seen?.getBoundingClientRect().top ?? 0;
      await frames(3);
      if (seen?.isConnected)
        jump = Math.max(jump, Math.abs(seen.getBoundingClientRect().top - before));
      rows = Math.max(rows, log.querySelectorAll('article').length);
    }
    return { jump, rows };
  });
  expect(jump, 'how far anything moved by itself').toBeLessThanOrEqual(2);
  expect(rows, 'only what is seen is drawn').toBeLessThan(80);

  // Far up the newest are let go; they come back page by page, and also all at once.
  const lowest = (): Promise<number> =>
    ana.log.evaluate((log) => {
      log.scrollTop = log.scrollHeight;
      return Math.max(
        ...[...log.querySelectorAll('article')].map((row) => Number(row.dataset.seq)),
      );
    });
  expect(await lowest()).toBeLessThan(LINES);
  await expect.poll(lowest, { intervals: [50] }).toBeGreaterThan(2_700);
  await server.fills('attic', 1);
  await ana.page.getByRole('button', { name: /newest message|new message/ }).click();
  await expect(ana.log.locator(`[data-seq="${LINES + 1}"]`)).toBeInViewport();
  await ana.says('Down again');
  await ana.tickOf('Down again', 'sent');
  await expect(ana.message('Down again')).toBeInViewport();
});

test('two tabs of one person are one person', async ({ browser }) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green`, 'Ana');
  await ana.enters();
  const tab = await ana.page.context().newPage();
  await tab.goto(`${server.url}/r/green`);
  const there = tab.getByRole('log').getByRole('article');
  await expect(tab.getByRole('button', { name: '1 person here' })).toBeVisible();
  await ana.page.bringToFront();
  await ana.says('From the first');
  await expect(there).toHaveText([/From the first/]);
  await tab.bringToFront();
  await tab.getByRole('textbox', { name: 'Message #green' }).fill('From the second');
  await tab.keyboard.press('Enter');
  await ana.seesExactly(['From the first', 'From the second']);
  await expect(there).toHaveText([/From the first/, /From the second/]);

  // What is read in one is read in the other.
  await tab.getByLabel('Enter a room').fill('attic');
  await tab.getByLabel('Enter a room').press('Enter');
  await expect(tab.getByText('This is the beginning of #attic.')).toBeVisible();
  await ana.page.getByLabel('Enter a room').fill('cellar');
  await ana.page.getByLabel('Enter a room').press('Enter');
  await expect(ana.page.getByText('This is the beginning of #cellar.')).toBeVisible();
  const bob = await Guest.opens(browser, `${server.url}/r/green?name=Bob`, 'Bob');
  await bob.says('Anybody?');
  await expect(tab).toHaveTitle('(1) #attic · Greenroom');
  await expect(ana.page).toHaveTitle('(1) #cellar · Greenroom');
  await ana.page.bringToFront();
  await ana.page.getByRole('link', { name: /green/ }).click();
  await ana.sees('Anybody?');
  await expect(tab).toHaveTitle('#attic · Greenroom');
});
