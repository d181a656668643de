/** What was written and not sent. */

export interface Draft {
  text: string;
  /** The message that it answers. */
  replyTo: number | null;
  /** When it was last changed, in ms since 1970. */
  at: number;
}

const KEPT_MS = 30 * 86_400_000;

export function isStale(draft: Draft, now: number): boolean {
  return now - draft.at > KEPT_MS;
}

/** Blanks alone are nothing to come back to. */
export function isEmpty({ text, replyTo }: Pick<Draft, 'text' | 'replyTo'>): boolean {
  return text.trim() === '' && replyTo === null;
}
