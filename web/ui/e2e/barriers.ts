/** What keeps people from using a page, as far as a program can tell. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { expect, type Page } from '@playwright/test';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function withoutBarriers(page: Page): Promise<void> {
  await without(page, { runOnly: { type: 'tag', values: TAGS } });
}

/** Letters are seven times as light or dark as what is behind them, or four and a half where they are large. */
export async function withStrongContrast(page: Page): Promise<void> {
  await without(page, { runOnly: { type: 'rule', values: ['color-contrast-enhanced'] } });
}

async function without(page: Page, options: RunOptions): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    (options) => (window as unknown as { axe: Axe }).axe.run(document, options),
    options,
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

/**
 * Each control can be brought onto the screen as a whole, and nothing lies over it. Asked of the
 * open layer, where there is one.
 */
export async function allInReach(page: Page): Promise<void> {
  const hidden = await page.evaluate(async () => {
    const layers = [...document.querySelectorAll('dialog[open], :popover-open')];
    const controls = (layers.at(-1) ?? document).querySelectorAll<HTMLElement>(
      'button, a[href], input, select, textarea, [role=tab], [role=option]',
    );
    const far: string[] = [];
    for (const control of controls) {
      const shut = control.closest('[inert]') !== null;
      if (shut || !control.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
        continue;
      const shown = control.closest('label') ?? control;
      shown.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
      await new Promise((next) => requestAnimationFrame(next));
      if (!control.isConnected) continue;
      const at = shown.getBoundingClientRect();
      // What is read and not seen, and the way past the list, which comes with the focus.
      if (at.width < 2 || at.height < 2 || control.matches('.skip')) continue;
      const whole =
        at.left >= -1 && at.top >= -1 && at.right <= innerWidth + 1 && at.bottom <= innerHeight + 1;
      const top = document.elementFromPoint((at.left + at.right) / 2, (at.top + at.bottom) / 2);
      const free = top !== null && (shown.contains(top) || top.contains(shown));
      if (!whole || !free)
        far.push(
          `${control.outerHTML.slice(0, 120)} (under ${top?.outerHTML.slice(0, 60) ?? 'nothing'})`,
        );
    }
    return far;
  });
  expect(hidden).toEqual([]);
}
