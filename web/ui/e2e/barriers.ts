/** What keeps people from using a page, as far as a program can tell. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { expect, type Page } from '@playwright/test';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function withoutBarriers(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    (options) => (window as unknown as { axe: Axe }).axe.run(document, options),
    { runOnly: { type: 'tag', values: TAGS } } satisfies RunOptions,
  )) as AxeResults;
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' | ')}`);
  expect(found).toEqual([]);
}

interface Axe {
  run(document: Document, options: RunOptions): Promise<AxeResults>;
}

export async function fitsSideways(page: Page): Promise<void> {
  const over = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('nav, [role=log]')]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.tagName),
  );
  expect(over).toEqual([]);
}
