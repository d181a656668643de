/** What the tree shows of a failure: who died, the way up to whoever decided, and who went with it. */
import type { Story } from '../wire';

/** From the gravest down: an actor has one. */
export type Part = 'crashed' | 'decided' | 'path' | 'touched';

export interface Light {
  part: Part;
  story: number;
}

const PARTS: readonly Part[] = ['crashed', 'decided', 'path', 'touched'];

export function litBy(stories: readonly Story[]): Map<string, Light> {
  const lights = new Map<string, Light>();
  const shine = (name: string, part: Part, story: number): void => {
    const before = lights.get(name);
    const graver = before === undefined || PARTS.indexOf(part) < PARTS.indexOf(before.part);
    if (graver) lights.set(name, { part, story });
  };
  for (const { n, actor, path, touched } of stories) {
    shine(actor, 'crashed', n);
    const decider = path.at(-1);
    if (decider !== undefined && decider !== actor) shine(decider, 'decided', n);
    for (const name of path) if (name !== actor) shine(name, 'path', n);
    for (const name of touched) shine(name, 'touched', n);
  }
  return lights;
}
