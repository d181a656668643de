/** What of a room is kept on this device, to be read before there is a connection. */
import type { Timeline } from './timeline';

const MOST = 50;

/** The newest stretch; `null` where nothing was ever heard of the room. */
export function shelved(held: Timeline): Timeline | null {
  if (held.epoch === null) return null;
  return { ...held, events: held.events.slice(-MOST) };
}
