import { withoutBarriers } from './barriers';
import { Guest } from './guest';
import { opensPanel } from './member';
import { expect, server, test } from './stage';

test('in a room of five thousand messages one jumps to any of them, and back to the latest', async ({
  browser,
}) => {
  // Saying so much takes a while where others work, too.
  test.slow();
  const LINES = 5_000;
  const ana = await Guest.opens(browser, `${server.url}/r/attic?name=Ana`, 'Ana');
  const bob = await Guest.opens(browser, `${server.url}/r/attic?name=Bob`, 'Bob');
  await ana.says('Who has my hat?');
  await ana.tickOf('Who has my hat?', 'read');
  // Pages that watch would draw each of them.
  for (const { page } of [ana, bob]) await page.goto('about:blank');
  await server.fills('attic', LINES);
  const cleo = await Guest.opens(browser, `${server.url}/r/attic?name=Cleo`, 'Cleo');
  const at = (seq: number) => cleo.log.locator(`[data-seq="${seq}"]`);
  await expect(at(LINES + 1)).toBeInViewport();

  // A quote that leads far up: what lies between is not loaded.
  await server.answers('attic', 1, 'I have it');
  await cleo
    .message('I have it')
    .getByRole('button', { name: /In reply to/ })
    .click();
  await expect(at(1)).toBeFocused();
  await expect(at(1)).toBeInViewport();
  await expect(cleo.page.getByText('This is the beginning of #attic.')).toBeVisible();
  const latest = cleo.page.getByRole('button', { name: 'Back to latest' });
  await expect(latest).toBeVisible();
  await withoutBarriers(cleo.page);

  // What comes meanwhile is no part of what is looked at, and leaves no hole.
  await server.fills('attic', 2);
  await expect(cleo.page.getByRole('link', { name: /attic/ })).toContainText('Line 2.');
  await expect(cleo.page.getByRole('button', { name: '2 new messages' })).toBeVisible();
  await cleo.log.evaluate(async (log) => {
    const { top, bottom } = log.getBoundingClientRect();
    const seen = (): number[] =>
      [...log.querySelectorAll('article')]
        .filter((row) => {
          const at = row.getBoundingClientRect();
          return at.bottom > top && at.top < bottom;
        })
        .map((row) => Number(row.dataset.seq));
    // Down, page by page, and always what follows.
    for (let lowest = 0; lowest < 400; lowest = Math.max(lowest, ...seen())) {
      log.scrollTop += 400;
      for (let i = 0; i < 3; i++) await new Promise((next) => requestAnimationFrame(next));
      const seqs = seen();
      const hole = seqs.some((seq, i) => i > 0 && seq !== seqs[i - 1]! + 1);
      if (hole) throw new Error(`a hole: ${seqs.join()}`);
    }
  });
  await cleo.page.getByRole('button', { name: '2 new messages' }).click();
  await expect(at(LINES + 4)).toBeInViewport();
  await expect(latest).toHaveCount(0);
  await cleo.says('Down again');
  await expect(cleo.message('Down again')).toBeInViewport();

  // Bob has read the first of them: he begins there, and not at the end.
  await bob.page.goto(`${server.url}/r/attic?name=Bob`);
  await expect(bob.log.getByText('New', { exact: true })).toBeInViewport();
  await expect(bob.log.locator('[data-seq="2"]')).toBeInViewport();
  await expect(bob.page.getByRole('link', { name: /attic/ })).toContainText('99+');
  await bob.page.getByRole('button', { name: /new messages/ }).click();
  await expect(bob.message('Down again')).toBeInViewport();
  await bob.page.keyboard.press('Shift+PageUp');
  await expect(bob.log.locator('[data-seq="2"]')).toBeFocused();
  expect([...ana.complaints, ...bob.complaints, ...cleo.complaints]).toEqual([]);
});

test('one goes to a day', async ({ browser }) => {
  const ana = await Guest.opens(browser, 'about:blank', 'Ana');
  // The server's log, as if one message had been said on each of so many days.
  const DAYS = 700;
  const last = new Date();
  last.setHours(12, 0, 0, 0);
  const dayOf = (seq: number): Date =>
    new Date(last.getFullYear(), last.getMonth(), last.getDate() - (DAYS - seq), 12);
  await ana.page.routeWebSocket('**/ws', (socket) => {
    const real = socket.connectToServer();
    real.onMessage((text) => {
      const backdated = JSON.parse(String(text), (_, value: unknown) => {
        if (typeof value !== 'object' || value === null || !('at' in value)) return value;
        return 'seq' in value ? { ...value, at: dayOf(value.seq as number).toISOString() } : value;
      }) as object;
      socket.send(JSON.stringify(backdated));
    });
  });
  await ana.page.goto(`${server.url}/r/attic?name=Ana`);
  await expect(ana.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await ana.page.goto('about:blank');
  await server.fills('attic', DAYS);
  await ana.page.goto(`${server.url}/r/attic?name=Ana`);
  await ana.sees(`Line ${DAYS}.`);

  const panel = await opensPanel(ana);
  const day = dayOf(120);
  const typed = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
  await panel.getByLabel('Go to a day').fill(typed);
  await withoutBarriers(ana.page);
  await panel.getByRole('button', { name: 'Go', exact: true }).click();
  await expect(ana.message('Line 120.')).toBeFocused();
  await expect(ana.message('Line 120.')).toBeInViewport();
  // Where so much was loaded that it reaches to the end, the way there is the usual one.
  await ana.page.getByRole('button', { name: /Back to latest|newest message/ }).click();
  await expect(ana.message(`Line ${DAYS}.`)).toBeInViewport();
  // Long before all of it: at the beginning.
  await panel.getByLabel('Go to a day').fill('2001-01-01');
  await panel.getByRole('button', { name: 'Go', exact: true }).click();
  await expect(ana.message('Line 1.')).toBeFocused();
  expect(ana.complaints).toEqual([]);
});
