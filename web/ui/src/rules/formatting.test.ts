import { expect, test } from 'vitest';
import { marked, type Selection } from './formatting';

/** A field as people see it, with `[` and `]` around what is chosen. */
function field(shown: string): Selection {
  const start = shown.indexOf('[');
  const end = shown.indexOf(']') - 1;
  return { text: shown.replace(/[[\]]/g, ''), start, end };
}

function shown({ text, start, end }: Selection): string {
  return `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)}`;
}

test('what is chosen is marked, and stays chosen', () => {
  expect(shown(marked(field('say [it] loud'), '**'))).toBe('say **[it]** loud');
  expect(shown(marked(field('say [] loud'), '_'))).toBe('say _[]_ loud');
});

test('blanks at the edges stay outside', () => {
  expect(shown(marked(field('say[ it ]loud'), '`'))).toBe('say `[it]` loud');
});

test('the same again takes the marks away', () => {
  expect(shown(marked(field('say **[it]** loud'), '**'))).toBe('say [it] loud');
  expect(shown(marked(field('say [**it**] loud'), '**'))).toBe('say [it] loud');
});
