/** Which message gets the focus next, by keyboard. */
import type { Row } from './rows';

/** The index of the row to go to; `null` where there is none, or the key means something else. */
export function rovedTo(rows: readonly Row[], at: number, key: string): number | null {
  switch (key) {
    case 'ArrowUp':
      return message(rows, at - 1, -1);
    case 'ArrowDown':
      return message(rows, at + 1, 1);
    case 'Home':
      return message(rows, 0, 1);
    case 'End':
      return lastMessage(rows);
    default:
      return null;
  }
}

export function lastMessage(rows: readonly Row[]): number | null {
  return message(rows, rows.length - 1, -1);
}

function message(rows: readonly Row[], from: number, step: 1 | -1): number | null {
  for (let i = from; i >= 0 && i < rows.length; i += step) {
    if (rows[i]!.kind === 'message') return i;
  }
  return null;
}
