/**
 * Messages on their way out. Each carries an id made here, so sending it again never makes a
 * second one; order within a room is the order in which they were written.
 */

export type ParcelState =
  /** Not on the wire of this connection. */
  | 'waiting'
  /** On the wire, not answered. */
  | 'flying'
  /** Stored by the server; shown until its echo arrives. */
  | 'stored'
  /** Turned down; waits for the person to decide. */
  | 'refused';

export interface Parcel {
  readonly id: string;
  readonly room: string;
  readonly body: string;
  /** The number of the message that it answers. */
  readonly replyTo?: number;
  readonly at: string;
  /** Rises with every message written on this page. */
  readonly order: number;
  readonly state: ParcelState;
  /** Its number in the log, once stored. */
  readonly seq?: number;
  /** Why it was refused. */
  readonly reason?: string;
}

export type Outbox = readonly Parcel[];

/** The server stops reading a socket with 32 unanswered sends; staying below keeps it reading. */
const MOST_FLYING = 16;

export function put(outbox: Outbox, parcel: Parcel): Outbox {
  if (outbox.some((held) => held.id === parcel.id)) return outbox;
  return [...outbox, parcel].sort((a, b) => a.order - b.order);
}

export function drop(outbox: Outbox, id: string): Outbox {
  return outbox.filter((parcel) => parcel.id !== id);
}

/** The parcels to write to the wire now, oldest first, for the rooms that were joined. */
export function due(outbox: Outbox, isJoined: (room: string) => boolean): Parcel[] {
  const flying = outbox.filter((parcel) => parcel.state === 'flying').length;
  return outbox
    .filter((parcel) => parcel.state === 'waiting' && isJoined(parcel.room))
    .slice(0, Math.max(0, MOST_FLYING - flying));
}

export function launched(outbox: Outbox, id: string): Outbox {
  return changed(outbox, id, { state: 'flying' });
}

export function stored(outbox: Outbox, id: string, seq: number): Outbox {
  return changed(outbox, id, { state: 'stored', seq });
}

export function refused(outbox: Outbox, id: string, reason: string): Outbox {
  return changed(outbox, id, { state: 'refused', reason });
}

/** Back to the queue, at its old place: after a refusal the person overrules, or a pause. */
export function again(outbox: Outbox, id: string): Outbox {
  return changed(outbox, id, { state: 'waiting', reason: undefined });
}

/** The wire is gone: whatever was not answered is sent again, with the same id. */
export function disconnected(outbox: Outbox): Outbox {
  return outbox.map((parcel) =>
    parcel.state === 'flying' ? { ...parcel, state: 'waiting' as const } : parcel,
  );
}

/** The log was seen up to `lastSeq`: what was stored below that stands in it, or lies further up. */
export function echoed(outbox: Outbox, room: string, lastSeq: number): Outbox {
  return outbox.filter(
    (parcel) => parcel.room !== room || parcel.seq === undefined || parcel.seq > lastSeq,
  );
}

/** Parcels that still need a connection. */
export function unsettled(outbox: Outbox): Parcel[] {
  return outbox.filter((parcel) => parcel.state === 'waiting' || parcel.state === 'flying');
}

function changed(outbox: Outbox, id: string, change: Partial<Parcel>): Outbox {
  return outbox.map((parcel) => (parcel.id === id ? { ...parcel, ...change } : parcel));
}
