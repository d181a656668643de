/** Where each actor stands in the drawn tree. */
import { hierarchy, tree } from 'd3-hierarchy';
import type { Forest } from './rungs';

export interface Placed {
  name: string;
  x: number;
  y: number;
}

export interface Edge {
  from: string;
  to: string;
  /** As the `d` of a path. */
  path: string;
}

export interface Drawing {
  nodes: Placed[];
  edges: Edge[];
  width: number;
  height: number;
}

const STEP_X = 210;
const STEP_Y = 30;
const MARGIN = 20;
/** From the shape to its name, and about as wide as a letter is. */
const NAME_X = 30;
const LETTER_X = 7.4;

/** From left to right; of those below an actor the ones that `shows` wants, each with its label. */
export function drawingOf(
  forest: Forest,
  shows: (name: string) => boolean,
  labelOf: (name: string) => string,
): Drawing {
  if (forest.root === null) return { nodes: [], edges: [], width: 0, height: 0 };
  const root = hierarchy(forest.root, (name) => forest.childrenOf(name).filter(shows));
  const placed = tree<string>().nodeSize([STEP_Y, STEP_X])(root);
  const all = placed.descendants();
  const top = Math.min(...all.map(({ x }) => x)) - MARGIN;
  const nodes = all.map(({ data, x, y }) => ({ name: data, x: y + MARGIN, y: x - top }));
  const edges = placed.links().map(({ source, target }) => ({
    from: source.data,
    to: target.data,
    path: bend(
      source.y + MARGIN + NAME_X + labelOf(source.data).length * LETTER_X,
      source.x - top,
      target.y + MARGIN,
      target.x - top,
    ),
  }));
  return {
    nodes,
    edges,
    width: Math.max(...nodes.map(({ x }) => x)) + STEP_X,
    height: Math.max(...nodes.map(({ y }) => y)) + MARGIN,
  };
}

function bend(fromX: number, fromY: number, toX: number, toY: number): string {
  const begin = Math.round(Math.min(fromX, toX - 30));
  const end = toX - 10;
  const middle = (begin + end) / 2;
  const [y0, y1] = [Math.round(fromY), Math.round(toY)];
  return `M${begin} ${y0}C${middle} ${y0} ${middle} ${y1} ${end} ${y1}`;
}
