/**
 * A message as a tree of the few forms that a chat needs. Whatever else Markdown knows (headings,
 * tables, pictures, HTML) stays the text that was typed: nothing here ever becomes HTML.
 */
import { Lexer, Tokenizer, type Token, type Tokens } from 'marked';
import { addressAt, safeAddress } from './links';
import { withCalls } from './mentions';

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'code'; text: string }
  | { kind: 'mention'; text: string; name: string }
  | { kind: 'room'; text: string; room: string }
  | { kind: 'strong' | 'em' | 'del'; inside: Inline[] }
  | { kind: 'link'; href: string; inside: Inline[] };

export type Block =
  | { kind: 'paragraph'; inside: Inline[] }
  | { kind: 'code'; text: string; language: string }
  | { kind: 'quote'; inside: Block[] }
  | { kind: 'list'; ordered: boolean; start: number; items: Block[][] };

/** Deeper than this nothing is nested: more is no thought but an attack. */
const MOST_DEPTH = 6;
/** A message without any of these is one plain paragraph, and most are. */
const SIGNS = /[*_~`>[\]\\@#\n+-]|https?:|\d[.)]\s|mailto:/i;

const KEPT = 300;
const known = new Map<string, Block[]>();

/** Rows come and go while one scrolls: what was read once is kept. */
export function blocksOf(body: string): Block[] {
  const found = known.get(body);
  if (found) return found;
  const blocks = read(body);
  if (known.size >= KEPT) known.clear();
  known.set(body, blocks);
  return blocks;
}

function read(body: string): Block[] {
  const text = body.replace(/\r\n?/g, '\n');
  if (!SIGNS.test(text)) return plain(text);
  try {
    const blocks = blocksIn(
      new Lexer({ gfm: true, breaks: true, tokenizer: new Talk() }).lex(text),
    );
    return blocks.length > 0 ? blocks : plain(text);
  } catch {
    return plain(text);
  }
}

function plain(text: string): Block[] {
  return [{ kind: 'paragraph', inside: [{ kind: 'text', text }] }];
}

/** What people write in a chat, and no more of it inside itself than anybody means. */
class Talk extends Tokenizer {
  #depth = 0;

  override blockquote(src: string) {
    return this.#nested(() => super.blockquote(src));
  }

  override list(src: string) {
    return this.#nested(() => super.list(src));
  }

  override emStrong(src: string, masked: string, before?: string) {
    return this.#nested(() => super.emStrong(src, masked, before));
  }

  override del(src: string, masked: string, before?: string) {
    return this.#nested(() => super.del(src, masked, before));
  }

  override link(src: string) {
    return src.startsWith('[') ? this.#nested(() => super.link(src)) : undefined;
  }

  override url(src: string): Tokens.Link | undefined {
    const address = this.lexer.state.inLink ? null : addressAt(src);
    if (address === null) return undefined;
    const { text, href } = address;
    const inside: Tokens.Text = { type: 'text', raw: text, text, escaped: false };
    return { type: 'link', raw: text, text, href, tokens: [inside] };
  }

  // Blanks before a line are no code in a chat.
  override code = nothing;
  override heading = nothing;
  override lheading = nothing;
  override hr = nothing;
  override html = nothing;
  override tag = nothing;
  override table = nothing;
  override def = nothing;
  override reflink = nothing;

  #nested<T>(work: () => T | undefined): T | undefined {
    if (this.#depth >= MOST_DEPTH) return undefined;
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }
}

function nothing(): undefined {
  return undefined;
}

function blocksIn(tokens: Token[]): Block[] {
  const blocks: Block[] = [];
  let adjoins = false;
  for (const token of tokens as Tokens.Generic[]) {
    const block = blockOf(token);
    const last = blocks.at(-1);
    // Lines that would have been headings or rules are lines of the same paragraph.
    if (adjoins && block?.kind === 'paragraph' && last?.kind === 'paragraph') {
      last.inside.push({ kind: 'break' }, ...block.inside);
    } else if (block) {
      blocks.push(block);
    }
    adjoins = token.type !== 'space' && !/\n\s*\n$/.test(token.raw);
  }
  return blocks;
}

function blockOf(token: Tokens.Generic): Block | null {
  switch (token.type) {
    case 'space':
    case 'checkbox':
      return null;
    case 'code':
      return { kind: 'code', text: token.text, language: languageOf(token.lang) };
    case 'blockquote':
      return { kind: 'quote', inside: blocksIn(token.tokens ?? []) };
    case 'list':
      return {
        kind: 'list',
        ordered: token.ordered,
        start: Number(token.start) || 1,
        items: (token as Tokens.List).items.map(itemOf),
      };
    default:
      return { kind: 'paragraph', inside: token.tokens ? inlines(token.tokens) : text(token.raw) };
  }
}

/** A box to tick is shown and not ticked: the message is somebody else's. */
function itemOf({ task, checked, tokens }: Tokens.ListItem): Block[] {
  const blocks = blocksIn(tokens);
  const first = blocks[0];
  if (task && first?.kind === 'paragraph') {
    first.inside.unshift({ kind: 'text', text: checked ? '☑ ' : '☐ ' });
  }
  return blocks;
}

function languageOf(info: unknown): string {
  return typeof info === 'string' ? (/^[\w+#.-]+/.exec(info)?.[0].toLowerCase() ?? '') : '';
}

function inlines(tokens: Token[]): Inline[] {
  const merged: Inline[] = [];
  for (const piece of (tokens as Tokens.Generic[]).flatMap(inlineOf)) {
    const last = merged.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text') last.text += piece.text;
    else merged.push(piece);
  }
  return merged;
}

function inlineOf(token: Tokens.Generic): Inline[] {
  switch (token.type) {
    case 'br':
      return [{ kind: 'break' }];
    case 'codespan':
      return [{ kind: 'code', text: token.text }];
    case 'strong':
    case 'em':
    case 'del':
      return [{ kind: token.type, inside: inlines(token.tokens ?? []) }];
    case 'link':
      return link(token);
    default:
      return text(token.text ?? token.raw);
  }
}

function link(token: Tokens.Generic): Inline[] {
  const href = safeAddress(token.href);
  if (href === null) return text(token.raw);
  // Within a link nobody is called, and no other link leads elsewhere.
  const inside: Inline[] = inlines(token.tokens ?? []).map((piece) =>
    piece.kind === 'mention' || piece.kind === 'room' ? { kind: 'text', text: piece.text } : piece,
  );
  return [{ kind: 'link', href, inside }];
}

function text(value: string): Inline[] {
  return withCalls(value).map(({ text, name, room }) => {
    if (name !== undefined) return { kind: 'mention', text, name };
    if (room !== undefined) return { kind: 'room', text, room };
    return { kind: 'text', text };
  });
}
