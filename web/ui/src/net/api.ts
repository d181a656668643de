/** The few things this page asks over HTTP. */
import type { DurableEvent, RoomRow, User } from '../wire';

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

/** What stands under one number of a room's log; nothing where it can't be had. */
export async function readEvent(
  token: string,
  room: string,
  seq: number,
): Promise<DurableEvent | null> {
  try {
    const answer = await fetch(`/api/rooms/${room}/messages?before=${seq + 1}&limit=1`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) return null;
    const { events } = (await answer.json()) as { events: DurableEvent[] };
    return events.find((event) => event.seq === seq) ?? null;
  } catch {
    return null;
  }
}

/** The ids of all members of a room; nothing where they are too many, or can't be had. */
export async function memberIds(token: string, room: string): Promise<string[] | null> {
  try {
    const answer = await fetch(`/api/rooms/${room}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) return null;
    const { members, member_count } = (await answer.json()) as {
      members: User[];
      member_count: number;
    };
    return members.length < member_count ? null : members.map((member) => member.id);
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
