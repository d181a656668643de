import { describe, expect, test } from 'vitest';
import { blocksOf, type Block, type Inline } from './markdown';

/** A tree as a short line: `strong(a)`, `link<href>(a)`. */
function brief(blocks: Block[]): string {
  return blocks.map(block).join(' | ');
}

function block(one: Block): string {
  switch (one.kind) {
    case 'paragraph':
      return one.inside.map(inline).join('');
    case 'code':
      return `code<${one.language}>(${one.text})`;
    case 'quote':
      return `quote(${brief(one.inside)})`;
    case 'list':
      return `${one.ordered ? `ol<${one.start}>` : 'ul'}(${one.items.map(brief).join('; ')})`;
  }
}

function inline(one: Inline): string {
  switch (one.kind) {
    case 'text':
      return one.text;
    case 'break':
      return '⏎';
    case 'code':
      return `code(${one.text})`;
    case 'mention':
      return `mention(${one.name})`;
    case 'room':
      return `room(${one.room})`;
    case 'link':
      return `link<${one.href}>(${one.inside.map(inline).join('')})`;
    default:
      return `${one.kind}(${one.inside.map(inline).join('')})`;
  }
}

const shown = (body: string): string => brief(blocksOf(body));

test('what people mark is told apart', () => {
  expect(shown('**Loud**, _soft_, ~~gone~~ and `const`')).toBe(
    'strong(Loud), em(soft), del(gone) and code(const)',
  );
  expect(shown('one\ntwo\n\nthree')).toBe('one⏎two | three');
  expect(shown('> she said\n> this\n\nNo.')).toBe('quote(she said⏎this) | No.');
  expect(shown('- a\n- b\n  - c')).toBe('ul(a; b | ul(c))');
  expect(shown('3. c\n4. d')).toBe('ol<3>(c; d)');
  expect(shown('- [ ] to do\n- [x] done')).toBe('ul(☐ to do; ☑ done)');
  expect(shown('```rust\nfn main() {}\n```')).toBe('code<rust>(fn main() {})');
});

test('signs that mean nothing stay what was typed', () => {
  expect(shown('2 * 3 * 4 and snake_case_name')).toBe('2 * 3 * 4 and snake_case_name');
  expect(shown('# not a heading\n---\n| no | table |')).toBe('# not a heading⏎---⏎| no | table |');
  expect(shown('    not code')).toBe('    not code');
});

test('HTML is text', () => {
  const body = '<img src=x onerror=alert(1)> <b>bold</b>\n\n<script>alert(1)</script>';
  expect(shown(body)).toBe('<img src=x onerror=alert(1)> <b>bold</b> | <script>alert(1)</script>');
});

test('a link leads to the web or to a letter, and nowhere else', () => {
  expect(shown('[a](https://a.example) [b](mailto:b@c.example)')).toBe(
    'link<https://a.example/>(a) link<mailto:b@c.example>(b)',
  );
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc', ' jAvaScript:x']) {
    expect(shown(`[x](${bad})`)).not.toContain('link<');
  }
  expect(shown('[x](//elsewhere.example)')).not.toContain('link<');
  expect(shown('![a picture](https://a.example/p.png)')).not.toContain('img');
});

test('who is called is told from an address', () => {
  expect(shown('Ask @ana, or me@ana.example.')).toBe('Ask mention(ana), or me@ana.example.');
  expect(shown('Come to #attic!')).toBe('Come to room(attic)!');
  expect(shown('[to #attic](https://example.org/)')).not.toContain('room(');
  expect(shown('`@ana` and https://a.example/@ana')).toBe(
    'code(@ana) and link<https://a.example/@ana>(https://a.example/@ana)',
  );
});

describe('hostile texts stay quick, and nothing of them is nested without end', () => {
  const hostile: [string, string][] = [
    ['quotes', '>'.repeat(10_000)],
    ['quotes with blanks', '> '.repeat(5_000)],
    ['brackets', '['.repeat(10_000)],
    ['links in links', '[a]('.repeat(2_500)],
    ['stars', '*a **b '.repeat(1_400)],
    ['a huge list', '- a\n'.repeat(2_500)],
    ['lists in lists', '- '.repeat(5_000)],
    ['lists in quotes', '> - '.repeat(2_500)],
    ['an address of brackets', `https://a.example/${')'.repeat(9_000)}`],
    ['backslashes', '\\'.repeat(10_000)],
  ];
  test.each(hostile)('%s', (_name, body) => {
    // What would be slow ends as a test that takes too long.
    expect(deepest(blocksOf(body))).toBeLessThan(20);
  });
});

function deepest(tree: unknown): number {
  if (typeof tree !== 'object' || tree === null) return 0;
  return 1 + Math.max(0, ...Object.values(tree).map(deepest));
}
