/** Who is in a room, from a list and its differences. */
import type { Presence, User } from '../wire';

export interface Here {
  readonly users: ReadonlyMap<string, User>;
  /** The server's count; larger than the list where that was cut off. */
  readonly count: number;
}

export const NOBODY: Here = { users: new Map(), count: 0 };

export function present(online: readonly User[], count: number): Here {
  return { users: new Map(online.map((user) => [user.id, user])), count };
}

export function changed(here: Here, presence: Presence): Here {
  const users = new Map(here.users);
  for (const user of presence.left) users.delete(user.id);
  for (const user of presence.joined) users.set(user.id, user);
  return { users, count: presence.online_count };
}

export function countHere(here: Here): number {
  return Math.max(here.count, here.users.size);
}
