/// <reference types="node" />
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { experiments } from '../rules/experiments';
import { tour } from './tour';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

test('each experiment has its words, and leads to files that there are', () => {
  expect(experiments.map(({ name }) => name).sort()).toEqual(Object.keys(tour.chapters).sort());
  for (const { name } of experiments) {
    const { where } = tour.chapters[name];
    expect(where.length).toBeGreaterThan(0);
    for (const file of where) expect(existsSync(ROOT + file), file).toBe(true);
  }
});
