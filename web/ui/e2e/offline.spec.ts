import type { Page } from '@playwright/test';
import { Guest } from './guest';
import { expect, server, test } from './stage';

test('without a server the page starts, shows what was said last, and sends what is written later', async ({
  browser,
}) => {
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana');
  await ana.says('Before the lights went out');
  await ana.tickOf('Before the lights', 'sent');
  await controlled(ana.page);
  await expect.poll(() => shelved(ana.page)).toContain('Before the lights went out');

  await server.terminate();
  await ana.page.reload();
  await ana.sees('Before the lights went out');
  await expect(ana.page.getByRole('link', { name: /green/ })).toBeVisible();
  await ana.connectionIs('Reconnecting…');
  await ana.says('In the dark');
  await ana.tickOf('In the dark', 'sending');

  await server.run();
  await ana.connectionIs('Connected');
  await ana.tickOf('In the dark', 'sent');
  await ana.seesExactly(['Before the lights went out', 'In the dark']);

  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect.poll(() => shelved(ana.page)).not.toContain('Before the lights went out');
});

test('a newer page waits until it is asked for', async ({ browser }) => {
  // The policy lets a page register one script only, once; here another plays the newer version.
  const ana = await Guest.opens(browser, `${server.url}/r/green?name=Ana`, 'Ana', {
    bypassCSP: true,
  });
  await expect(ana.field).toBeVisible();
  await controlled(ana.page);
  await ana.field.fill('Half a thought');
  await expect(ana.page.getByText('A new version of this page is ready.')).toHaveCount(0);
  await ana.page.evaluate(() => navigator.serviceWorker.register('/sw.js?newer'));
  const reload = ana.page.getByRole('button', { name: 'Reload' });
  await expect(reload).toBeVisible();
  await expect(ana.field, 'nothing changes under whoever writes').toHaveValue('Half a thought');
  await Promise.all([ana.page.waitForEvent('load'), reload.click()]);
  await expect(ana.field).toHaveValue('Half a thought');
  await expect
    .poll(() => ana.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL))
    .toContain('newer');
});

test('the page can be installed', async ({ browser }) => {
  const ana = await Guest.opens(browser, server.url, 'Ana');
  await controlled(ana.page);
  const href = await ana.page.locator('link[rel=manifest]').getAttribute('href');
  const answer = await ana.page.request.get(server.url + href);
  expect(answer.headers()['content-type']).toBe('application/manifest+json');
  const manifest = (await answer.json()) as { icons: { src: string; purpose: string }[] };
  expect(manifest.icons.map((icon) => icon.purpose)).toContain('maskable');
  for (const { src } of manifest.icons) {
    expect((await ana.page.request.get(server.url + src)).ok(), src).toBe(true);
  }
  expect(ana.complaints).toEqual([]);
});

/** The worker is there, and answers for this page. */
async function controlled(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null))
    .toBe(true);
}

/** All that the browser keeps of rooms, as a text. */
function shelved(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const open = indexedDB.open('greenroom-shelf');
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const database = open.result;
          if (!database.objectStoreNames.contains('shelf')) return resolve('');
          const all = database.transaction('shelf').objectStore('shelf').getAll();
          all.onsuccess = () => {
            database.close();
            resolve(JSON.stringify(all.result));
          };
        };
      }),
  );
}
