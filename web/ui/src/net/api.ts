/** The few things this page asks over HTTP. */
import type { RoomRow } from '../wire';

/** The caller's rooms and the public ones; nothing where the server can't be asked. */
export async function listRooms(token: string): Promise<RoomRow[] | null> {
  try {
    const answer = await fetch('/api/rooms', { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) return null;
    return ((await answer.json()) as { rooms: RoomRow[] }).rooms;
  } catch {
    return null;
  }
}

/** Makes the token worthless; that this page forgets it does not hang on it. */
export async function endSession(token: string): Promise<void> {
  try {
    await fetch('/api/session', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });
  } catch {
    // The server can't be reached: the guest is forgotten here at least.
  }
}
