/** Which addresses may be followed, and where one ends within a sentence. */

export interface Address {
  text: string;
  href: string;
}

const ADDRESS = /^https?:\/\/[^\s<>"]+/i;
/** Marks that end a sentence rather than an address. */
const TRAILING = new Set('.,:;!?\'"*_~');
const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/** The web address with which a text begins. */
export function addressAt(text: string): Address | null {
  const found = ADDRESS.exec(text)?.[0];
  if (found === undefined) return null;
  const address = trimmed(found);
  const href = safeAddress(address);
  return href === null ? null : { text: address, href };
}

/** The address in its full form; `null` for one that a click must not follow. */
export function safeAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return SCHEMES.has(url.protocol) ? url.href : null;
}

/** Without a full stop, and without a closing bracket that was opened before the address. */
function trimmed(address: string): string {
  let open = count(address, '(') - count(address, ')');
  let end = address.length;
  for (; end > 0; end--) {
    const mark = address[end - 1]!;
    if (mark === ')' && open < 0) open++;
    else if (!TRAILING.has(mark)) break;
  }
  return address.slice(0, end);
}

function count(text: string, mark: string): number {
  return text.split(mark).length - 1;
}
