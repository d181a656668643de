/** What the observatory asks over HTTP. */
import { callByCookie, type Outcome } from '../../net/http';
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

export const drills = (): Promise<Outcome<{ drills: DrillKind[] }>> =>
  callByCookie('GET', '/api/lab/drills');

export const runDrill = (drill: string, quick: boolean): Promise<Outcome<void>> =>
  callByCookie('POST', '/api/lab/drill', { drill, quick });

export const stopDrill = (): Promise<Outcome<void>> => callByCookie('DELETE', '/api/lab/drill');

/** Has the browser keep the cookie, which this page never sees. */
export const signIn = (email: string, password: string): Promise<Outcome<unknown>> =>
  callByCookie('POST', '/api/session', { email, password });
