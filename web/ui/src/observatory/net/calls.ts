/** What the observatory asks over HTTP. */
import { call, callByCookie, type Outcome } from '../../net/http';
import { newId } from '../../net/ids';
import type { BlastRadius, DrillKind, Story } from '../wire';

/** What can be done to an actor; the same words as in the paths. */
export type Blow = 'crash' | 'panic-next' | 'kill' | 'hang' | 'flood' | 'passivate';

export interface Stories {
  stories: Story[];
  more: boolean;
}

export const stories = (limit: number, before?: number): Promise<Outcome<Stories>> =>
  callByCookie(
    'GET',
    `/api/observatory/stories?limit=${limit}${before === undefined ? '' : `&before=${before}`}`,
  );

export const capsulePath = (name: string): string =>
  `/api/observatory/capsules/${encodeURIComponent(name)}`;

export const blastRadius = (actor: string): Promise<Outcome<BlastRadius>> =>
  callByCookie('GET', `/api/lab/blast-radius?actor=${encodeURIComponent(actor)}`);

export const strike = (blow: Blow, actor: string, messages?: number): Promise<Outcome<void>> =>
  callByCookie(
    'POST',
    `/api/lab/${blow}`,
    messages === undefined ? { actor } : { actor, messages },
  );

export const failNextSync = (): Promise<Outcome<void>> =>
  callByCookie('POST', '/api/lab/fail-next-sync');

interface Trap {
  /** On the way of a message; docs/protocol.md has them all. */
  point: 'journal.sync' | 'room.post';
  strike: 'panic' | 'delay';
  times?: number;
  /** For this message only. */
  key?: string;
}

const arm = (trap: Trap): Promise<Outcome<void>> => callByCookie('POST', '/api/lab/fault', trap);

/** The next sync takes two seconds. */
export const delaySync = (): Promise<Outcome<void>> =>
  arm({ point: 'journal.sync', strike: 'delay', times: 1 });

/**
 * A new guest says something in a room that fails it each time that it looks at it. As a guest of
 * its own: the cookie stays that of whoever looks.
 */
export async function poison(room: string): Promise<Outcome<unknown>> {
  const guest = await call<{ token: string }>('POST', '/api/session', null, { guest: 'mallory' });
  if (guest.done === undefined) return guest;
  const id = newId();
  const armed = await arm({ point: 'room.post', strike: 'panic', key: id });
  if (armed.problem !== undefined) return armed;
  const path = `/api/rooms/${encodeURIComponent(room)}/messages`;
  return call('POST', path, guest.done.token, { id, body: 'boom' });
}

export const drills = (): Promise<Outcome<{ drills: DrillKind[] }>> =>
  callByCookie('GET', '/api/lab/drills');

export const runDrill = (drill: string, quick: boolean): Promise<Outcome<void>> =>
  callByCookie('POST', '/api/lab/drill', { drill, quick });

export const stopDrill = (): Promise<Outcome<void>> => callByCookie('DELETE', '/api/lab/drill');

/** Has the browser keep the cookie, which this page never sees. */
export const signIn = (email: string, password: string): Promise<Outcome<unknown>> =>
  callByCookie('POST', '/api/session', { email, password });
