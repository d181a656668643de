/** What of a room is kept on this device, to be read before there is a connection. */
import { erased, hasNewer, type Timeline } from './timeline';

const MOST = 50;

/** The newest stretch; `null` where it is not held. */
export function shelved(held: Timeline): Timeline | null {
  if (held.epoch === null || hasNewer(held)) return null;
  return { ...held, events: held.events.slice(-MOST) };
}

/** The same without what somebody had said. */
export function withoutAuthor(held: Timeline, user: string): Timeline {
  return erased(held, { user, up_to: held.lastSeq });
}
