/** What every component may look up without being handed it. */
import { getContext, setContext } from 'svelte';
import type { People } from '../state/people.svelte';

const PEOPLE = Symbol('people');

export function surroundWith(people: People): void {
  setContext(PEOPLE, people);
}

export function peopleAround(): People | undefined {
  return getContext(PEOPLE);
}
