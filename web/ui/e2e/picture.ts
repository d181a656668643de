import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import UPNG from 'upng-js';

/** Only where asked for: a test run changes nothing in the repository. */
export const pictured = process.env.GREENROOM_SCREENSHOTS === '1';

/** More than a page has beside the smoothing of its letters. */
const COLOURS = 128;

/** Draws a page for the documents, in as few bytes as will do. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!pictured) return;
  await page.mouse.move(0, 0);
  const drawn = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  const { width, height, ...image } = UPNG.decode(toArrayBuffer(drawn));
  const pixels = UPNG.toRGBA8({ width, height, ...image });
  const small = UPNG.encode(pixels, width, height, COLOURS);
  const path = fileURLToPath(new URL(`../../../docs/screenshots/${name}.png`, import.meta.url));
  await writeFile(path, new Uint8Array(small));
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
