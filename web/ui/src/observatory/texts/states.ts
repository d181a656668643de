/** What actors are and how they are, in words. */
import type { Kind, State } from '../wire';

export const states: Record<State, string> = {
  starting: 'starting',
  idle: 'idle',
  busy: 'busy',
  backlogged: 'backlogged',
  restarting: 'restarting',
  stopped: 'stopped',
  escalated: 'set aside',
};

export const kinds: Record<Kind, string> = {
  engine: 'root',
  store: 'part',
  presence: 'part',
  lobby: 'part',
  rooms: 'supervisor',
  sessions: 'supervisor',
  shard: 'supervisor',
  room: 'room',
  relay: 'relay',
  session: 'session',
};

/** What each is there for, in one sentence. */
export const purposes: Record<Kind, string> = {
  engine:
    'The root: it starts the parts, counts their failures, and ends the process when one of them is beyond repair.',
  store: 'Stands before the journal: what is acknowledged has passed here, and is on the disk.',
  presence: 'Knows who is online. It knows nobody after a crash, and asks the living sessions.',
  lobby: 'Keeps everybody’s list of rooms, and tells them what is unread.',
  rooms: 'Supervises the rooms: starts them again, and sets aside those that keep failing.',
  sessions: 'Supervises the eight shards of the sessions.',
  shard: 'Supervises an eighth of the sessions.',
  room: 'One room: it gives messages their places and tells them to whoever sits there.',
  relay:
    'A part of a big room: it tells a thousand of its sessions. It is never started again: its room fails with it.',
  session: 'One socket of one person. It is never started again: its client comes back.',
};
