/** Single things about a room that are not held here. */
import type { DurableEvent, User } from '../wire';

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
