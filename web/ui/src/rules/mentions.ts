/** `@name` and `#room` within a text. */

/** A name after an `@` that is no part of an e-mail address; a full stop behind it is not of it. */
const PERSON = /(?<![\p{L}\p{N}_.@-])@([\p{L}\p{N}_](?:[\p{L}\p{N}_.-]{0,30}[\p{L}\p{N}_])?)/u;
/** A room's id after a `#`, where it is no part of an address. */
const ROOM = /(?<![\p{L}\p{N}_#&/.-])#([a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)(?![\p{L}\p{N}_])/u;
const CALL = new RegExp(`${PERSON.source}|${ROOM.source}`, 'gu');

export type Piece = { text: string; name?: string; room?: string };

/** A text in pieces: those that call somebody or name a room, and what stands between them. */
export function withCalls(text: string): Piece[] {
  if (!/[@#]/.test(text)) return [{ text }];
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(CALL)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    const [piece, name, room] = match;
    pieces.push(name === undefined ? { text: piece, room } : { text: piece, name });
    end = match.index + piece.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** Whether somebody is called by their name. */
export function mentions(text: string, name: string): boolean {
  return withCalls(text).some((piece) => piece.name !== undefined && sameName(piece.name, name));
}

export function sameName(a: string, b: string): boolean {
  return folded(a) === folded(b);
}

function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
