/** A message in one line without its marks, for quotes and notifications. */
import { blocksOf, type Block, type Inline } from './markdown';

const MOST = 120;

export function excerpt(body: string, most: number = MOST): string {
  const line = blocksOf(body).map(block).join(' ').replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}

function block(one: Block): string {
  switch (one.kind) {
    case 'paragraph':
      return one.inside.map(inline).join('');
    case 'code':
      return one.text;
    case 'quote':
      return one.inside.map(block).join(' ');
    case 'list':
      return one.items.map((item) => item.map(block).join(' ')).join(', ');
  }
}

function inline(one: Inline): string {
  if ('text' in one) return one.text;
  return one.kind === 'break' ? ' ' : one.inside.map(inline).join('');
}
