import { expect, test } from 'vitest';
import { drawingOf } from './drawing';
import type { Forest } from './rungs';

const children: Record<string, string[]> = {
  engine: ['store', 'rooms'],
  rooms: ['room:a', 'room:b'],
};
const forest: Forest = {
  root: 'engine',
  childrenOf: (name) => children[name] ?? [],
  hasMore: () => false,
};

test('whoever is below stands to the right, and nobody stands on another', () => {
  const { nodes, edges, width, height } = drawingOf(
    forest,
    () => true,
    (name) => name,
  );
  const at = (name: string): { x: number; y: number } => nodes.find((n) => n.name === name)!;
  expect(at('rooms').x).toBeGreaterThan(at('engine').x);
  expect(at('room:a').x).toBeGreaterThan(at('rooms').x);
  expect(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size).toBe(nodes.length);
  expect(edges.map(({ from, to }) => `${from}>${to}`)).toHaveLength(4);
  for (const { x, y } of nodes) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThan(width);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThan(height);
  }
});

test('only those who are wanted are drawn, and an empty tree is empty', () => {
  const { nodes } = drawingOf(
    forest,
    (name) => !name.startsWith('room:'),
    (name) => name,
  );
  expect(nodes.map(({ name }) => name)).toEqual(['engine', 'store', 'rooms']);
  expect(
    drawingOf(
      { ...forest, root: null },
      () => true,
      (name) => name,
    ).nodes,
  ).toEqual([]);
});
