/** How a person's rooms are laid out in the list. */
import type { RoomRow } from '../wire';

export interface Sections {
  unread: RoomRow[];
  rooms: RoomRow[];
  direct: RoomRow[];
}

/**
 * A room does not move while one looks at it: one that was opened with unread messages stays
 * among the unread until one leaves it, and one that was read before does not go there.
 */
export function sectionsOf(
  rows: readonly RoomRow[],
  current: string | null,
  openedUnread: boolean,
): Sections {
  const isUnread = (row: RoomRow): boolean =>
    row.room === current ? openedUnread : row.unread > 0;
  const rest = rows.filter((row) => !isUnread(row));
  return {
    unread: rows.filter(isUnread),
    rooms: rest.filter((row) => row.kind !== 'direct'),
    direct: rest.filter((row) => row.kind === 'direct'),
  };
}
