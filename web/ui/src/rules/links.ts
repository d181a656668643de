/** Cuts a message into plain text and web addresses; nothing here ever becomes HTML. */

export type Piece = { text: string; href?: undefined } | { text: string; href: string };

const ADDRESS = /https?:\/\/[^\s<>"]+/gi;
/** Marks that end a sentence rather than an address. */
const TRAILING = /[.,:;!?'"*_~]+$/;

export function pieces(body: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of body.matchAll(ADDRESS)) {
    const text = trimmed(match[0]);
    const href = addressOf(text);
    if (href === null) continue;
    if (match.index > end) found.push({ text: body.slice(end, match.index) });
    found.push({ text, href });
    end = match.index + text.length;
  }
  if (end < body.length) found.push({ text: body.slice(end) });
  return found;
}

/** Without a full stop, and without a closing bracket that was opened before the address. */
function trimmed(address: string): string {
  let text = address.replace(TRAILING, '');
  while (text.endsWith(')') && count(text, ')') > count(text, '(')) {
    text = text.slice(0, -1).replace(TRAILING, '');
  }
  return text;
}

function addressOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
}

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}
