/** First judgement of a guest's name; which characters it may have, the server says. */

export const LONGEST_NAME = 32;

export type NameFault = 'empty' | 'long';

export function faultOf(name: string): NameFault | null {
  if (name === '') return 'empty';
  return [...name].length > LONGEST_NAME ? 'long' : null;
}
