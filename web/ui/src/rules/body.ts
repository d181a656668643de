/** What may be sent as a message. */

export const DEFAULT_BODY_BYTES = 8_000;

const encoder = new TextEncoder();

/** How many bytes a text is over the limit; 0 where it fits. */
export function bytesOver(text: string, limit: number): number {
  // A character has at most three bytes in UTF-8 per unit in memory: most texts need no count.
  if (text.length * 3 <= limit) return 0;
  return Math.max(0, encoder.encode(text).length - limit);
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}
