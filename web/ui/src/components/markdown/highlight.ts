/** Colours for code: lowlight's tree as a flat line of a few kinds. Loaded only when there is code. */
import { common, createLowlight } from 'lowlight';

export type ShadeKind = 'word' | 'value' | 'name' | 'aside' | 'gone' | 'strong' | 'plain';

export interface Shade {
  kind: ShadeKind;
  text: string;
}

const KINDS: Record<string, ShadeKind> = {
  keyword: 'word',
  built_in: 'word',
  type: 'word',
  'selector-tag': 'word',
  meta: 'word',
  string: 'value',
  number: 'value',
  literal: 'value',
  regexp: 'value',
  symbol: 'value',
  addition: 'value',
  title: 'name',
  name: 'name',
  attr: 'name',
  attribute: 'name',
  property: 'name',
  section: 'name',
  'selector-class': 'name',
  'selector-id': 'name',
  comment: 'aside',
  quote: 'aside',
  deletion: 'gone',
  strong: 'strong',
};

/** As much of hast, the tree that lowlight makes, as is used here. */
interface Branch {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: Branch[];
}

const lowlight = createLowlight(common);

/** Nothing where the language is not known. */
export function shadesOf(code: string, language: string): Shade[] | null {
  if (!lowlight.registered(language)) return null;
  const shades: Shade[] = [];
  const walk = (branch: Branch, kind: ShadeKind): void => {
    const inside = kindOf(branch) ?? kind;
    if (branch.value !== undefined) shades.push({ kind: inside, text: branch.value });
    branch.children?.forEach((child) => walk(child, inside));
  };
  walk(lowlight.highlight(language, code) as Branch, 'plain');
  return shades;
}

function kindOf({ properties }: Branch): ShadeKind | undefined {
  const classes = Array.isArray(properties?.className) ? properties.className : [];
  return KINDS[String(classes[0] ?? '').replace(/^hljs-/, '')];
}
