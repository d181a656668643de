/** `@name` within a text. */

/** A name after an `@` that is no part of an e-mail address; a full stop behind it is not of it. */
const MENTION = /(?<![\p{L}\p{N}_.@-])@([\p{L}\p{N}_](?:[\p{L}\p{N}_.-]{0,30}[\p{L}\p{N}_])?)/gu;

export type MentionPiece = { text: string; name?: undefined } | { text: string; name: string };

export function withMentions(text: string): MentionPiece[] {
  if (!text.includes('@')) return [{ text }];
  const pieces: MentionPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(MENTION)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: match[0], name: match[1]! });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** Whether somebody is called by their name. */
export function mentions(text: string, name: string): boolean {
  return withMentions(text).some((piece) => piece.name !== undefined && sameName(piece.name, name));
}

export function sameName(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
