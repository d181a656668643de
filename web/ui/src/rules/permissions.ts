/** Who may do what in a room. The server decides; this says what need not be offered. */
import type { Role, RoomKind } from '../wire';

export interface Standing {
  kind: RoomKind;
  role: Role | null;
}

export function mayEdit({ kind, role }: Standing): boolean {
  return kind !== 'direct' && (role === 'owner' || role === 'moderator');
}

/** Public rooms are entered by whoever wants to. */
export function mayAdd({ kind, role }: Standing): boolean {
  return kind === 'private' && (role === 'owner' || role === 'moderator');
}

export function mayGiveRoles({ kind, role }: Standing): boolean {
  return kind !== 'direct' && role === 'owner';
}

export function mayRemove({ kind, role }: Standing, theirs: Role | null): boolean {
  if (kind !== 'private') return false;
  return role === 'owner' || (role === 'moderator' && theirs === 'member');
}

export function mayDelete({ kind, role }: Standing): boolean {
  return kind !== 'direct' && role === 'owner';
}
