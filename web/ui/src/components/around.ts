/** What every component may look up without being handed it. */
import { getContext, setContext } from 'svelte';
import type { People } from '../state/people.svelte';

/** Where one can go from here. */
export interface Places {
  knows(room: string): boolean;
  go(room: string): void;
}

const PEOPLE = Symbol('people');
const PLACES = Symbol('places');

export function surroundWith(people: People, places: Places): void {
  setContext(PEOPLE, people);
  setContext(PLACES, places);
}

export function peopleAround(): People | undefined {
  return getContext(PEOPLE);
}

export function placesAround(): Places | undefined {
  return getContext(PLACES);
}
