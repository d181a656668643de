import {
  expect,
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from '@playwright/test';

/** A person at a browser of their own. */
export class Guest {
  /** What the browser complained of: nothing may break the content security policy, or be asked elsewhere. */
  readonly complaints: string[] = [];
  /** As the server told it. */
  id = '';

  private constructor(
    readonly page: Page,
    readonly name: string,
  ) {
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(String(payload)) as { type: string; user: { id: string } };
        if (frame.type === 'welcome') this.id = frame.user.id;
      }),
    );
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      const own = hostname === '127.0.0.1' || /^(about|blob|data):/.test(protocol);
      if (!own) this.complaints.push(`asked elsewhere: ${request.url()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      const expected = /WebSocket|ERR_CONNECTION_REFUSED/.test(message.text());
      if (message.type() === 'error' && !expected) this.complaints.push(message.text());
    });
  }

  static async opens(
    browser: Browser,
    url: string,
    name: string,
    options: BrowserContextOptions = {},
  ): Promise<Guest> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const guest = new Guest(await context.newPage(), name);
    await guest.page.goto(url);
    return guest;
  }

  async enters(): Promise<void> {
    await this.page.getByLabel('Your name').fill(this.name);
    await this.page.getByRole('button', { name: 'Enter' }).click();
    await expect(this.field).toBeVisible();
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: /^Message / });
  }

  get log(): Locator {
    return this.page.getByRole('log');
  }

  message(body: string): Locator {
    return this.log.getByRole('article').filter({ hasText: body });
  }

  get typing(): Locator {
    return this.page.getByTestId('typing');
  }

  async says(body: string): Promise<void> {
    await this.field.fill(body);
    await this.field.press('Enter');
    await expect(this.field).toHaveValue('');
  }

  async sees(body: string): Promise<void> {
    await expect(this.message(body)).toHaveCount(1);
  }

  /** Everything that was said, in the order of the room, as this page shows it. */
  async seesExactly(bodies: string[]): Promise<void> {
    const shown = this.log.getByRole('article').locator('.text');
    await expect(shown).toHaveText(bodies);
  }

  async tickOf(body: string, tick: string): Promise<void> {
    await expect(this.message(body).locator('[data-tick]')).toHaveAttribute('data-tick', tick);
  }

  async connectionIs(word: string): Promise<void> {
    await expect(this.page.getByRole('navigation').getByText(word)).toBeVisible();
  }
}
