/** The people of a room as its panel lists them. */
import type { Member, Role, RoomKind, User } from '../wire';

export interface Place {
  user: User;
  role: Role | null;
  /** Whether they are in the room at the moment. */
  here: boolean;
}

const RANK: Record<Role, number> = { owner: 0, moderator: 1, member: 2 };

/** In a public room whoever is here, and whoever has a role; in others the members. */
export function rosterOf(
  kind: RoomKind,
  members: readonly Member[],
  here: ReadonlyMap<string, User>,
): Place[] {
  const places = new Map<string, Place>(
    members.map(({ id, name, role }) => [
      id,
      { user: { id, name }, role, here: here.has(id) } satisfies Place,
    ]),
  );
  if (kind === 'group') {
    for (const user of here.values()) {
      if (!places.has(user.id)) places.set(user.id, { user, role: null, here: true });
    }
  }
  const byName = (a: Place, b: Place): number => a.user.name.localeCompare(b.user.name);
  const first =
    kind === 'group'
      ? (place: Place) => (place.here ? 0 : 1)
      : (place: Place) => RANK[place.role ?? 'member'];
  return [...places.values()].sort((a, b) => first(a) - first(b) || byName(a, b));
}
