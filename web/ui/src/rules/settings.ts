/** What a person chose for this device. */

export type Theme = 'auto' | 'light' | 'dark' | 'contrast';
/** Of which messages one is told while looking elsewhere. */
export type Level = 'all' | 'mentions' | 'none';

export interface Choices {
  theme: Theme;
  /** Which key sends; the other begins a new line. */
  sendBy: 'enter' | 'ctrl-enter';
  /** Whether single letters do something to the message that has the focus. */
  letters: boolean;
  notifications: boolean;
  /** Whether notifications say what was said. */
  previews: boolean;
  sound: boolean;
  /** From 0 to 1. */
  volume: number;
  /** Not before this time, in ms since 1970. */
  quietUntil: number;
  /** The last used first. */
  recentEmoji: readonly string[];
  /** For rooms where it is not the usual. */
  levels: Record<string, Level>;
}

export const DEFAULTS: Choices = {
  theme: 'auto',
  sendBy: 'enter',
  letters: true,
  notifications: false,
  previews: true,
  sound: false,
  volume: 0.5,
  quietUntil: 0,
  recentEmoji: [],
  levels: {},
};

/** What was kept, as far as it makes sense; an older page may have kept something else. */
export function choicesFrom(kept: string | null): Choices {
  const choices: Record<string, unknown> = { ...DEFAULTS };
  try {
    const found = JSON.parse(kept ?? '{}') as Record<string, unknown> | null;
    for (const [key, usual] of Object.entries(DEFAULTS)) {
      const chosen = found?.[key];
      if (isLike(chosen, usual)) choices[key] = chosen;
    }
  } catch {
    // Unreadable: as if nothing was chosen.
  }
  return choices as unknown as Choices;
}

function isLike(chosen: unknown, usual: unknown): boolean {
  if (Array.isArray(usual)) return Array.isArray(chosen);
  return typeof chosen === typeof usual && chosen !== null;
}
