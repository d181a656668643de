/** What a key does in the tree of actors, as the ARIA practices have it for a treegrid of rows. */

export interface Rung {
  /** From 1. */
  level: number;
  /** `null` where nothing is below. */
  expanded: boolean | null;
}

export type Move = { go: number } | { toggle: number } | null;

/** A page is so many rows. */
const PAGE = 10;

export function moveBy(rows: readonly Rung[], at: number, key: string): Move {
  const row = rows[at];
  if (row === undefined) return null;
  switch (key) {
    case 'ArrowUp':
      return go(rows, at - 1);
    case 'ArrowDown':
      return go(rows, at + 1);
    case 'PageUp':
      return go(rows, at - PAGE);
    case 'PageDown':
      return go(rows, at + PAGE);
    case 'Home':
      return go(rows, 0);
    case 'End':
      return go(rows, rows.length - 1);
    case 'ArrowRight':
      if (row.expanded === false) return { toggle: at };
      return row.expanded ? go(rows, at + 1) : null;
    case 'ArrowLeft':
      return row.expanded ? { toggle: at } : upFrom(rows, at);
    default:
      return null;
  }
}

function go(rows: readonly Rung[], to: number): Move {
  return { go: Math.max(0, Math.min(rows.length - 1, to)) };
}

function upFrom(rows: readonly Rung[], at: number): Move {
  const { level } = rows[at]!;
  for (let i = at - 1; i >= 0; i--) if (rows[i]!.level < level) return { go: i };
  return null;
}
