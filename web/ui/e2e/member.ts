/** What people with an account do, and what all of them do in the lobby. */
import { expect, type Browser, type BrowserContextOptions, type Locator } from '@playwright/test';
import { Guest } from './guest';

export const PASSWORD = 'tall grass on tuesday';

export const mailOf = (name: string): string => `${name.toLowerCase()}@example.org`;

export async function registers(guest: Guest): Promise<void> {
  const { page, name } = guest;
  await page.getByLabel('Register').check();
  await page.getByLabel('E-mail').fill(mailOf(name));
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password, again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
}

export async function signsIn({ page, name }: Guest, password = PASSWORD): Promise<void> {
  await page.getByLabel('Sign in').check();
  await page.getByLabel('E-mail').fill(mailOf(name));
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Somebody with a new account, in the lobby. */
export async function member(
  browser: Browser,
  url: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Guest> {
  const guest = await Guest.opens(browser, url, name, options);
  await registers(guest);
  await expect(lobby(guest)).toBeVisible();
  return guest;
}

export const lobby = ({ page }: Guest): Locator => page.getByRole('navigation', { name: 'Rooms' });

export const section = (guest: Guest, name: string): Locator =>
  lobby(guest).getByRole('region', { name, exact: true });

export const panel = ({ page }: Guest): Locator =>
  page.getByRole('complementary', { name: 'Room details' });

export async function makesPrivateRoom(
  guest: Guest,
  title: string,
  invited: readonly string[] = [],
): Promise<void> {
  const { page } = guest;
  await lobby(guest).getByRole('button', { name: 'Make a room' }).click();
  const layer = page.getByRole('dialog', { name: 'Make a room' });
  await layer.getByLabel('Title').fill(title);
  for (const name of invited) {
    await layer.getByLabel('Find people by name').fill(name);
    await layer.getByRole('list', { name: 'People found' }).getByText(name).click();
    await expect(layer.getByRole('list', { name: 'Chosen' })).toContainText(name);
  }
  await layer.getByRole('button', { name: 'Make the room' }).click();
  await expect(page.getByRole('heading', { name: `#${title}`, level: 2 })).toBeVisible();
}

export async function opensPanel(guest: Guest): Promise<Locator> {
  await guest.page.getByRole('button', { name: /(person|people) here$/ }).click();
  await expect(panel(guest)).toBeVisible();
  return panel(guest);
}
