/** The keys of the page, as its list shows them. */
import { settings } from '../texts/settings';

const { names, groups } = settings.keys;

export interface Shortcut {
  /** Each is one way; keys of one way are pressed together. */
  keys: string[][];
  does: string;
}

export const shortcuts: { title: string; list: Shortcut[] }[] = [
  {
    title: groups.places,
    list: [
      { keys: [['Ctrl', 'K']], does: names.switcher },
      { keys: [['Ctrl', '/'], ['?']], does: names.shortcuts },
      {
        keys: [
          ['Alt', '↑'],
          ['Alt', '↓'],
        ],
        does: names.rooms,
      },
      {
        keys: [
          ['Alt', 'Shift', '↑'],
          ['Alt', 'Shift', '↓'],
        ],
        does: names.unread,
      },
      { keys: [['F6'], ['Ctrl', 'F6']], does: names.regions },
      { keys: [['Ctrl', 'End']], does: names.newest },
      { keys: [['Ctrl', 'Home']], does: names.oldest },
      { keys: [['Shift', 'PageUp']], does: names.firstNew },
      { keys: [['Esc']], does: names.escape },
    ],
  },
  {
    title: groups.messages,
    list: [
      { keys: [['↑'], ['↓']], does: names.move },
      { keys: [['Home'], ['End']], does: names.ends },
      { keys: [['R']], does: names.reply },
      { keys: [['C']], does: names.copy },
    ],
  },
  {
    title: groups.writing,
    list: [
      { keys: [['Ctrl', 'B']], does: names.bold },
      { keys: [['Ctrl', 'I']], does: names.italic },
      { keys: [['Ctrl', 'E']], does: names.code },
      { keys: [['@']], does: names.mention },
      { keys: [['Shift', 'Enter']], does: names.line },
      { keys: [['Ctrl', 'Enter']], does: names.send },
    ],
  },
];

/** The room that Alt and an arrow go to: the next in the list, or the next unread one. */
export function neighbour<T extends { room: string; unread: number }>(
  rows: readonly T[],
  current: string | null,
  step: 1 | -1,
  unreadOnly: boolean,
): string | null {
  const at = rows.findIndex((row) => row.room === current);
  const start = at === -1 && step === -1 ? rows.length : at;
  for (let i = start + step; i >= 0 && i < rows.length; i += step) {
    if (!unreadOnly || rows[i]!.unread > 0) return rows[i]!.room;
  }
  return null;
}
