/** Somebody before the observatory. */
import { expect, type Browser, type BrowserContextOptions, type Locator } from '@playwright/test';
import { Guest } from './guest';

export class Watcher {
  private constructor(readonly guest: Guest) {}

  static async opens(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
    place = '',
  ): Promise<Watcher> {
    const guest = await Guest.opens(browser, `${url}/observatory${place}`, 'Watcher', options);
    return new Watcher(guest);
  }

  get page(): Guest['page'] {
    return this.guest.page;
  }

  get tree(): Locator {
    return this.page.getByRole('treegrid', { name: 'Actors' });
  }

  row(actor: string): Locator {
    return this.tree.locator(`[data-row="${actor}"]`);
  }

  get detail(): Locator {
    return this.page.getByRole('complementary', { name: 'Actor' });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  get news(): Locator {
    return this.page.getByRole('status').filter({ has: this.page.locator('.news') });
  }

  async live(): Promise<void> {
    await expect(this.page.getByText('Live', { exact: true })).toBeVisible();
  }

  /** By mouse, from the tree. */
  async looksAt(actor: string): Promise<void> {
    await this.row(actor).getByRole('link').click();
    await expect(this.detail.getByRole('heading', { name: actor, level: 2 })).toBeVisible();
  }

  /** Of the story that is shown. */
  async figure(name: string): Promise<string> {
    return this.page.locator(`[data-figure=${name}]`).innerText();
  }
}
