/** What can be done to an actor on purpose. */
import type { Blow } from '../net/calls';
import type { Kind } from '../wire';

/** Made of several calls: a crash in the middle of a sync, one crash after the other, a message that fails its room. */
export type Plot = 'mid-batch' | 'storm' | 'poison';
/** The sync is the journal's, which stands behind the store. */
export type Choice = Blow | Plot | 'fail-next-sync';

const ANYBODY: readonly Choice[] = ['crash', 'panic-next', 'kill', 'hang', 'flood'];

export function choicesFor(kind: Kind): readonly Choice[] {
  if (kind === 'room') return [...ANYBODY, 'storm', 'poison', 'passivate'];
  return kind === 'store' ? [...ANYBODY, 'mid-batch', 'fail-next-sync'] : ANYBODY;
}

/** What comes of it is no crash. */
const HARMLESS: readonly Choice[] = ['flood', 'passivate'];
export const hurts = (choice: Choice): boolean => !HARMLESS.includes(choice);

/** So many crashes of a room within a minute are one more than its budget. */
export const STORM = 6;
