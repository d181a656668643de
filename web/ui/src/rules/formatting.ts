/** Marks around what is chosen in a field: put there, or taken away where they are already. */

export interface Selection {
  text: string;
  start: number;
  end: number;
}

export const MARKS = { bold: '**', italic: '_', code: '`' } as const;

export function marked({ text, start, end }: Selection, mark: string): Selection {
  const size = mark.length;
  const inner = text.slice(start, end);
  if (text.slice(start - size, start) === mark && text.slice(end, end + size) === mark) {
    const without = text.slice(0, start - size) + inner + text.slice(end + size);
    return { text: without, start: start - size, end: end - size };
  }
  if (inner.length >= 2 * size && inner.startsWith(mark) && inner.endsWith(mark)) {
    const without = text.slice(0, start) + inner.slice(size, -size) + text.slice(end);
    return { text: without, start, end: end - 2 * size };
  }
  // Blanks at the edges would make the marks mean nothing.
  const from = start + (inner.length - inner.trimStart().length);
  const to = Math.max(from, end - (inner.length - inner.trimEnd().length));
  const around = text.slice(0, from) + mark + text.slice(from, to) + mark + text.slice(to);
  return { text: around, start: from + size, end: to + size };
}
