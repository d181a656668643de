import { withoutBarriers } from './barriers';
import { Guest } from './guest';
import { expect, server, test } from './stage';

const opens = (browser: Parameters<typeof Guest.opens>[0], name: string): Promise<Guest> =>
  Guest.opens(browser, `${server.url}/r/green?name=${name}`, name);

test('what is erased goes from every screen at once, from quotes, from lists and from what is kept', async ({
  browser,
}) => {
  const ana = await opens(browser, 'Ana');
  const bob = await opens(browser, 'Bob');
  await bob.says('I live at 7 Elm Street');
  await ana.message('7 Elm Street').hover();
  await ana.message('7 Elm Street').getByRole('button', { name: 'Reply' }).click();
  await ana.says('Better not here');
  await ana.tickOf('Better not here', 'read');
  await bob.says('My number is 555');
  await ana.sees('My number is 555');

  // Carol was here, and looks elsewhere now.
  const carol = await opens(browser, 'Carol');
  await carol.sees('My number is 555');
  await carol.page.getByLabel('Enter a room').fill('attic');
  await carol.page.getByLabel('Enter a room').press('Enter');
  await expect(carol.page.getByText('This is the beginning of #attic.')).toBeVisible();
  await expect.poll(() => keptBodies(ana)).toHaveLength(3);
  await expect.poll(() => keptBodies(carol)).toHaveLength(3);

  await server.administers('erase', bob.id);
  for (const guest of [ana, bob]) {
    await expect(guest.log.getByText('Message erased', { exact: true })).toHaveCount(3);
    await guest.seesExactly(['Better not here']);
  }
  await expect(ana.message('Better not here').getByRole('button', { name: /In reply/ })).toHaveText(
    /Message erased/,
  );
  await expect.poll(() => keptBodies(ana)).toEqual(['Better not here']);
  await expect(ana.page.getByRole('link', { name: /green/ })).not.toContainText('555');
  await withoutBarriers(ana.page);

  await carol.page.getByRole('link', { name: /green/ }).click();
  await carol.seesExactly(['Better not here']);
  await expect.poll(() => keptBodies(carol)).toEqual(['Better not here']);
  await ana.page.reload();
  await ana.seesExactly(['Better not here']);
  await bob.says('I am still here');
  await ana.sees('I am still here');
  expect([...ana.complaints, ...bob.complaints, ...carol.complaints]).toEqual([]);
});

/** What the browser keeps of what was said, in whatever room. */
function keptBodies(of: Guest): Promise<string[]> {
  return of.page.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const open = indexedDB.open('greenroom-shelf');
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const all = open.result.transaction('shelf').objectStore('shelf').getAll();
          all.onsuccess = () => {
            open.result.close();
            const kept = all.result as { events?: { body?: string }[] }[];
            resolve(kept.flatMap(({ events = [] }) => events.flatMap(({ body }) => body ?? [])));
          };
        };
      }),
  );
}
